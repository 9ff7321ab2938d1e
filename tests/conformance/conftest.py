"""The engines that the conformance suite runs on.

AWS is left out by design: it costs money and needs an account. What AWS does is the documented expectation.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

_names = (f"Table{number}" for number in itertools.count())


@pytest.fixture(scope="session")
def probes():
    """The module that has a probe for each capability."""
    specification = spec_from_file_location("probes", Path(__file__).with_name("probes.py"))
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session", params=["dynamodb-local", "moto"])
def engine(request):
    """Each embedded engine that speaks DynamoDB."""
    return request.getfixturevalue(request.param.replace("-", "_"))


@pytest.fixture(scope="session")
def expiry(engine, probes):
    """The probe of expired items, which takes 15 s and therefore runs beside the other tests."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(probes.time_to_live_deletes, engine)


@pytest.fixture(autouse=True)
def _begin_expiry(request):
    """Lets the probe of expired items begin with the first test of an engine."""
    if "engine" in request.fixturenames:
        request.getfixturevalue("expiry")


@pytest.fixture
def table(engine):
    """Name of an empty table with sort key, two global indexes and a local one, on each engine."""
    name = next(_names)
    engine.client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk", "g", "l")],
        KeySchema=_keys("pk", "sk"),
        GlobalSecondaryIndexes=[
            {"IndexName": "all", "KeySchema": _keys("g", "sk"), "Projection": {"ProjectionType": "ALL"}},
            {"IndexName": "keys", "KeySchema": _keys("g"), "Projection": {"ProjectionType": "KEYS_ONLY"}},
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "local",
                "KeySchema": _keys("pk", "l"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    yield name
    engine.client.delete_table(TableName=name)


def _keys(partition, sort=None):
    named = {"HASH": partition, "RANGE": sort}
    return [{"AttributeName": name, "KeyType": kind} for kind, name in named.items() if name]
