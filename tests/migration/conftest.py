"""A pair of empty databases for each test, on engines that all tests share."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from botocore.config import Config

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


@pytest.fixture(scope="session")
def voyages():
    """The module that runs whole migrations."""
    specification = spec_from_file_location("voyage", Path(__file__).with_name("voyage.py"))
    module = module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def impatient(monkeypatch):
    """Clients that send each request once, and a writer that hardly waits: every error is met."""
    once = Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={}, max_pool_connections=32)
    monkeypatch.setattr("workbench.engines.client._local_config", lambda: once)
    monkeypatch.setattr("workbench.migrate.writer.LONGEST_WAIT_SECONDS", 0.001)
