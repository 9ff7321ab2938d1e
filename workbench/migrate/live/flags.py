"""The switches of a running migration, in one file that every process of the application reads.

A call holds the flags while it runs, so that none is half under the old ones and half under the new. The
locks are those of the file system: they end with the process that held them, however it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from workbench.errors import InputError, MigrationError, Problem

WriteMode = Literal["postgres", "dual", "dynamodb"]

WHOLE = 100
"""All of them [%]."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS flags (
    version INTEGER PRIMARY KEY, write_mode TEXT NOT NULL, read_percent INTEGER NOT NULL,
    shadow_read_percent INTEGER NOT NULL, capture INTEGER NOT NULL, reverse_replication INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Flags:
    """What steers the application.

    Args:
        version: Rises by one with each change; 0 before the first.
        write_mode: Who takes a write first: `postgres` alone, PostgreSQL and then DynamoDB, or `dynamodb`.
        read_percent: Share of the reads that DynamoDB answers [%]; where it leads, it answers all.
        shadow_read_percent: Share of PostgreSQL's reads that DynamoDB is asked too, to compare [%].
        capture: Whether PostgreSQL keeps what changed until DynamoDB has it.
        reverse_replication: Whether changes in DynamoDB are brought back to PostgreSQL.
    """

    version: int = 0
    write_mode: WriteMode = "postgres"
    read_percent: int = 0
    shadow_read_percent: int = 0
    capture: bool = False
    reverse_replication: bool = False

    def problems(self) -> list[tuple[str, str]]:
        """Returns the flags whose values are wrong, each with what is wrong."""
        modes = get_args(WriteMode)
        told = []
        if self.write_mode not in modes:
            told.append(("write_mode", f"not a mode; got {self.write_mode}, allowed {', '.join(modes)}"))
        told += [
            (name, f"not a share; got {value}, allowed 0 to {WHOLE}")
            for name, value in (
                ("read_percent", self.read_percent),
                ("shadow_read_percent", self.shadow_read_percent),
            )
            if not 0 <= value <= WHOLE
        ]
        return told


NAMES = tuple(field.name for field in fields(Flags))


class FlagStore:
    """The flags and all their earlier values.

    Args:
        path: SQLite file, made when absent; None for one that is gone with the object.
    """

    def __init__(self, path: Path | None = None) -> None:
        folder = None if path else Path(tempfile.mkdtemp(prefix="flags-"))
        self.path = path or Path(folder or "") / "flags.sqlite"
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        weakref.finalize(self, _dispose, self._open, folder)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._database().executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise MigrationError(f"{self.path}: cannot hold flags: {error}. Name another file.") from error

    def _database(self) -> sqlite3.Connection:
        """Returns this thread's connection."""
        if not hasattr(self._local, "database"):
            database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._open.append(database)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=FULL")
            self._local.database = database
        found: sqlite3.Connection = self._local.database
        return found

    def read(self) -> Flags:
        """Returns the flags as they are now."""
        return self.history()[-1]

    def history(self) -> tuple[Flags, ...]:
        """Returns every state of the flags, the first one included, in order."""
        rows = self._database().execute(f"SELECT {', '.join(NAMES)} FROM flags ORDER BY version")  # noqa: S608 - names of fields
        return Flags(), *(_flags(row) for row in rows)

    @contextlib.contextmanager
    def using(self) -> Iterator[Flags]:
        """Gives the flags, which nobody changes within the block."""
        with self._locked("queue", fcntl.LOCK_SH):
            lock = self._lock("calls", fcntl.LOCK_SH)
        with contextlib.closing(lock):
            yield self.read()

    @contextlib.contextmanager
    def changing(self) -> Iterator[Callable[..., Flags]]:
        """Gives a function that sets flags, once every call has ended and while no other begins."""
        with self._locked("queue", fcntl.LOCK_EX), self._locked("calls", fcntl.LOCK_EX):
            yield self._set

    def change(self, **values: Any) -> Flags:
        """Sets flags when every call in flight has ended, and returns all of them.

        Raises:
            InputError: A value is not allowed.
        """
        with self.changing() as change:
            return change(**values)

    def _set(self, **values: Any) -> Flags:
        before = self.read()
        after = replace(before, **values)
        problems = [
            Problem(str(self.path), 0, name, message, "Nothing was changed.")
            for name, message in after.problems()
        ]
        if problems:
            raise InputError(problems)
        if after != before:
            after = replace(after, version=before.version + 1)
            marks = ", ".join("?" for _ in NAMES)
            self._database().execute(f"INSERT INTO flags VALUES ({marks})", [*asdict(after).values()])  # noqa: S608 - question marks
        return after

    def _lock(self, name: str, kind: int) -> Any:
        file = self.path.with_name(f"{self.path.name}.{name}").open("a")
        fcntl.flock(file, kind)
        return file

    def _locked(self, name: str, kind: int) -> contextlib.AbstractContextManager[Any]:
        return contextlib.closing(self._lock(name, kind))


def _flags(row: tuple[Any, ...]) -> Flags:
    version, mode, read, shadow, capture, reverse = row
    return Flags(version, mode, read, shadow, bool(capture), bool(reverse))


def _dispose(databases: list[sqlite3.Connection], folder: Path | None) -> None:
    for database in databases:
        database.close()
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
