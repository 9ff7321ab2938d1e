"""What a replay found, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.access.execution import Units
from workbench.replay.latency import Latency


@dataclass(frozen=True, slots=True)
class PatternResult:
    """What the replay of one pattern found; the warm-up is in none of its numbers.

    Args:
        pattern: The pattern's id.
        operation: Its API.
        samples: Requests measured.
        dynamodb: Time of the DynamoDB calls of one request; requests with an error are left out.
        sql: Time of the same question in SQL.
        mean_items: Items returned or written by a request, on average.
        mean_requests: DynamoDB calls of a request, on average.
        observed: Consumed capacity [units] of a request, mean, by table and `table/index`.
        predicted: Dialect to the model's units of the same requests, mean, by table and `table/index`.
        units_dialect: The dialect that the observed units are compared with; empty where the engine's
            consumed capacity means nothing.
        units_equal: Requests whose observed units equal the predicted ones, at every table and index.
        equal: Requests that DynamoDB and SQL answered alike.
        differences: Where they did not, one example an attribute.
        unit_differences: Where the units differ, some examples.
        errors: Kind of error to how often it came.
        dialect_flags: Names of the differences between the engine and AWS that change its units, see
            `workbench.model.dialects`.
    """

    pattern: str
    operation: str
    samples: int
    dynamodb: Latency
    sql: Latency
    mean_items: float
    mean_requests: float
    observed: Units
    predicted: Mapping[str, Units]
    units_dialect: str
    units_equal: int
    equal: int
    differences: tuple[str, ...] = ()
    unit_differences: tuple[str, ...] = ()
    errors: Mapping[str, int] = field(default_factory=dict)
    dialect_flags: tuple[str, ...] = ()

    @property
    def answers_equal(self) -> bool:
        """Whether there was something to compare and every answer was the same."""
        return self.samples > 0 and self.equal == self.samples and not self.differences and not self.errors

    @property
    def units_agree(self) -> bool:
        """Whether every request consumed what the model predicts; true where nothing can be compared."""
        return not self.units_dialect or self.units_equal == self.samples


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What the replay of a case found.

    Args:
        case: The case's name.
        rows: One result a pattern, in the design's order.
        engine: Name and version of the DynamoDB engine.
        postgres: Version of PostgreSQL.
        machine: Processor, cores and memory.
        samples: Requests asked for, per pattern.
        warmup: Requests before them, per pattern.
        seed: What the parameters were drawn with.
        seconds: How long it took [s].
    """

    case: str
    rows: tuple[PatternResult, ...]
    engine: str
    postgres: str
    machine: str
    samples: int
    warmup: int
    seed: int
    seconds: float

    @property
    def equal_patterns(self) -> int:
        """Patterns whose every answer was the same on both sides."""
        return sum(row.answers_equal for row in self.rows)

    @property
    def agreeing_patterns(self) -> int:
        """Patterns whose every request consumed what the model predicts."""
        return sum(row.units_agree for row in self.rows)

    def row(self, pattern: str) -> PatternResult:
        """Returns the result of one pattern."""
        return next(row for row in self.rows if row.pattern == pattern)
