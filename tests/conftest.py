"""Engines that several kinds of tests share; each is started at most once in a run."""

from __future__ import annotations

import itertools
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.engines import open_dynamodb, open_postgres
from workbench.service.server import listening, server

START_SECONDS = 20
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


@pytest.fixture(scope="session")
def serving():
    """A function that serves an application in a thread for a block, and gives host and port."""

    @contextmanager
    def served(application, limits, *closing):
        started, listener = threading.Event(), listening("127.0.0.1", 0)
        made = server(application, limits, lambda _: started.set(), *closing)
        thread = threading.Thread(target=made.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert started.wait(START_SECONDS)
            yield listener.getsockname()
        finally:
            made.should_exit = True
            thread.join()
            listener.close()

    return served
