"""The memory of a plan: each attempt at a step with its outcome, in a SQLite file.

An attempt is recorded as begun, with the flags as they were, before anything is done; its outcome with all
measured values in one transaction after everything is. What is found begun was cut off and is done again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from workbench.errors import MigrationError
from workbench.migrate.plan.gates import GateOutcome

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (
    number INTEGER PRIMARY KEY, phase TEXT NOT NULL, step TEXT NOT NULL, attempt INTEGER NOT NULL,
    state TEXT NOT NULL, flags TEXT NOT NULL, began REAL NOT NULL, ended REAL,
    measures TEXT NOT NULL DEFAULT '{}', gates TEXT NOT NULL DEFAULT '[]', notes TEXT NOT NULL DEFAULT '[]');
"""
COLUMNS = "number, phase, step, attempt, state, flags, began, ended, measures, gates, notes"
PAUSED = "paused"

AttemptState = Literal["begun", "passed", "failed", "undone"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt.

    Args:
        state: `passed` or `failed`.
        measures: Measured values by name.
        gates: The gates and how they were judged.
        notes: What else the step had to tell.
    """

    state: AttemptState
    measures: Mapping[str, float]
    gates: tuple[GateOutcome, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a step.

    Args:
        number: Place among all attempts, from 1.
        phase: The phase.
        step: The step.
        attempt: How often the step was tried, this time included.
        state: `begun`, `passed`, `failed` (and stepped back) or `undone` (by a rollback).
        flags: The flags as they were before.
        began: When it began [s since 1970].
        ended: When its outcome was recorded; None while it runs or when it was cut off [s since 1970].
        measures: Measured values by name.
        gates: The gates and how they were judged.
        notes: What else the step had to tell.
    """

    number: int
    phase: str
    step: str
    attempt: int
    state: AttemptState
    flags: Mapping[str, Any]
    began: float
    ended: float | None
    measures: Mapping[str, float]
    gates: tuple[GateOutcome, ...]
    notes: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """How long it took; 0 while it runs [s]."""
        return self.ended - self.began if self.ended is not None else 0.0


class StepLedger:
    """An open ledger of a plan; a context manager.

    Args:
        path: The file, made when absent; None keeps it in memory.

    Raises:
        MigrationError: The file is no ledger or cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        try:
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise MigrationError(
                f"{path}: cannot be used as the ledger of a plan: {error}. Name another folder with --state."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def facts(self) -> dict[str, str]:
        """Returns what was remembered, by name."""
        return dict(self._database.execute("SELECT name, value FROM facts ORDER BY name"))

    def remember(self, **facts: object) -> None:
        """Records facts about the plan's run; each name keeps its last value."""
        with self._transaction() as database:
            rows = [(name, str(value)) for name, value in facts.items()]
            database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)

    def bind(self, **facts: object) -> None:
        """Ties the ledger to a case, a plan and a population.

        Raises:
            MigrationError: It was made for others; names what differs.
        """
        known = self.facts()
        wrong = [
            f"{name} {known[name]}"
            for name, value in facts.items()
            if known.get(name, str(value)) != str(value)
        ]
        if wrong:
            raise MigrationError(
                f"{self.path}: this plan was begun with {', '.join(wrong)}. "
                "Use the same again, or another folder with --state."
            )
        self.remember(**facts)

    def open_session(self) -> int:
        """Returns how often the plan was opened to be run, this time included."""
        session = int(self.facts().get("sessions", "0")) + 1
        self.remember(sessions=session)
        return session

    @property
    def paused(self) -> bool:
        """Whether the plan is to stop before its next step."""
        return self.facts().get(PAUSED) == "1"

    def pause(self, *, paused: bool) -> None:
        """Lets the plan stop before its next step, or go on."""
        self.remember(**{PAUSED: int(paused)})

    def attempts(self) -> list[Attempt]:
        """Returns all attempts in order."""
        rows = self._database.execute(f"SELECT {COLUMNS} FROM attempts ORDER BY number")  # noqa: S608 - a constant
        return [_attempt(row) for row in rows]

    def latest(self) -> dict[str, Attempt]:
        """Returns the last attempt at each step that was tried."""
        return {attempt.step: attempt for attempt in self.attempts()}

    def begin(self, phase: str, step: str, flags: Mapping[str, Any], now: float) -> Attempt:
        """Records that a step begins, and returns the attempt; one that was cut off is gone on with.

        Args:
            phase: The phase.
            step: The step.
            flags: The flags as they are; the attempt that was cut off keeps those that it found.
            now: The time [s since 1970].
        """
        last = self.latest().get(step)
        if last is not None and last.state == "begun":
            return last
        tried = last.attempt if last is not None and last.state == "failed" else 0
        with self._transaction() as database:
            database.execute(
                "INSERT INTO attempts (phase, step, attempt, state, flags, began) "
                "VALUES (?, ?, ?, 'begun', ?, ?)",
                (phase, step, tried + 1, json.dumps(dict(flags)), now),
            )
        return self.latest()[step]

    def finish(self, attempt: Attempt, outcome: Outcome, now: float) -> None:
        """Records the outcome of an attempt: state, values and gates together or not at all."""
        judged = [[gate.gate, gate.holds, gate.passed, dict(gate.values)] for gate in outcome.gates]
        told = (json.dumps(dict(outcome.measures)), json.dumps(judged), json.dumps(outcome.notes))
        with self._transaction() as database:
            database.execute(
                "UPDATE attempts SET state = ?, measures = ?, gates = ?, notes = ?, ended = ? "
                "WHERE number = ?",
                (outcome.state, *told, now, attempt.number),
            )

    def undo(self, attempt: Attempt) -> None:
        """Records that a step was undone."""
        with self._transaction() as database:
            database.execute("UPDATE attempts SET state = 'undone' WHERE number = ?", (attempt.number,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database as database:
                database.execute("BEGIN IMMEDIATE")
                yield database
        except sqlite3.Error as error:
            raise MigrationError(
                f"{self.path}: the ledger of the plan cannot be written: {error}. "
                "Make room or free it, then run the same again."
            ) from error


def _attempt(row: tuple[Any, ...]) -> Attempt:
    number, phase, step, attempt, state, flags, began, ended, *kept = row
    measures, gates, notes = map(json.loads, kept)
    judged = tuple(GateOutcome(*gate) for gate in gates)
    known = json.loads(flags)
    return Attempt(number, phase, step, attempt, state, known, began, ended, measures, judged, tuple(notes))
