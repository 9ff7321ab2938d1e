"""Tables of the order processor."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from workbench.access.tables import apply_schema
from workbench.spec import load_case

_numbers = itertools.count()


@pytest.fixture(scope="session")
def case():
    """The order processor."""
    return load_case("order-processor")


@pytest.fixture
def engine(dynamodb_local, case):
    """DynamoDB Local with the case's tables, empty."""
    name = f"orders{next(_numbers)}"
    client = dynamodb_local.connect(name)
    opened = replace(dynamodb_local, client=client, database=name)
    apply_schema(case.design, opened)
    yield opened
    client.close()
