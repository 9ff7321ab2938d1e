"""Parameters for a live application, drawn from the data as it then is; no put is drawn twice."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any

from workbench.engines import PostgresEngine
from workbench.engines.failures import POSTGRES_ERROR
from workbench.errors import EngineError
from workbench.migrate.live.control import APPLICATION_ROLE
from workbench.migrate.live.effects import PUT, Effects
from workbench.migrate.live.relational_side import PostgresRepository
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case

DRAWN = 40
"""Parameter sets that are drawn at a time."""


class Pool:
    """Gives parameters to threads.

    Args:
        case: The case.
        postgres: Parameters are drawn from its rows.
        seed: Chooses them.
        drawn: Parameter sets that are drawn at a time.
    """

    def __init__(self, case: Case, postgres: PostgresEngine, seed: int, drawn: int = DRAWN) -> None:
        self._rows = PostgresRepository(case, postgres, APPLICATION_ROLE)
        self._effects, self._seed, self._count = Effects(case), seed, drawn
        self._reads = {n for n, p in case.design.patterns.items() if p.operation in READ_OPERATIONS}
        self._left: dict[str, deque[Mapping[str, Any]]] = {}
        self._draws: Counter[str] = Counter()
        self._flying: Counter[str] = Counter()
        self._unknown: set[str] = set()
        self._written: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def take(self, pattern: str, drawable: Callable[[], bool]) -> Mapping[str, Any] | None:
        """Returns parameters of a pattern; None where none can be had now.

        Args:
            pattern: The pattern.
            drawable: Tells whether PostgreSQL has everything, so that more writes may be drawn.
        """
        with self._lock:
            left = self._left.setdefault(pattern, deque())
            if not left and self._may_draw(pattern, drawable):
                left.extend(self._drawn(pattern))
            if not left:
                return None
            self._flying[pattern] += 1
            return left.popleft()

    def _may_draw(self, pattern: str, drawable: Callable[[], bool]) -> bool:
        """Returns whether new keys would be new: nothing that uses the last ones may still happen."""
        if pattern in self._reads:
            return True
        return not self._flying[pattern] and pattern not in self._unknown and drawable()

    def _drawn(self, pattern: str) -> list[Mapping[str, Any]]:
        self._draws[pattern] += 1
        seed = self._seed * 1000 + self._draws[pattern]
        try:
            connection = self._rows.connections.get()
            drawn = self._rows.questions[pattern].draw(connection, seed, self._count)
        except (EngineError, POSTGRES_ERROR):
            return []
        return [parameters for parameters in drawn if self._is_new(pattern, parameters)]

    def _is_new(self, pattern: str, parameters: Mapping[str, Any]) -> bool:
        if pattern in self._reads:
            return True
        puts = {e.place for e in self._effects.of(pattern, parameters) if e.kind == PUT}
        known = bool(puts & self._written)
        self._written |= puts
        return not known

    def ended(self, pattern: str, *, known: bool) -> None:
        """Takes note that a call has ended, and whether its outcome is known."""
        with self._lock:
            self._flying[pattern] -= 1
            if not known:
                self._unknown.add(pattern)

    def close(self) -> None:
        """Closes the connections."""
        self._rows.close()
