"""A pair of empty databases for each test, on engines that all tests share."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from workbench.engines import open_postgres

_numbers = itertools.count()


@pytest.fixture
def source(postgres):
    """An empty PostgreSQL database."""
    name = f"migration{next(_numbers)}"
    with postgres.connect(autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with open_postgres(postgres.url.replace("/postgres?", f"/{name}?")) as database:
        yield database


@pytest.fixture
def target(dynamodb_local):
    """An engine with an empty database of DynamoDB Local."""
    name = f"migration{next(_numbers)}"
    client = dynamodb_local.connect(name)
    yield replace(dynamodb_local, client=client, database=name)
    client.close()
