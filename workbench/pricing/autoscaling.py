"""Auto scaling by target tracking, minute by minute, and the capacity that it is billed for."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import InputError, Problem
from workbench.pricing.profile import CapacityProfile
from workbench.pricing.shape import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.pricing.quantity import Floats

_SECONDS_PER_MINUTE = 60
_MINUTES_PER_DAY = 1440
_BURST_SECONDS = 300
_DECREASES_AT_HAND = 4
_TARGETS = (Decimal("0.2"), Decimal("0.9"))


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """How capacity follows consumption.

    Args:
        target: Share of the capacity that should be consumed, 0.2 to 0.9.
        minimum: Least capacity [units per second].
        maximum: Most capacity [units per second].
        scale_in_at: Share below which capacity is lowered; None for 0.2 below the target. AWS does not
            publish it; alarms that users show lie at half the capacity for the default target.
        out_minutes: Minutes in a row above the target before capacity rises [min].
        in_minutes: Minutes in a row below `scale_in_at` before it falls [min].
        delay_minutes: From the alarm until the new capacity holds [min]; AWS says minutes.

    Source: scaling-target-tracking
    """

    target: Decimal = Decimal("0.7")
    minimum: int = 5
    maximum: int = 40_000
    scale_in_at: Decimal | None = None
    out_minutes: int = 2
    in_minutes: int = 15
    delay_minutes: int = 2

    def __post_init__(self) -> None:
        problems = [*self._problems()]
        if problems:
            raise InputError(problems)

    @property
    def lower(self) -> Decimal:
        """Share of the capacity below which it is lowered."""
        return self.target - Decimal("0.2") if self.scale_in_at is None else self.scale_in_at

    def wanted(self, consumed: float) -> int:
        """The capacity that brings a consumption to the target [units per second]."""
        exact = (Decimal(consumed) / self.target).to_integral_value(rounding=ROUND_CEILING)
        return min(self.maximum, max(self.minimum, int(exact)))

    def _problems(self) -> Iterator[Problem]:
        if not _TARGETS[0] <= self.target <= _TARGETS[1]:
            message = f"not a target utilisation; got {self.target}, allowed {_TARGETS[0]} to {_TARGETS[1]}"
            yield Problem("scaling policy", 0, "target", message, "Choose a target that AWS accepts")
        if not 1 <= self.minimum <= self.maximum:
            message = f"not a range; got {self.minimum} to {self.maximum}, allowed 1 or more, in order"
            yield Problem("scaling policy", 0, "minimum", message, "Swap or raise the bounds")


DEFAULT_POLICY = ScalingPolicy()


@dataclass(frozen=True, slots=True)
class ScalingRun:
    """What auto scaling did over one cycle of traffic.

    Args:
        capacity: Capacity of each minute [units per second].
        throttled: Share of the units asked for that were refused, 0 to 1; clients would ask again.
        increases: How often capacity rose.
        decreases: How often it fell.
        profile: Billed capacity of each hour: the highest of its minutes, which is the safe assumption.
    """

    capacity: tuple[int, ...]
    throttled: float
    increases: int
    decreases: int
    profile: CapacityProfile


def simulate(demand: Floats, policy: ScalingPolicy = DEFAULT_POLICY) -> ScalingRun:
    """The course of capacity when the same cycle of traffic repeats; the first cycle only warms up.

    Scaling sees what was consumed, not what was refused, so under throttling capacity rises in steps of
    one over the target.

    Args:
        demand: Units asked for in each minute of whole hours, as a rate [units per second].
        policy: How capacity follows.

    Source: scaling-target-tracking, scaling-burst
    """
    if policy.wanted(float(demand.max())) == policy.minimum:
        return _idle(demand, policy)
    scaler = _Scaler(policy, policy.wanted(float(demand[0])))
    rates = demand.tolist()
    for minute, rate in enumerate(rates):
        scaler.step(minute, rate)
    scaler.reset()
    capacity = tuple(scaler.step(len(rates) + minute, rate) for minute, rate in enumerate(rates))
    hours = np.asarray(capacity).reshape(-1, MINUTES_PER_HOUR).max(axis=1)
    asked = float(demand.sum())
    return ScalingRun(
        capacity,
        scaler.refused / asked if asked else 0.0,
        scaler.increases,
        scaler.decreases,
        CapacityProfile(tuple(hours.tolist())),
    )


def _idle(demand: Floats, policy: ScalingPolicy) -> ScalingRun:
    """A load that never leaves the minimum."""
    hours = len(demand) // MINUTES_PER_HOUR
    profile = CapacityProfile((policy.minimum,) * hours)
    return ScalingRun((policy.minimum,) * len(demand), 0.0, 0, 0, profile)


def provisioned_per_unit(
    shape: Floats, policy: ScalingPolicy = DEFAULT_POLICY, scale: float = 1000.0
) -> float:
    """Billed capacity over mean consumption, for loads so large that whole units do not matter.

    Args:
        shape: Traffic of each minute over the mean.
        policy: How capacity follows; its minimum and maximum are set aside.
        scale: Mean consumption at which it is measured [units per second].
    """
    wide = ScalingPolicy(
        policy.target,
        1,
        10**9,
        policy.scale_in_at,
        policy.out_minutes,
        policy.in_minutes,
        policy.delay_minutes,
    )
    return float(np.mean(simulate(shape * scale, wide).profile.hourly)) / (scale * float(shape.mean()))


@dataclass(slots=True)
class _Scaler:
    policy: ScalingPolicy
    capacity: int
    burst: float = 0.0
    above: int = 0
    below: int = 0
    at_hand: int = _DECREASES_AT_HAND
    refused: float = 0.0
    increases: int = 0
    decreases: int = 0
    coming: tuple[int, int] | None = None
    upper: float = field(init=False)
    lower: float = field(init=False)

    def __post_init__(self) -> None:
        self.upper, self.lower = float(self.policy.target), float(self.policy.lower)

    def reset(self) -> None:
        """Forgets the counts of the cycle before, keeps its state."""
        self.refused, self.increases, self.decreases = 0.0, 0, 0

    def step(self, minute: int, asked: float) -> int:
        """Lives through a minute and returns its capacity."""
        self._refill(minute)
        self._arrive(minute)
        used = self._serve(asked)
        self._watch(used)
        if self.coming is None:
            self._decide(minute, used)
        return self.capacity

    def _refill(self, minute: int) -> None:
        if minute % _MINUTES_PER_DAY == 0:
            self.at_hand = _DECREASES_AT_HAND
        elif minute % MINUTES_PER_HOUR == 0:
            self.at_hand = min(_DECREASES_AT_HAND, self.at_hand + 1)

    def _arrive(self, minute: int) -> None:
        if self.coming and minute >= self.coming[0]:
            self.capacity, self.coming = self.coming[1], None
            self.above = self.below = 0

    def _serve(self, asked: float) -> float:
        used = min(asked, self.capacity + self.burst / _SECONDS_PER_MINUTE)
        left = self.burst + (self.capacity - used) * _SECONDS_PER_MINUTE
        self.burst = min(float(self.capacity * _BURST_SECONDS), max(0.0, left))
        self.refused += asked - used
        return used

    def _watch(self, used: float) -> None:
        self.above = self.above + 1 if used > self.upper * self.capacity else 0
        self.below = self.below + 1 if used < self.lower * self.capacity else 0

    def _decide(self, minute: int, used: float) -> None:
        up = self.above >= self.policy.out_minutes
        if not up and (self.below < self.policy.in_minutes or not self.at_hand):
            return
        wanted = self.policy.wanted(used)
        if up and wanted > self.capacity:
            self.increases += 1
        elif not up and wanted < self.capacity:
            self.at_hand -= 1
            self.decreases += 1
        else:
            return
        self.coming = (minute + self.policy.delay_minutes, wanted)
