"""A backfill whose chunks run in other processes ends like one that runs here, also when a worker dies."""

from __future__ import annotations

import itertools
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest
from dask.distributed import Client, LocalCluster

from workbench.engines import open_postgres
from workbench.errors import MigrationError
from workbench.migrate import Ledger, backfill, ensure_schema, load_source, verify
from workbench.migrate.executor import backfill_on, distant_writer
from workbench.spec import load_case

CASE = load_case("flights")
USERS, SEED, WORKERS = 25, 4, 2

_numbers = itertools.count()


@pytest.fixture(scope="module")
def source():
    """A server with a thousand flights and what they refer to."""
    with open_postgres() as server:
        load_source(CASE, server, USERS, SEED)
        yield server


@pytest.fixture
def target(dynamodb_local):
    """A database of DynamoDB Local with the tables of the design."""
    name = f"scaled{next(_numbers)}"
    engine = replace(dynamodb_local, client=dynamodb_local.connect(name), database=name)
    ensure_schema(CASE, engine)
    yield engine
    engine.client.close()


@pytest.fixture(scope="module")
def alone(dynamodb_local, source):
    """What the ledger says after a backfill in threads of this process."""
    engine = replace(dynamodb_local, client=dynamodb_local.connect("alone"), database="alone")
    ensure_schema(CASE, engine)
    with Ledger() as ledger:
        backfill(CASE, source, engine, ledger)
        yield record(ledger)
    engine.client.close()


def record(ledger):
    """Returns everything that a ledger says of chunks and rejected rows."""
    return ledger.chunks(), ledger.rejects()


@pytest.fixture(scope="module")
def dask():
    """A cluster of worker processes on this machine, without its web page."""
    with (
        LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


class Killer:
    """Kills a process when the first chunk has been written.

    Args:
        pid: The process.
    """

    def __init__(self, pid):
        self.pid, self.calls = pid, 0

    def __call__(self, _entity, _moved, _rows):
        """Takes the place of a progress bar."""
        self.calls += 1
        if self.calls == 1:
            os.kill(self.pid, signal.SIGKILL)


def test_a_writer_works_in_another_process(source, target):
    """What writes from afar can be pickled, and opens its own client where it arrives."""
    del source
    writer = distant_writer(CASE, "Airline", target)
    item = {"PK": {"S": "AIRLINE#XX"}, "SK": {"S": "AIRLINE"}}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(writer.write, [item]).result() == 1
    assert writer.missing([item]) == []


def test_dask_gives_the_same_ledger(source, target, alone, dask):
    """Chunks written by worker processes of Dask leave the ledger and the items of a backfill in threads."""
    with Ledger() as ledger:
        result = backfill_on(dask.get_executor(), CASE, source, target, ledger)
        assert record(ledger) == alone
    assert sum(entity.items for entity in result.entities) == sum(chunk.items for chunk in alone[0])
    assert verify(CASE, source, target).equal


def test_a_killed_worker_changes_nothing(source, target, alone, dask):
    """A worker that is killed midway leaves its chunks to the others: same ledger, same items, no error."""
    with Ledger() as ledger:
        (victim, *_) = dask.run(os.getpid).values()
        killer = Killer(victim)
        backfill_on(dask.get_executor(), CASE, source, target, ledger, killer)
        assert killer.calls == len(alone[0])
        assert record(ledger) == alone
    assert verify(CASE, source, target).equal


def test_a_broken_pool_is_resumed(source, target, alone, tmp_path):
    """A pool of processes does not survive a killed worker; the next run with its ledger ends the move."""
    path = tmp_path / "ledger.sqlite"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, Ledger(path) as ledger:
        killer = Killer(pool.submit(os.getpid).result())
        with pytest.raises(MigrationError, match=r"a worker of the executor ended: .* it resumes\."):
            backfill_on(pool, CASE, source, target, ledger, killer)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, Ledger(path) as ledger:
        result = backfill_on(pool, CASE, source, target, ledger)
        assert result.resumed_chunks > 0
        assert sum(c.items for c in ledger.chunks()) == sum(c.items for c in alone[0])
        assert ledger.rejects() == alone[1]
    assert verify(CASE, source, target).equal
