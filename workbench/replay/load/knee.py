"""The highest rate that holds the targets, found by halving."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from workbench.replay.load.results import Knee, Trial

STEPS = 6
LOWEST_SHARE = 1 / 64
"""Rates below this share of the most that the engine answers are not tried."""

DOUBLINGS = 4
"""A first rate that holds is doubled so often at most."""

Try = Callable[[float], Trial]


def find_knee(attempt: Try, highest: float, steps: int = STEPS) -> Knee:
    """Returns the highest rate that holds, to some `(highest / lowest) ** 2 ** -steps`.

    The rates between which it lies are halved on a logarithmic scale, so that the answer is as precise
    relative to a small rate as to a large one. The highest rate is tried first, and doubled while it holds.

    Args:
        attempt: Tries a rate.
        highest: Where to begin: the most that the engine answers at all [1/s].
        steps: Trials after the first that does not hold.
    """
    trials = [attempt(highest)]
    while trials[-1].holds and len(trials) <= DOUBLINGS:
        trials.append(attempt(trials[-1].requests_per_second * 2))
    if trials[-1].holds:
        return Knee(trials[-1].requests_per_second, None, tuple(trials))
    low = max((t.requests_per_second for t in trials if t.holds), default=0.0)
    high = trials[-1].requests_per_second
    for _ in range(steps):
        rate = sqrt(max(low, highest * LOWEST_SHARE) * high)
        trials.append(attempt(rate))
        low, high = (rate, high) if trials[-1].holds else (low, rate)
    return Knee(low, high, tuple(trials))
