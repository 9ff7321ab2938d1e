"""How sure a percentile is: the ranks between which the true one lies, whatever the distribution."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, sqrt

import numpy as np

LEVEL = 0.95
"""Confidence of every interval."""
SPREAD = 9
"""Standard deviations beyond which a binomial's probability is nothing in double precision."""


@lru_cache(maxsize=4096)
def rank_interval(count: int, share: float, level: float = LEVEL) -> tuple[int, int] | None:
    """Returns the ranks, from 1, of the samples that enclose a percentile with at least a confidence.

    The number of samples below the true percentile is binomial. The interval leaves at most half of the rest
    of the confidence on either side.

    Args:
        count: Samples.
        share: The percentile, between 0 and 1.
        level: Confidence.

    Returns:
        None where the largest sample cannot bound the percentile from above with this confidence.

    Source: order-statistics

    >>> rank_interval(1000, 0.99)
    (983, 997)
    """
    first, below = _cumulative(count, share)
    # Above upper lies the true percentile with at most half of what the level leaves.
    upper = first + int(np.searchsorted(below, (1 + level) / 2, "left")) + 1
    return (low_rank(count, share, level), upper) if upper <= count else None


@lru_cache(maxsize=4096)
def low_rank(count: int, share: float, level: float = LEVEL) -> int:
    """Returns the rank, from 1, of the sample that is the lower end of a percentile's interval.

    However few the samples are, the percentile lies below it with at most half of what the level leaves,
    unless it is the first of them.

    Args:
        count: Samples.
        share: The percentile, between 0 and 1.
        level: Confidence of the interval.

    Source: order-statistics

    >>> low_rank(40, 0.99), low_rank(14, 0.999)
    (38, 14)
    """
    first, below = _cumulative(count, share)
    return max(first + int(np.searchsorted(below, (1 - level) / 2, "right")), 1)


def _cumulative(count: int, share: float) -> tuple[int, np.ndarray]:
    """Returns a first number and P(binomial <= first), P(binomial <= first + 1), ..."""
    mean, deviation = count * share, sqrt(count * share * (1 - share))
    first = max(int(mean - SPREAD * deviation - SPREAD), 0)
    last = min(ceil(mean + SPREAD * deviation + SPREAD), count)
    numbers = np.arange(first, last)
    ratios = np.log((count - numbers) / (numbers + 1)) + np.log(share / (1 - share))
    logs = np.concatenate([[0.0], np.cumsum(ratios)])
    weights = np.exp(logs - logs.max())
    return first, np.cumsum(weights) / weights.sum()
