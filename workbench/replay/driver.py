"""Replays every pattern of a case with parameters drawn from its data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle, islice
from time import perf_counter
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from workbench.access.execution import Sender, Units
from workbench.access.relational import Question
from workbench.access.repository import BoundPattern, Repository
from workbench.model.dialects import DIALECTS
from workbench.replay.images import Images
from workbench.replay.latency import Latency
from workbench.replay.machine import describe_machine
from workbench.replay.results import PatternResult, ReplayResult
from workbench.replay.sample import Sample, Sampler
from workbench.replay.units import units_difference
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case
from workbench.spec.design import Design

if TYPE_CHECKING:
    from psycopg import Connection

    from workbench.engines.base import DynamoEngine
    from workbench.engines.postgres import PostgresEngine

SHOWN_DIFFERENCES = 8
WARMUP = 10
"""Requests of a pattern before those that are measured."""

Draw = Callable[[int], tuple[Mapping[str, Any], ...]]
"""Draws so many parameter sets of a pattern from the data."""

Timer = Callable[[str, Draw], None]
"""Takes a pattern that is about to be run; leaves the data as it was."""


def replay(  # noqa: PLR0913 - what a caller may vary
    case: Case,
    postgres: PostgresEngine,
    engine: DynamoEngine,
    samples: int = 200,
    seed: int = 1,
    *,
    warmup: int = WARMUP,
    progress: bool = False,
    timer: Timer | None = None,
) -> ReplayResult:
    """Returns times, units and answers of every pattern of a case, on both sides of the migration.

    The data must be in PostgreSQL and in DynamoDB, and equal. Patterns that write change both sides.

    Args:
        case: The case.
        postgres: Holds the relational data.
        engine: Holds the items.
        samples: Requests measured a pattern; fewer where a write finds no more rows to draw.
        seed: What the parameters are drawn with.
        warmup: Requests before them that are not measured.
        progress: Whether to show a progress bar on standard error, where that is a terminal.
        timer: Hears of each pattern before it is run.
    """
    start = perf_counter()
    connection = postgres.connect()
    try:
        connection.autocommit = True
        driver = Driver(case.design, connection, engine, timer)
        names = tqdm(case.design.patterns, desc="replay", unit="pattern", disable=None if progress else True)
        rows = tuple(driver.pattern(name, samples, seed, warmup) for name in names)
    finally:
        connection.close()
    return ReplayResult(
        case.name,
        rows,
        f"{engine.name} {engine.version}".strip(),
        f"PostgreSQL {postgres.version}",
        describe_machine(),
        samples,
        warmup,
        seed,
        perf_counter() - start,
    )


class Driver:
    """Replays single patterns.

    Args:
        design: The design.
        connection: To PostgreSQL; each statement commits by itself.
        engine: The DynamoDB engine.
        timer: Hears of each pattern before it is run.
    """

    def __init__(
        self,
        design: Design,
        connection: Connection[Any],
        engine: DynamoEngine,
        timer: Timer | None = None,
    ) -> None:
        self._design, self._connection, self._engine = design, connection, engine
        self._repository = Repository(design, engine)
        self._timer: Timer = timer or (lambda *_: None)
        self._dialect = engine.name if engine.name in DIALECTS else ""

    def pattern(self, name: str, samples: int, seed: int, warmup: int = WARMUP) -> PatternResult:
        """Returns what `samples` requests of one pattern did."""
        bound = self._repository.patterns[name]
        question = Question(bound.maker)
        images = Images(self._design, Sender(self._engine.client, direct=True))
        sampler = Sampler(self._design, bound, question, images, self._connection)
        drawn = question.draw(self._connection, seed, samples + warmup)
        self._timer(name, partial(question.draw, self._connection, seed))
        if bound.maker.pattern.operation in READ_OPERATIONS and drawn:
            drawn = tuple(islice(cycle(drawn), samples + warmup))
        first = warmup_requests(len(drawn), samples, warmup)
        sampler.prepare(drawn)
        for parameters in drawn[:first]:
            sampler.run(parameters)
        return self._result(bound, [sampler.run(parameters) for parameters in drawn[first:]])

    def _result(self, bound: BoundPattern, samples: Sequence[Sample]) -> PatternResult:
        told = [difference for sample in samples for difference in sample.differences]
        answered = [sample for sample in samples if not sample.error]
        examples = {difference.attribute: difference for difference in reversed(told)}
        wrong = unit_differences(samples, self._dialect)
        return PatternResult(
            pattern=bound.maker.pattern_id,
            operation=bound.maker.pattern.operation,
            samples=len(samples),
            dynamodb=Latency.of([sample.dynamodb_ns for sample in answered]),
            sql=Latency.of([sample.sql_ns for sample in answered]),
            mean_items=_mean([sample.items for sample in samples]),
            mean_requests=_mean([sample.requests for sample in samples]),
            observed=mean_units([sample.consumed for sample in samples]),
            predicted={name: mean_units([s.predicted[name] for s in samples]) for name in DIALECTS},
            units_dialect=self._dialect,
            units_equal=len(samples) - len(wrong) if self._dialect else 0,
            equal=sum(not sample.differences and not sample.error for sample in samples),
            differences=tuple(map(str, [*examples.values()][-SHOWN_DIFFERENCES:][::-1])),
            unit_differences=tuple(wrong[:SHOWN_DIFFERENCES]),
            errors=dict(Counter(sample.error for sample in samples if sample.error)),
            dialect_flags=tuple(sorted({flag for sample in samples for flag in sample.flags})),
        )


def warmup_requests(drawn: int, samples: int, warmup: int) -> int:
    """Returns how many of the drawn requests only warm up: a quarter at most where too few were drawn.

    >>> warmup_requests(210, 200, 10), warmup_requests(20, 200, 10)
    (10, 5)
    """
    return max(drawn - samples, min(warmup, drawn // 4))


def unit_differences(samples: Sequence[Sample], dialect: str) -> list[str]:
    """Returns one line for each request whose observed units are not those that a dialect predicts."""
    if not dialect:
        return []
    told = [units_difference(sample.consumed, sample.predicted[dialect]) for sample in samples]
    return [f"request {number}: {text}" for number, text in enumerate(told, 1) if text]


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0


def mean_units(samples: Sequence[Units]) -> Units:
    """Returns the mean units [units] of requests by table and `table/index`."""
    total: Counter[str] = Counter()
    for units in samples:
        total.update(units)
    return {place: value / len(samples) for place, value in sorted(total.items()) if value}
