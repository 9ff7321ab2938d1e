"""The order processor's data on DynamoDB Local, and caches in front of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.access.relational import Question
from workbench.access.repository import Repository
from workbench.engines import open_postgres
from workbench.engines.redis import open_redis
from workbench.migrate import rehearse
from workbench.spec import load_case

CASE = load_case("order-processor")


@pytest.fixture(scope="session")
def redis():
    """An embedded Redis server."""
    with open_redis() as server:
        yield server


@pytest.fixture(scope="module")
def loaded(dynamodb_local):
    """A few users' data in both databases."""
    client = dynamodb_local.connect("cached")
    engine = replace(dynamodb_local, client=client, database="cached")
    with open_postgres() as database:
        rehearse(CASE, database, engine, 6, 1)
        yield database, engine
    client.close()


@pytest.fixture
def repository(loaded):
    """The patterns on DynamoDB Local."""
    return Repository(CASE.design, loaded[1])


@pytest.fixture
def drawn(loaded, repository):
    """Draws parameters of a pattern from the data."""

    def draw(name, count):
        with loaded[0].connect(autocommit=True) as connection:
            return Question(repository.patterns[name].maker).draw(connection, 1, count)

    return draw
