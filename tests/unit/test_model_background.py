"""Units of expiry, replicas and streams."""

import pytest

from workbench.model import Action, Consumed, TableShape
from workbench.model.background import (
    Replicated,
    change_capture_units,
    legacy_global_write_units,
    replicated_ttl_delete,
    replicated_write,
    stream_calls,
    ttl_delete_consumed,
)

TABLE = TableShape.from_create_table(
    {
        "TableName": "t",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    }
)
ITEM = {"pk": {"S": "x"}, "g": {"S": "a"}, "pad": {"S": "x" * 2500}}
MEBIBYTE = 1024**2


def test_expiry_consumes_nothing_where_it_happens():
    """The Region of the expiry is not charged."""
    assert ttl_delete_consumed() == Consumed()


def test_expiry_costs_the_size_of_the_item_in_each_other_region():
    """2,508 bytes are three units in each of two Regions."""
    assert replicated_ttl_delete(ITEM, 2) == Replicated(6.0, 0.0)


def test_a_write_is_charged_again_in_each_other_region():
    """Three units of the table and two of a moved index key, in two Regions."""
    moved = Action("UpdateItem", ITEM, ITEM | {"g": {"S": "b"}})
    assert replicated_write(TABLE, moved, 2) == Replicated(6.0, 4.0)


def test_the_old_version_writes_twice_in_every_region():
    """W15, published: ten writes of at most 1 KB in three Regions take 60 units, 10 x 3 x 2."""
    written = Action("PutItem", None, {"pk": {"S": "x"}})
    assert sum(legacy_global_write_units(TABLE, written, 3) for _ in range(10)) == 60


def test_a_refused_write_is_not_copied():
    """Nothing was written that could be."""
    assert replicated_write(TABLE, Action("PutItem", ITEM, None, condition_failed=True), 2) == Replicated(
        0.0, 0.0
    )


@pytest.mark.parametrize(
    ("records", "readers", "calls"),
    [
        ([], 1, 0),
        ([MEBIBYTE], 1, 1),
        ([MEBIBYTE - 1, 1, 1], 1, 2),
        ([600_000] * 3, 1, 3),
        ([500_000] * 4, 2, 4),
    ],
)
def test_a_call_reads_records_until_a_mebibyte_is_full(records, readers, calls):
    """A record that no longer fits begins the next call, for each reader."""
    assert stream_calls(records, readers) == calls


def test_change_capture_counts_the_larger_image():
    """2,508 bytes before and nothing after are three units."""
    assert change_capture_units(Action("DeleteItem", ITEM)) == 3
