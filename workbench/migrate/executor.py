"""A backfill whose writes run wherever an executor runs them: other processes, other machines.

Rows are read and the ledger is kept by the caller. A job carries the items of a chunk and the address of the
engine; whoever runs it opens a client of its own. A job that runs twice writes the same items twice, which
changes nothing, so an executor may give the job of a worker that died to another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbench.engines import DynamoEngine, PostgresEngine
from workbench.engines.client import aws_client, local_client
from workbench.errors import MigrationError
from workbench.items import Item
from workbench.migrate.backfill import BackfillResult, Progress, backfill, silent
from workbench.migrate.ledger import Ledger
from workbench.migrate.writer import BatchWriter, batches
from workbench.spec.case import Case


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """Where an engine is, as another process can be told.

    Args:
        endpoint_url: Where it listens; None for AWS with the worker's own credentials.
        region: AWS region.
        database: Access key of a local engine.
    """

    endpoint_url: str | None
    region: str
    database: str


@lru_cache(maxsize=8)
def _client(address: EngineAddress) -> Any:
    if address.endpoint_url is None:
        return aws_client(address.region)
    return local_client(address.endpoint_url, address.region, address.database)


@dataclass(frozen=True, slots=True)
class DistantWriter:
    """Writes items of one table from any process; it can be pickled.

    Args:
        address: The engine.
        table: The table's name.
        key_names: Names of the attributes of the primary key.
    """

    address: EngineAddress
    table: str
    key_names: tuple[str, ...]

    def _writer(self) -> BatchWriter:
        return BatchWriter(_client(self.address), self.table, self.key_names)

    def parts(self, items: Sequence[Item]) -> tuple[Sequence[Item], ...]:
        """Returns all items of a chunk as one job."""
        return (items,) if items else ()

    def write(self, items: Sequence[Item]) -> int:
        """Writes items batch by batch and returns how many there were."""
        writer = self._writer()
        return sum(writer.write(batch) for batch in batches(items))

    def missing(self, items: Sequence[Item]) -> list[Item]:
        """Returns those items that the table lacks or holds with another content."""
        return self._writer().missing(items)

    def key(self, item: Item) -> bytes:
        """Returns the digest of an item's primary key."""
        return self._writer().key(item)


def distant_writer(case: Case, entity: str, engine: DynamoEngine) -> DistantWriter:
    """Returns what writes the items of an entity from another process."""
    table = case.design.entity_table(entity)
    keys = tuple(key.name for key in (table.partition_key, table.sort_key) if key)
    address = EngineAddress(engine.endpoint_url, engine.region, engine.database)
    return DistantWriter(address, case.design.entities[entity].table, keys)


def backfill_on(  # noqa: PLR0913, PLR0917 - both ends, who works, what is known, and who is told
    executor: Executor,
    case: Case,
    postgres: PostgresEngine,
    engine: DynamoEngine,
    ledger: Ledger,
    progress: Progress = silent,
) -> BackfillResult:
    """Moves every row of a case, each chunk written by a job of an executor, and returns what became of them.

    Args:
        executor: Runs the jobs, such as a `ProcessPoolExecutor` or `dask.distributed.Client.get_executor()`.
        case: A case with a mapping.
        postgres: The source, loaded.
        engine: The target, with the tables of the design; workers must reach its endpoint.
        ledger: What earlier runs did; used by this process only.
        progress: Called after each chunk.

    Raises:
        MigrationError: The executor broke, a table took no more items, or the ledger is another move's.
    """
    try:
        return backfill(case, postgres, engine, ledger, progress, distant_writer, executor)
    except BrokenExecutor as error:
        raise MigrationError(
            f"a worker of the executor ended: {error}. Run the same again with a new executor: it resumes."
        ) from error
