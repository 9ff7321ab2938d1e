"""Percentiles of measured times, as far as the number of samples carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

NANOSECONDS_PER_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Latency:
    """How long calls took; a percentile that the samples cannot carry is None.

    Args:
        count: Calls measured.
        p50_ms: Median [ms].
        p90_ms: 90th percentile [ms], from 10 samples.
        p99_ms: 99th percentile [ms], from 100 samples.
        p999_ms: 99.9th percentile [ms], from 1,000 samples.
    """

    count: int
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    p999_ms: float | None

    @classmethod
    def of(cls, nanoseconds: Sequence[int]) -> Latency:
        """Returns the percentiles of times [ns]."""
        ordered = sorted(nanoseconds)
        shares = (Fraction(1, 2), Fraction(9, 10), Fraction(99, 100), Fraction(999, 1000))
        p50, p90, p99, p999 = (percentile_ms(ordered, share) for share in shares)
        return cls(len(ordered), p50, p90, p99, p999)


def percentile_ms(ordered: Sequence[int], share: Fraction) -> float | None:
    """Returns the smallest time that at least `share` of the samples do not exceed [ms].

    Args:
        ordered: Times, ascending [ns].
        share: Between 0 and 1.

    Returns:
        None with fewer than 1 / (1 - share) samples: not one of them would lie above it.

    >>> percentile_ms([1_000_000, 2_000_000, 3_000_000, 4_000_000], Fraction(1, 2))
    2.0
    """
    if len(ordered) * (1 - share) < 1:
        return None
    return ordered[ceil(share * len(ordered)) - 1] / NANOSECONDS_PER_MILLISECOND
