"""Requests that take several calls, on moto, whose answers have a blank behind each colon."""

from __future__ import annotations

import time
from array import array
from contextlib import closing

import numpy as np
import pytest

from workbench.engines.prepared import body_of, endpoint_of
from workbench.engines.raw_http import Pool
from workbench.replay.load.arrivals import Arrivals
from workbench.replay.load.loop import Loop, Payloads, half_units
from workbench.replay.load.records import as_table, column
from workbench.replay.load.sources import NEVER, ClosedSource
from workbench.replay.load.tape import Pattern, Tape

TABLE = "Pages"
KEYS = [{"pk": {"S": "a"}, "sk": {"N": str(number)}} for number in range(7)]


@pytest.fixture(scope="module")
def engine(moto):
    """The server of moto with a collection of seven items."""
    moto.client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for key in KEYS:
        moto.client.put_item(TableName=TABLE, Item=key)
    yield moto
    moto.client.delete_table(TableName=TABLE)


def calls(engine, operation, arguments, limit=None):
    """Returns the calls that one request took; it was answered, and nothing else was sent."""
    endpoint = endpoint_of(engine)
    tape = Tape((Pattern("asked", limit, (((operation, body_of(arguments)),),)),))
    zero = np.zeros(1, np.int64)
    source = ClosedSource(iter((Arrivals(zero, zero, zero),)), 1, NEVER - 1)
    records = array("q")
    with closing(Pool(endpoint, 1)) as pool:
        start = time.perf_counter_ns()
        Loop(pool, Payloads(endpoint, tape), tape, source, records.extend, 10**10, start).run()
    table = as_table(records)
    assert column(table, "kind").tolist() == [0]
    return column(table, "pages").tolist()[0]


@pytest.mark.parametrize(("page", "limit", "expected"), [(3, None, 3), (3, 6, 2), (3, 4, 2), (10, None, 1)])
def test_a_query_on_moto_is_read_page_by_page(engine, page, limit, expected):
    """Seven items in pages of three are three calls; the second page has the sixth item and the fourth."""
    query = {
        "TableName": TABLE,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "a"}},
        "Limit": page,
    }
    assert calls(engine, "Query", query, limit) == expected


def test_a_scan_on_moto_is_read_page_by_page(engine):
    """Seven items in pages of two are four calls."""
    assert calls(engine, "Scan", {"TableName": TABLE, "Limit": 2}) == 4


def test_a_batch_that_left_nothing_is_one_call(engine):
    """An empty list of what is left, with its blanks, asks for nothing."""
    assert calls(engine, "BatchGetItem", {"RequestItems": {TABLE: {"Keys": KEYS[:2]}}}) == 1


def test_capacity_is_read_with_and_without_a_blank():
    """2.5 and 0.5 units are 5 and 1 halves, alone and added; a member without a number counts nothing."""
    assert half_units(b'{"ConsumedCapacity": {"CapacityUnits": 2.5}}') == 5
    assert half_units(b'[{"CapacityUnits":2.5},{"CapacityUnits":0.5}]') == 6
    assert half_units(b'{"CapacityUnits":12345678.5,"TableName":"T"}') == 24_691_357
    assert half_units(b'{"Item":{"CapacityUnits":{"N":"7"}}}') == half_units(b"{}") == 0
