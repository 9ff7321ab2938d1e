"""What the experiments found, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from scipy.stats import theilslopes

from workbench.replay.load.confidence import rank_interval
from workbench.replay.load.results import Percentiles
from workbench.replay.load.usage import Crowd


@dataclass(frozen=True, slots=True)
class Slope:
    """How much a step of a factor adds.

    Args:
        ms: The slope [ms a step].
        low_ms: Lower end at 95 % confidence [ms a step].
        high_ms: Upper end [ms a step].
        start_ms: Where the line begins, at no step at all [ms].
    """

    ms: float
    low_ms: float
    high_ms: float
    start_ms: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves no doubt about the sign."""
        return self.low_ms > 0 or self.high_ms < 0


def slope_of(x: Sequence[float], rounds: Sequence[Sequence[float]], step_size: float) -> Slope:
    """Returns the median over rounds of the slope in each, which drift between rounds does not move.

    In a round the slope is the median of those of all pairs of levels. Rounds are independent of each other,
    so that ranks enclose the true median whatever the distribution.

    Args:
        x: Values of the factor.
        rounds: What was measured at each of them, round by round [ms].
        step_size: How much of the value a step is.

    Raises:
        ValueError: Fewer than six rounds, which cannot enclose a median with 95 % confidence.

    Source: theil-sen, order-statistics

    >>> slope_of([1, 2, 3, 4, 5], [[3, 5, 7, 900, 11]] * 6, 10).ms
    20.0
    """
    ranks = rank_interval(len(rounds), 0.5)
    if ranks is None:
        raise ValueError(f"six rounds are needed; got {len(rounds)}")
    lines = [theilslopes(np.asarray(values), np.asarray(x, float)) for values in rounds]
    slopes = sorted(float(line[0]) * step_size for line in lines)
    start = median(float(line[1]) for line in lines)
    return Slope(median(slopes), slopes[ranks[0] - 1], slopes[ranks[1] - 1], start)


@dataclass(frozen=True, slots=True)
class LevelResult:
    """What the requests of one level did.

    Args:
        x: Value of the factor.
        label: As it is shown.
        response: Time of a request, all its calls.
        mean_calls: Calls of a request.
        mean_units: Capacity of a request [units].
        sent_bytes: Sent for a request, heads included, mean [bytes].
        received_bytes: Bodies of its answers, mean [bytes].
        client_ms: Processor time of the client for a request, median of blocks [ms].
        engine_ms: Processor time of the engine for it [ms]; None where it cannot be read.
    """

    x: float
    label: str
    response: Percentiles
    mean_calls: float
    mean_units: float
    sent_bytes: float
    received_bytes: float
    client_ms: float
    engine_ms: float | None


@dataclass(frozen=True, slots=True)
class FactorResult:
    """What one experiment found.

    Args:
        name: Short name of the factor.
        title: What was varied.
        axis: Label of its values, with the unit.
        step: What the slopes are for.
        step_size: How much of the value that is.
        held: What was the same at all levels.
        levels: The levels, ascending.
        slope: Of the time of a request.
        client: Of the client's processor time.
        engine: Of the engine's processor time; None where it cannot be read.
    """

    name: str
    title: str
    axis: str
    step: str
    step_size: float
    held: str
    levels: tuple[LevelResult, ...]
    slope: Slope
    client: Slope
    engine: Slope | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What all experiments found.

    Args:
        engine: Name and version of the engine.
        machine: Processor, cores and memory.
        samples: Requests measured at each level.
        rounds: How often each level was visited, in an order drawn anew each time.
        seed: What the order was drawn with.
        base_bytes: Size of items where it was not varied [bytes].
        rows: One result a factor.
        crowd: What else the machine did.
    """

    engine: str
    machine: str
    samples: int
    rounds: int
    seed: int
    base_bytes: int
    rows: tuple[FactorResult, ...]
    crowd: Crowd

    def row(self, name: str) -> FactorResult:
        """Returns the result of a factor."""
        return next(row for row in self.rows if row.name == name)
