"""The one place that the application asks; the flags say which database answers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import count
from time import perf_counter_ns
from uuid import uuid4

from workbench.access.relational import Difference
from workbench.access.values import Parameters
from workbench.engines import DynamoEngine, PostgresEngine
from workbench.errors import EngineError
from workbench.migrate.live.answers import Answer, NoLongerAskedError
from workbench.migrate.live.connections import persistent
from workbench.migrate.live.control import APPLICATION_ROLE, make_writable, prepare_role
from workbench.migrate.live.flags import Flags, FlagStore
from workbench.migrate.live.item_side import DynamoRepository
from workbench.migrate.live.recorded import dump
from workbench.migrate.live.relational_side import PostgresRepository
from workbench.migrate.live.replication import Replication
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case

LOOKS = 3
"""Times that both databases are asked before their answers count as different."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A question that the databases answer differently.

    Args:
        pattern: The pattern.
        parameters: Its parameters, as text.
        differences: Where the answers differ.
    """

    pattern: str
    parameters: str
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        return f"{self.pattern} {self.parameters}: {'; '.join(map(str, self.differences))}"


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What comparing showed.

    Args:
        compared: Questions that both databases answered.
        rechecked: Questions that were asked again because a write came between both answers.
        errors: Questions that DynamoDB did not answer.
        fallbacks: Reads that PostgreSQL answered because DynamoDB did not.
        awaited: Reads that PostgreSQL answered because DynamoDB lacked an acknowledged write.
        mismatches: Questions whose answers stayed different.
    """

    compared: int = 0
    rechecked: int = 0
    errors: int = 0
    fallbacks: int = 0
    awaited: int = 0
    mismatches: tuple[Mismatch, ...] = ()


@dataclass
class _Tally:
    """Counts of all threads."""

    counts: dict[str, int] = field(default_factory=dict)
    mismatches: list[Mismatch] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str) -> None:
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + 1

    def report(self) -> ShadowReport:
        with self.lock:
            return ShadowReport(**self.counts, mismatches=tuple(self.mismatches))


class Router:
    """Answers the application's patterns from the database that the flags name.

    Args:
        case: The case.
        postgres: Holds its rows.
        engine: Holds its items.
        flags: The switches; they stay as they are during a call.
        replication: How the second database follows.
        seed: Chooses which questions belong to a share; a question once in a share stays in a larger one.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - both databases, and what decides between them
        self,
        case: Case,
        postgres: PostgresEngine,
        engine: DynamoEngine,
        flags: FlagStore,
        replication: Replication,
        seed: int = 1,
    ) -> None:
        with flags.using() as now:
            prepare_role(postgres) if now.write_mode == "dynamodb" else make_writable(postgres)
        self._design, self._flags, self._replication, self._seed = case.design, flags, replication, seed
        self._rows = PostgresRepository(case, postgres, APPLICATION_ROLE)
        self._items = DynamoRepository(case, engine, self._rows.columns())
        self._ending = frozenset(case.migration.while_source_leads) if case.migration else frozenset()
        self._tally = _Tally()
        self._numbers = count()
        self._name = uuid4().hex

    def call(self, pattern: str, parameters: Parameters, change_id: str | None = None) -> Answer:
        """Returns the answer to a pattern.

        Args:
            pattern: The pattern's id.
            parameters: Its parameters.
            change_id: Name of a write, by which it is made once only; None for a new one.

        Raises:
            NoLongerAskedError: The pattern is one of the time when PostgreSQL led; nothing was sent.
            NotAllowedError: The write is not allowed now; nothing was changed.
            OutcomeUnknownError: It is not known whether the write took place.
            EngineError: The database does not answer.
        """
        with self._flags.using() as flags:
            if pattern in self._ending and flags.write_mode == "dynamodb":
                raise NoLongerAskedError(f"{pattern}: called only while PostgreSQL leads. Nothing was sent.")
            if self._design.patterns[pattern].operation in READ_OPERATIONS:
                return self._read(pattern, parameters, flags)
            name = change_id or f"{self._name}-{next(self._numbers)}"
            return self._replication.writer(flags).write(pattern, parameters, name)

    def is_open(self, pattern: str) -> bool:
        """Returns whether the application calls a pattern as the flags are now."""
        return pattern not in self._ending or self._flags.read().write_mode != "dynamodb"

    def _read(self, pattern: str, parameters: Parameters, flags: Flags) -> Answer:
        text = dump(parameters)
        leads = flags.write_mode == "dynamodb"
        shared = leads or self._in_share(flags.read_percent, "read", pattern, text)
        if shared and not self._behind(flags):
            answer = self._from_items(pattern, parameters, flags)
        else:
            answer = self._rows.call(pattern, parameters)
        if flags.write_mode != "dynamodb" and self._in_share(
            flags.shadow_read_percent, "shadow", pattern, text
        ):
            start = perf_counter_ns()
            self._compare(pattern, parameters, text)
            answer = replace(answer, compared_ns=perf_counter_ns() - start)
        return answer

    def _behind(self, flags: Flags) -> bool:
        """Returns whether DynamoDB lacks a write that was acknowledged, so that PostgreSQL must answer."""
        behind = flags.write_mode == "dual" and flags.capture and self._replication.behind()
        if behind:
            self._tally.add("awaited")
        return behind

    def _in_share(self, percent: int, *of: str) -> bool:
        text = "\n".join((str(self._seed), *of))
        drawn = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
        return drawn * 100 < percent << 64

    def _from_items(self, pattern: str, parameters: Parameters, flags: Flags) -> Answer:
        try:
            return self._items.call(pattern, parameters)
        except EngineError:
            if flags.write_mode == "dynamodb":
                raise
            self._tally.add("fallbacks")
            return self._rows.call(pattern, parameters)

    def _compare(self, pattern: str, parameters: Parameters, text: str) -> None:
        differences: tuple[Difference, ...] = ()
        try:
            for look in range(LOOKS):
                if look:
                    self._tally.add("rechecked")
                differences = self._differences(pattern, parameters)
                if not differences:
                    break
        except EngineError:
            self._tally.add("errors")
            return
        self._tally.add("compared")
        if differences:
            with self._tally.lock:
                self._tally.mismatches.append(Mismatch(pattern, text, differences))

    def _differences(self, pattern: str, parameters: Parameters) -> tuple[Difference, ...]:
        question = self._rows.questions[pattern]
        rows = persistent(lambda: self._rows.ask(pattern, parameters))
        result = self._items.read(pattern, parameters)
        if getattr(question.pattern, "count_only", False):
            return question.compare_count(result.count, rows)
        return question.compare(result.items, rows, ordered=question.ordered)

    @property
    def shadow(self) -> ShadowReport:
        """What comparing has shown since it was last reset."""
        return self._tally.report()

    def reset_shadow(self) -> None:
        """Forgets what comparing has shown."""
        self._tally = _Tally()

    def drawable(self) -> bool:
        """Returns whether parameters of writes may be drawn from PostgreSQL.

        Not while it lacks changes that it will get, or that nothing knows of. When a replication that lost
        nothing has ended, its rows as they were left are all there is; conditions refuse what changed since.
        """
        flags = self._flags.read()
        if flags.write_mode != "dynamodb":
            return True
        return self._replication.capture and not (flags.reverse_replication and self._replication.lag())

    def lag(self) -> int:
        """Returns the number of changes that one of the databases does not have yet."""
        return self._replication.lag()

    def close(self) -> None:
        """Closes the router's connections."""
        self._rows.close()
