"""The backfill's memory: a SQLite file that survives a killed process and says what is done.

A chunk is recorded as begun before its first write and as done after its last was acknowledged. What a
resumed backfill finds begun but not done may be written or not, so it looks before it writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, Self

from workbench.errors import MigrationError
from workbench.migrate.holding import held_alone

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
    entity TEXT, number INTEGER, first INTEGER, last INTEGER, rows INTEGER, items INTEGER,
    done INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (entity, number));
CREATE TABLE IF NOT EXISTS claims (
    item_key BLOB PRIMARY KEY, entity TEXT NOT NULL, row_key INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejects (
    entity TEXT, row_key INTEGER, reason TEXT NOT NULL, PRIMARY KEY (entity, row_key));
"""

IN_MEMORY = ":memory:"


@dataclass(frozen=True, slots=True, order=True)
class Reject:
    """A row that did not become an item.

    Args:
        entity: The entity that it was mapped to.
        row_key: Its key in the mapping's query.
        reason: Why not.
    """

    entity: str
    row_key: int
    reason: str

    def __str__(self) -> str:
        return f"{self.entity} row {self.row_key}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ChunkRecord:
    """What the ledger knows of a chunk.

    Args:
        entity: The entity's name.
        number: Place among the entity's chunks, from 0.
        first: Key of its first row.
        last: Key of its last row.
        rows: Rows.
        items: Items that they make.
        done: Whether all writes were acknowledged.
    """

    entity: str
    number: int
    first: int
    last: int
    rows: int
    items: int
    done: bool = False


class Claim(NamedTuple):
    """A row's wish to be the item of a key.

    Args:
        item_key: Digest of table and primary key.
        entity: The row's entity.
        row_key: The row's key.
    """

    item_key: bytes
    entity: str
    row_key: int


class Ledger:
    """An open ledger; a context manager.

    Args:
        path: The file, made when absent; None keeps the ledger in memory.
        writable: Whether it is opened for a backfill, which only one process at a time may do.

    Raises:
        MigrationError: The file is no ledger, cannot be written, or another backfill uses it.
    """

    def __init__(self, path: Path | None = None, *, writable: bool = True) -> None:
        self.path = path
        with ExitStack() as stack:
            if path and writable:
                stack.enter_context(_locked(path))
            self._database = stack.enter_context(closing(_database(path)))
            self._closing = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._closing.close()
        if isinstance(error, sqlite3.Error):
            raise MigrationError(
                f"{self.path}: the ledger cannot be used: {error}. "
                "Make room or free it, then run the same again."
            ) from error

    def facts(self) -> dict[str, str]:
        """Returns what was remembered, by name."""
        return dict(self._database.execute("SELECT name, value FROM facts ORDER BY name"))

    def remember(self, **facts: object) -> None:
        """Records facts about the run; each name keeps its last value."""
        rows = [(name, str(value)) for name, value in facts.items()]
        self._database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)

    def chunks(self, entity: str | None = None) -> list[ChunkRecord]:
        """Returns the chunks of an entity, or of all, in order."""
        rows = self._database.execute(
            "SELECT entity, number, first, last, rows, items, done FROM chunks "
            "WHERE ? IS NULL OR entity = ? ORDER BY entity, number",
            (entity, entity),
        )
        return [ChunkRecord(*row) for row in rows]

    def rejects(self) -> tuple[Reject, ...]:
        """Returns the rows that did not become items, by entity and key."""
        rows = self._database.execute("SELECT entity, row_key, reason FROM rejects ORDER BY entity, row_key")
        return tuple(Reject(*row) for row in rows)

    def claim(self, claims: list[Claim]) -> list[Claim]:
        """Gives each item key to the first row that asks, and returns the owner of each claim's key."""
        added = self._database.executemany("INSERT OR IGNORE INTO claims VALUES (?, ?, ?)", claims).rowcount
        return claims if added == len(claims) else [self._owner(claim) for claim in claims]

    def _owner(self, claim: Claim) -> Claim:
        row = self._database.execute("SELECT * FROM claims WHERE item_key = ?", (claim.item_key,)).fetchone()
        return Claim(*row)

    def begin_chunk(self, chunk: ChunkRecord, rejects: Iterable[Reject]) -> None:
        """Records that a chunk is about to be written, with those of its rows that will not be."""
        rows = [(reject.entity, reject.row_key, reject.reason) for reject in rejects]
        self._database.execute(
            "DELETE FROM rejects WHERE entity = ? AND row_key BETWEEN ? AND ?",
            (chunk.entity, chunk.first, chunk.last),
        )
        self._database.executemany("INSERT INTO rejects VALUES (?, ?, ?)", rows)
        self._database.execute(
            "INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?, ?, 0)",
            (chunk.entity, chunk.number, chunk.first, chunk.last, chunk.rows, chunk.items),
        )

    def finish_chunk(self, chunk: ChunkRecord) -> None:
        """Records that every write of a chunk was acknowledged."""
        self._database.execute(
            "UPDATE chunks SET done = 1 WHERE entity = ? AND number = ?", (chunk.entity, chunk.number)
        )

    def transaction(self) -> sqlite3.Connection:
        """Returns a context manager: all records made within it are kept, or none."""
        self._database.execute("BEGIN")
        return self._database


def _database(path: Path | None) -> sqlite3.Connection:
    database = None
    try:
        database = sqlite3.connect(str(path) if path else IN_MEMORY, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.executescript(SCHEMA)
    except sqlite3.Error as error:
        if database:
            database.close()
        raise MigrationError(
            f"{path}: cannot be used as a ledger: {error}. Name another file with --ledger."
        ) from error
    return database


def _locked(path: Path) -> IO[str]:
    """Returns an open file that only this process holds; the system frees it when the process ends."""
    try:
        lock = held_alone(path.with_name(f"{path.name}.lock"))
    except OSError as error:
        raise MigrationError(f"{path}: {error.strerror}. Name another file with --ledger.") from error
    if lock is None:
        raise MigrationError(f"{path}: another backfill uses this ledger. Wait for its end or stop it.")
    return lock
