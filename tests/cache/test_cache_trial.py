"""A cache in Redis in front of DynamoDB Local: hits as predicted, and nothing stale."""

from dataclasses import replace

import pytest

from workbench.access.tables import apply_schema
from workbench.cache.trial import PriceTrial
from workbench.spec import load_case

CASE = load_case("order-processor")


@pytest.fixture
def engine(dynamodb_local):
    """DynamoDB Local with the case's tables, empty."""
    client = dynamodb_local.connect("cachetrial")
    opened = replace(dynamodb_local, client=client, database="cachetrial")
    apply_schema(CASE.design, opened)
    yield opened
    client.close()


def test_prices_are_kept_as_often_as_predicted(engine, redis):
    """Ten assets asked for evenly, one request in five a new price: four answers in five are kept.

    A price is kept where the last that happened to it was a read, which has a chance of four in five.
    """
    (found,) = PriceTrial(CASE, engine, redis, keys=10).run((0.0,), 700)
    assert found.predicted == pytest.approx(0.8)
    assert found.measured == pytest.approx(0.8, abs=0.05)
    assert found.reads + found.writes == 700 - 105
    assert found.stale == 0
