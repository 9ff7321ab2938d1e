"""Engines that several kinds of tests share; each is started at most once in a run."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest

from workbench.engines import open_dynamodb, open_postgres

_numbers = itertools.count()


@pytest.fixture(scope="session")
def dynamodb_local():
    """DynamoDB Local in memory."""
    with open_dynamodb("dynamodb-local") as engine:
        yield engine


@pytest.fixture(scope="session")
def moto():
    """The server of moto."""
    with open_dynamodb("moto") as engine:
        yield engine


@pytest.fixture(scope="session")
def postgres():
    """An embedded PostgreSQL server."""
    with open_postgres() as server:
        yield server


@pytest.fixture
def empty_dynamodb(dynamodb_local):
    """A client of an empty database of DynamoDB Local."""
    client = dynamodb_local.connect(f"test{next(_numbers)}")
    yield client
    client.close()


@pytest.fixture
def open_folder():
    """An empty folder that the user of PostgreSQL can reach; folders of pytest are closed to others."""
    with tempfile.TemporaryDirectory(prefix="wbt-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
