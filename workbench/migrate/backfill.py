"""Moves the rows of a case to its tables, chunk by chunk; what was cut off goes on where it stopped."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

from workbench.engines import DynamoEngine, PostgresEngine
from workbench.engines.statements import explained
from workbench.errors import MigrationError
from workbench.items import Item, ItemMaker
from workbench.migrate.ledger import ChunkRecord, Ledger, Reject
from workbench.migrate.making import ChunkMaker
from workbench.migrate.rows import Chunk, RowReader, mapped_entities, snapshot
from workbench.migrate.writer import BatchWriter
from workbench.spec.case import Case

THREADS = 8
"""Requests at a time."""

CHUNKS_IN_FLIGHT = 4
"""Chunks that may be begun and not done."""

Progress = Callable[[str, int, int], None]
"""Told the entity, its rows moved so far and its rows in all."""


@dataclass(frozen=True, slots=True)
class EntityCount:
    """How many rows of an entity became items.

    Args:
        entity: The entity's name.
        rows: Rows that its mapping gives.
        items: Items that they became.
        rejected: Rows that no item can hold, or whose key another row has.
    """

    entity: str
    rows: int
    items: int
    rejected: int


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """What a backfill moved, the parts before a resumption included.

    Args:
        entities: The counts of each entity, in the design's order.
        rejects: Every row that did not become an item.
        resumed_chunks: Chunks that an earlier run had begun and not finished.
    """

    entities: tuple[EntityCount, ...]
    rejects: tuple[Reject, ...]
    resumed_chunks: int


class ItemWriter(Protocol):
    """Writes the items of one table."""

    def parts(self, items: Sequence[Item]) -> Iterable[Sequence[Item]]:
        """Returns what is written at a time."""

    def write(self, items: Sequence[Item]) -> int:
        """Writes a part until every item is acknowledged and returns how many there were."""

    def missing(self, items: Sequence[Item]) -> list[Item]:
        """Returns those items that must be written again after a cut-off run."""

    def key(self, item: Item) -> bytes:
        """Returns the digest of an item's primary key."""


def silent(entity: str, moved: int, rows: int) -> None:
    """Shows no progress."""


def backfill(  # noqa: PLR0913, PLR0917 - both ends, what is known, and who is told
    case: Case,
    postgres: PostgresEngine,
    engine: DynamoEngine,
    ledger: Ledger,
    progress: Progress = silent,
    writer: Callable[[Case, str, DynamoEngine], ItemWriter] | None = None,
    executor: Executor | None = None,
) -> BackfillResult:
    """Moves every row of a case and returns what became of them.

    Killed at any moment, it goes on with the same ledger: chunks that were done are passed over, chunks that
    were begun are compared with the table first, so that no item is written twice.

    Args:
        case: A case with a mapping.
        postgres: The source, loaded.
        engine: The target, with the tables of the design.
        ledger: What earlier runs did; empty for the first.
        progress: Called after each chunk.
        writer: Makes what writes the items of an entity; None for plain batches.
        executor: Runs the writes; None for threads of this process.

    Raises:
        MigrationError: The ledger belongs to another migration, or a table took no more items.
    """
    moves: list[_Move] = []
    with snapshot(postgres) as connection, _open(executor) as pool:
        bind(ledger, case, connection, engine)
        try:
            for entity, mapping in mapped_entities(case).items():
                reader = RowReader(connection, entity, mapping)
                made = (writer or batch_writer)(case, entity, engine)
                moves.append(_Move(case, entity, reader, made, ledger, pool, progress))
                moves[-1].run()
        except BaseException:
            for move in moves:
                move.cancel()
            raise
    return _result(moves, ledger)


def _open(executor: Executor | None) -> contextlib.AbstractContextManager[Executor]:
    """Returns threads that end with a block, or an executor that somebody else ends."""
    return ThreadPoolExecutor(THREADS) if executor is None else contextlib.nullcontext(executor)


def batch_writer(case: Case, entity: str, engine: DynamoEngine) -> BatchWriter:
    """Returns what writes the items of an entity in plain batches."""
    table = case.design.entity_table(entity)
    keys = tuple(key.name for key in (table.partition_key, table.sort_key) if key)
    return BatchWriter(engine.client, case.design.entities[entity].table, keys)


def _result(moves: list[_Move], ledger: Ledger) -> BackfillResult:
    rejects = ledger.rejects()
    entities = []
    for move in moves:
        rejected = sum(reject.entity == move.entity for reject in rejects)
        items = sum(chunk.items for chunk in ledger.chunks(move.entity))
        entities.append(EntityCount(move.entity, move.rows, items, rejected))
    return BackfillResult(tuple(entities), rejects, sum(move.resumed for move in moves))


def bind(ledger: Ledger, case: Case, connection: Any, engine: DynamoEngine) -> None:
    """Ties a ledger to design, source and tables, so that it is never used for others.

    Raises:
        MigrationError: It was made for others; names what differs.
    """
    bind_to(ledger, case, connection, engine.name, _target_id(case, engine))


def bind_to(ledger: Ledger, case: Case, connection: Any, engine: str, target: str) -> None:
    """Ties a ledger to design, source and a target.

    Args:
        ledger: The ledger.
        case: Its design and mapping are remembered as a digest.
        connection: An open connection to the source.
        engine: What kind of target it is.
        target: Which one of its kind.

    Raises:
        MigrationError: It was made for others; names what differs.
    """
    facts = ledger.facts()
    now = {"design": _fingerprint(case), "source": _source_id(connection), "target": target}
    changed = [name for name, value in now.items() if facts.get(name, value) != value]
    if changed:
        raise MigrationError(
            f"{ledger.path}: this ledger belongs to another {' and another '.join(changed)}. "
            "Name another file with --ledger, or start with empty tables and a new ledger."
        )
    ledger.remember(case=case.name, engine=engine, **now)


def _fingerprint(case: Case) -> str:
    entities = {name: entity.model_dump() for name, entity in case.design.entities.items()}
    return sha256(repr((entities, case.mapping)).encode()).hexdigest()


def _source_id(connection: Any) -> str:
    with explained("The identity of the source"):
        (identity,) = connection.execute(
            "SELECT system_identifier || ' ' || current_database() FROM pg_control_system()"
        ).fetchone()
    return str(identity)


def _target_id(case: Case, engine: DynamoEngine) -> str:
    described = (engine.client.describe_table(TableName=name)["Table"] for name in case.design.tables)
    return " ".join(f"{table['TableName']}@{table['CreationDateTime'].timestamp()}" for table in described)


@dataclass
class _Move:
    """The move of one entity; its ledger is used by the calling thread only."""

    case: Case
    entity: str
    reader: RowReader
    writer: ItemWriter
    ledger: Ledger
    pool: Executor
    progress: Progress
    rows: int = 0
    moved: int = 0
    resumed: int = 0
    flying: deque[tuple[ChunkRecord, list[Future[int]]]] = field(default_factory=deque)

    def run(self) -> None:
        """Moves what the ledger does not say is done."""
        self.rows = self.reader.count()
        self.maker = ChunkMaker(
            self.entity, ItemMaker(self.case.design, self.entity), self.writer.key, self.ledger
        )
        earlier = self.ledger.chunks(self.entity)
        self.moved = sum(chunk.rows for chunk in earlier if chunk.done)
        for record in earlier:
            if not record.done:
                self._resume(record)
        for number, chunk in enumerate(self._unread(earlier), start=len(earlier)):
            self._start(number, chunk, self._submit)
        self._land(0)

    def _unread(self, earlier: list[ChunkRecord]) -> Iterator[Chunk]:
        return self.reader.chunks(earlier[-1].last if earlier else None)

    def _resume(self, record: ChunkRecord) -> None:
        self.resumed += 1
        chunk = self.reader.between(record.first, record.last)
        if chunk is None:
            self.ledger.finish_chunk(record)
        else:
            self._start(record.number, chunk, lambda items: self._submit(self.writer.missing(items)))

    def _start(self, number: int, chunk: Chunk, submit: Callable[[list[Item]], list[Future[int]]]) -> None:
        with self.ledger.transaction():
            items, rejects = self.maker.made(chunk)
            record = ChunkRecord(self.entity, number, chunk.first, chunk.last, len(chunk.rows), len(items))
            self.ledger.begin_chunk(record, rejects)
        self.flying.append((record, submit(items)))
        self._land(CHUNKS_IN_FLIGHT)

    def _submit(self, items: list[Item]) -> list[Future[int]]:
        return [self.pool.submit(self.writer.write, part) for part in self.writer.parts(items)]

    def cancel(self) -> None:
        """Takes back what has not begun."""
        for _, futures in self.flying:
            for future in futures:
                future.cancel()

    def _land(self, allowed: int) -> None:
        while len(self.flying) > allowed:
            record, futures = self.flying[0]
            for future in futures:
                future.result()
            self.ledger.finish_chunk(record)
            self.flying.popleft()
            self.moved += record.rows
            self.progress(self.entity, self.moved, self.rows)
