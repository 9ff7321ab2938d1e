"""Provisioned capacity hour by hour: what an hour is billed for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from workbench.pricing.bill import STANDARD, Conventions


@dataclass(frozen=True, slots=True)
class CapacityProfile:
    """Billed capacity of one kind in each hour of a cycle that repeats: a day, a week, or a month.

    Args:
        hourly: Capacity of each hour [units per second]; one entry means that it never changes.

    >>> CapacityProfile((100, 400)).unit_hours()
    Decimal('182500')
    """

    hourly: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.hourly or min(self.hourly) < 0:
            raise ValueError(f"a capacity profile needs hours, none below zero: {self.hourly!r}")

    @property
    def peak(self) -> int:
        """The largest capacity of an hour [units per second]."""
        return max(self.hourly)

    def unit_hours(self, conventions: Conventions = STANDARD) -> Decimal:
        """Capacity paid for in a month [unit-hours]."""
        return sum(self.hourly) * conventions.hours_per_month / len(self.hourly)

    def above(self, level: int) -> CapacityProfile:
        """What exceeds a level in each hour."""
        return CapacityProfile(tuple(max(0, units - level) for units in self.hourly))

    def share_above(self, level: int) -> Decimal:
        """Share of the hours whose capacity exceeds a level, 0 to 1."""
        return Decimal(sum(units > level for units in self.hourly)) / len(self.hourly)

    def __add__(self, other: CapacityProfile) -> CapacityProfile:
        """Both capacities, hour by hour; one that never changes fits any cycle.

        Raises:
            ValueError: The cycles differ in length.
        """
        length = max(len(self.hourly), len(other.hourly))
        if any(len(one.hourly) not in {1, length} for one in (self, other)):
            raise ValueError(f"cycles of {len(self.hourly)} and {len(other.hourly)} hours cannot be added")
        left, right = (one.hourly * (length // len(one.hourly)) for one in (self, other))
        return CapacityProfile(tuple(a + b for a, b in zip(left, right, strict=True)))


def peak_profile(baseline: int, peak: int, peak_hours: int, month_hours: int = 730) -> CapacityProfile:
    """The month of the AWS calculator: a baseline, and a peak for some hours.

    Args:
        baseline: Capacity outside the peak [units per second].
        peak: Capacity in the peak [units per second].
        peak_hours: Length of the peak [h per month].
        month_hours: Length of the month [h].
    """
    return CapacityProfile((baseline,) * (month_hours - peak_hours) + (peak,) * peak_hours)
