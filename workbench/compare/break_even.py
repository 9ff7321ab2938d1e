"""Where one alternative becomes cheaper than another: every crossing, on whole numbers of users."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from workbench.pricing.dimensions import Dimension, Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from workbench.compare.cost_curve import CostCurve
    from workbench.pricing.book import PriceBook

_FLOAT_DOUBT = 1e-6
_SMALL_STRETCH = 4096
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Crossing:
    """The first number of users from which the other alternative is the cheaper one.

    Args:
        dau: Daily active users.
        cheaper_below: Name of the alternative that is cheaper before.
        cheaper_above: Name of the alternative that is cheaper from here on.
        usd_below: Cost here of the one that was cheaper [USD per month].
        usd_above: Cost here of the one that is cheaper now [USD per month].
        by_jump: A step (an instance size, a unit of capacity) brought it about, not a slope.
    """

    dau: int
    cheaper_below: str
    cheaper_above: str
    usd_below: Decimal
    usd_above: Decimal
    by_jump: bool


def crossings(first: CostCurve, second: CostCurve, low: int, high: int) -> tuple[Crossing, ...]:
    """Every number of users in (low, high] at which the cheaper of two alternatives changes, ascending.

    Between two steps both costs are straight lines, so they cross at most once there: the sign of the
    difference at both ends of every such stretch finds all crossings. Equal costs change nothing until one
    is really cheaper.

    Args:
        first: One alternative.
        second: The other.
        low: Least number of daily active users.
        high: Largest number; cut to what both alternatives are defined for.
    """
    last = min([high, *(curve.last_dau for curve in (first, second) if curve.last_dau is not None)])
    if last <= low:
        return ()
    return tuple(_walk(first, second, _stretches(first, second, low, last)))


def break_even_utilisation(book: PriceBook, region: str, *, writes: bool = True) -> Decimal:
    """The utilisation of provisioned capacity at which on-demand costs the same, 0 to 1.

    Args:
        book: Prices.
        region: AWS region code.
        writes: Compare writes; else reads.

    Raises:
        InputError: The region lacks one of the prices.

    Source: prices-break-even-utilisation
    """
    pair = (
        (Dimension.PROVISIONED_WCU_STANDARD, Dimension.ON_DEMAND_WRU_STANDARD)
        if writes
        else (Dimension.PROVISIONED_RCU_STANDARD, Dimension.ON_DEMAND_RRU_STANDARD)
    )
    hour, million = (
        book.price(service=Service.DYNAMODB, region=region, dimension=dimension).usd for dimension in pair
    )
    return hour * 1_000_000 / (_SECONDS_PER_HOUR * million)


def _stretches(first: CostCurve, second: CostCurve, low: int, high: int) -> list[int]:
    """Ends of stretches on which both costs are straight lines, or on which they cannot meet."""
    starts = sorted({low, *first.segment_starts(low, high), *second.segment_starts(low, high), high + 1})
    parts = (_split(first, second, start, end - 1) for start, end in pairwise(starts))
    return [point for part in parts for point in part]


def _split(first: CostCurve, second: CostCurve, low: int, high: int) -> list[int]:
    if low == high or _apart(first, second, low, high) or _apart(second, first, low, high):
        return sorted({low, high})
    if high - low > _SMALL_STRETCH:
        middle = (low + high) // 2
        return _split(first, second, low, middle) + _split(first, second, middle + 1, high)
    steps = [*first.steps(low, high), *second.steps(low, high)]
    return sorted({low, high, *steps, *(step - 1 for step in steps)})


def _apart(lower: CostCurve, upper: CostCurve, low: int, high: int) -> bool:
    """Whether one stays below the other: inside a segment no cost falls when users are added."""
    return lower.usd(high) < upper.usd(low)


def _walk(first: CostCurve, second: CostCurve, points: list[int]) -> Iterator[Crossing]:
    previous, known = points[0], 0
    for point, sign in zip(points, _signs(first, second, points), strict=True):
        if known and sign and sign != known:
            dau = _bisect(first, second, previous, point, sign)
            yield _crossing(first, second, dau, sign, by_jump=_jumps(first, second, dau))
        known = sign or known
        previous = point


def _signs(first: CostCurve, second: CostCurve, points: list[int]) -> list[int]:
    users = np.array(points, dtype=np.float64)
    ours, theirs = first.usd_per_month(users), second.usd_per_month(users)
    doubt = float(first.largest_jump() + second.largest_jump()) + _FLOAT_DOUBT * (1 + ours + theirs)
    signs = np.sign(ours - theirs).astype(int).tolist()
    for place in np.flatnonzero(np.abs(ours - theirs) <= doubt).tolist():
        signs[place] = _sign(first, second, points[place])
    return [int(sign) for sign in signs]


def _sign(first: CostCurve, second: CostCurve, dau: int) -> int:
    difference = first.usd(dau) - second.usd(dau)
    return (difference > 0) - (difference < 0)


def _bisect(first: CostCurve, second: CostCurve, low: int, high: int, sign: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _sign(first, second, middle) == sign else (middle, high)
    return high


def _jumps(first: CostCurve, second: CostCurve, dau: int) -> bool:
    return bool(first.steps(dau - 1, dau) or second.steps(dau - 1, dau))


def _crossing(first: CostCurve, second: CostCurve, dau: int, sign: int, *, by_jump: bool) -> Crossing:
    above, below = (second, first) if sign > 0 else (first, second)
    return Crossing(dau, below.name, above.name, below.usd(dau), above.usd(dau), by_jump)
