"""Engines that are killed and come back with their data, disks that are full, clocks that are wrong."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workbench.engines.base import DynamoEngine
from workbench.engines.postgres import PostgresEngine
from workbench.engines.registry import open_dynamodb
from workbench.errors import EngineError

RECOVERY_SECONDS = 60
DAY_SECONDS = 86_400.0
POLL_SECONDS = 0.02
SCRATCH = "brought-to-disk"


@dataclass(slots=True)
class DurableDynamo:
    """DynamoDB Local with its data in a folder; after a restart it listens where it did.

    Args:
        folder: Holds the data.
        engine: The engine as it runs; clients of an earlier life go on with the next.
    """

    folder: Path
    engine: DynamoEngine = field(init=False)
    _life: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, port: int = 0) -> None:
        """Starts the engine on a port; 0 lets the system choose."""
        opened = open_dynamodb(data_directory=self.folder, port=port)
        self.engine = self._life.enter_context(opened)

    def restart(self) -> None:
        """Kills the engine with SIGKILL and starts it again on the same port; one thread at a time.

        Before, everything acknowledged is brought to the disk, which a PutItem waits for: a kill may lose the
        last TransactWriteItems, see `durable-transactions` in `workbench.engines.capabilities`.
        """
        with self._lock:
            port = int(str(self.engine.endpoint_url).rsplit(":", 1)[1])
            self._flush()
            self.kill()
            self.start(port)
            self.engine.client.delete_table(TableName=SCRATCH)

    def _flush(self) -> None:
        self.engine.client.create_table(
            TableName=SCRATCH,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        self.engine.client.put_item(TableName=SCRATCH, Item={"pk": {"S": "-"}})

    def kill(self) -> None:
        """Kills the engine with SIGKILL."""
        if self.engine.pid is not None:
            os.kill(self.engine.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        """Ends the engine."""
        self._life.close()


@contextlib.contextmanager
def durable_dynamodb(folder: Path) -> Iterator[DurableDynamo]:
    """Runs DynamoDB Local for a block of code in which it may be killed.

    Args:
        folder: Folder for its data.
    """
    durable = DurableDynamo(folder)
    durable.start()
    try:
        yield durable
    finally:
        durable.stop()


def crash_postgres(postgres: PostgresEngine) -> None:
    """Kills a process of PostgreSQL with SIGKILL and returns when the server has recovered.

    The server then ends all its connections, throws its memory away and recovers from its log, at the same
    address. One without `data_directory` is not durable and may lose its last commits.

    Raises:
        EngineError: It did not come back.
    """
    with contextlib.closing(postgres.connect()) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
    deadline = time.monotonic() + RECOVERY_SECONDS
    while not _answers(postgres):
        if time.monotonic() > deadline:
            raise EngineError(f"PostgreSQL did not recover in {RECOVERY_SECONDS} s. Look at its log.")
        time.sleep(POLL_SECONDS)


def _answers(postgres: PostgresEngine) -> bool:
    try:
        postgres.connect().close()
    except EngineError:
        return False
    return True


@contextlib.contextmanager
def full_disk(limit_bytes: int) -> Iterator[None]:
    """Lets no file grow beyond a size while the block lasts, in this process and in those that it starts.

    A process keeps the limit that it was started with, so an engine that was started in the block has a full
    disk until it is started again.

    Args:
        limit_bytes: Size of a file at most [bytes].
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def wrong_clock(seed: int, most_seconds: float = DAY_SECONDS) -> Iterator[None]:
    """Lets the wall clock of this process be wrong by another amount each time that it is looked at.

    So are the clocks of the servers of an application, seen from a log or a database that they share.

    Args:
        seed: Chooses the amounts.
        most_seconds: How wrong it is at most, either way [s].
    """
    draws, right = random.Random(seed), time.time  # noqa: S311 - chooses tests, protects nothing
    time.time = lambda: right() + draws.uniform(-most_seconds, most_seconds)
    try:
        yield
    finally:
        time.time = right
