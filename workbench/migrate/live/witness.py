"""The witness: what the application was told about its writes, kept apart from everything that moves data.

It writes down each write before it is sent, and what became of it when the answer is there; whatever it does
not hear of again may have happened or not. It knows neither flags nor replication.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import MigrationError
from workbench.items import Item
from workbench.migrate.live.recorded import dump, load
from workbench.migrate.live.state import State

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    moment INTEGER PRIMARY KEY AUTOINCREMENT, attempt INTEGER NOT NULL, outcome TEXT NOT NULL,
    pattern TEXT NOT NULL DEFAULT '', parameters TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS events_attempt ON events (attempt);
CREATE TABLE IF NOT EXISTS opening (
    table_name TEXT, item_key TEXT, item TEXT, PRIMARY KEY (table_name, item_key));
"""

BEGUN, ACKNOWLEDGED, REFUSED, UNKNOWN = "begun", "acknowledged", "refused", "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A write as the application saw it.

    Args:
        number: Which one.
        pattern: The pattern.
        parameters: Its parameters.
        outcome: `acknowledged`, `refused` or `unknown`.
        begun: Moment before it was sent, as a count of events.
        ended: Moment after it was answered; None where no answer ended it.
    """

    number: int
    pattern: str
    parameters: Mapping[str, Any]
    outcome: str
    begun: int
    ended: int | None


class Witness:
    """A record of writes; threads may share it.

    Args:
        path: SQLite file, made when absent and gone on with when there; None keeps it in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise MigrationError(
                f"{path}: cannot be used by a witness: {error}. Name another file."
            ) from error

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def open_with(self, state: State) -> None:
        """Keeps the items that were there before the first write; a later call changes nothing."""
        rows = [(*place, json.dumps(item, default=_bytes)) for place, item in state.items()]
        with self._lock:
            if not self._database.execute("SELECT EXISTS (SELECT 1 FROM opening)").fetchone()[0]:
                self._database.execute("BEGIN")
                with self._database:
                    self._database.executemany("INSERT INTO opening VALUES (?, ?, ?)", rows)

    def opening(self) -> dict[tuple[str, str], Item]:
        """Returns the items that were there before the first write."""
        with self._lock:
            rows = self._database.execute("SELECT table_name, item_key, item FROM opening").fetchall()
        return {(table, key): json.loads(item, object_hook=_binary) for table, key, item in rows}

    def intend(self, pattern: str, parameters: Mapping[str, Any]) -> int:
        """Writes down that a write is about to be sent, and returns its number."""
        with self._lock:
            (number,) = self._database.execute(
                "INSERT INTO events (attempt, outcome, pattern, parameters) "
                "VALUES ((SELECT COALESCE(MAX(attempt), 0) + 1 FROM events), ?, ?, ?) RETURNING attempt",
                (BEGUN, pattern, dump(parameters)),
            ).fetchone()
        return int(number)

    def acknowledge(self, number: int) -> None:
        """Writes down that the application was told that a write took place."""
        self._end(number, ACKNOWLEDGED)

    def refuse(self, number: int) -> None:
        """Writes down that the application was told that a write did not take place."""
        self._end(number, REFUSED)

    def unsure(self, number: int) -> None:
        """Writes down that the application was told nothing: the write may take place even later."""
        self._end(number, UNKNOWN)

    def _end(self, number: int, outcome: str) -> None:
        with self._lock:
            self._database.execute("INSERT INTO events (attempt, outcome) VALUES (?, ?)", (number, outcome))

    def attempts(self) -> tuple[Attempt, ...]:
        """Returns every write that was attempted, in the order in which they were begun."""
        with self._lock:
            rows = self._database.execute(
                "SELECT one.attempt, one.pattern, one.parameters, other.outcome, one.moment, other.moment "
                "FROM events AS one LEFT JOIN events AS other "
                "ON other.attempt = one.attempt AND other.outcome <> 'begun' "
                "WHERE one.outcome = 'begun' ORDER BY one.moment"
            ).fetchall()
        return tuple(
            Attempt(
                number,
                pattern,
                load(text),
                outcome or UNKNOWN,
                begun,
                None if outcome in {None, UNKNOWN} else ended,
            )
            for number, pattern, text, outcome, begun, ended in rows
        )


def _bytes(value: Any) -> str:
    return bytes(value).hex()


def _binary(value: dict[str, Any]) -> dict[str, Any]:
    """Returns an attribute value with bytes where JSON has their digits."""
    if value.keys() == {"B"} and isinstance(value["B"], str):
        return {"B": bytes.fromhex(value["B"])}
    if value.keys() == {"BS"}:
        return {"BS": [bytes.fromhex(member) for member in value["BS"]]}
    return value
