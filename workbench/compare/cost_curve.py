"""Cost over daily active users: exact for a point, fast for many, with every bend and jump."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import InputError, Problem
from workbench.pricing.bill import STANDARD, Bill, BillLine, Charge, Conventions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from workbench.pricing.book import Price
    from workbench.pricing.quantity import Floats


@dataclass(frozen=True, slots=True)
class Segment:
    """Charges that hold from a number of users on, each with its price.

    Args:
        from_dau: First number of daily active users for which they hold.
        name: What holds, such as the name of an instance size.
        charges: What is billed, and the price of each.
    """

    from_dau: int
    name: str
    charges: tuple[tuple[Charge, Price], ...]

    def lines(self, dau: int) -> tuple[BillLine, ...]:
        """The bill lines for a number of daily active users."""
        return tuple(BillLine.of(charge, charge.quantity.at(dau), price) for charge, price in self.charges)

    def usd(self, dau: int) -> Decimal:
        """The exact cost for a number of daily active users [USD per month]."""
        return sum((charge.quantity.at(dau) * price.usd for charge, price in self.charges), Decimal(0))

    def array(self, dau: Floats) -> Floats:
        """The cost for many numbers of daily active users [USD per month]."""
        total: Floats = np.zeros(dau.shape)
        for charge, price in self.charges:
            total += charge.quantity.array(dau) * float(price.usd)
        return total

    def largest_jump(self) -> Decimal:
        """The most by which one unit more of every rounded quantity can raise the cost [USD per month]."""
        rounded = ((charge.quantity, price) for charge, price in self.charges if charge.quantity.whole)
        return sum((quantity.factor * price.usd for quantity, price in rounded), Decimal(0))


@dataclass(frozen=True)
class CostCurve:
    """Monthly cost of one alternative as a function of daily active users.

    Args:
        name: Name of the alternative.
        region: AWS region code.
        segments: Ascending by `from_dau`; the first begins at 0.
        last_dau: The alternative is not defined for more users; None where it has no end.
        conventions: What the bills state.
    """

    name: str
    region: str
    segments: tuple[Segment, ...]
    last_dau: int | None = None
    conventions: Conventions = STANDARD

    def segment(self, dau: int) -> Segment:
        """The segment that holds for a number of daily active users.

        Raises:
            InputError: The alternative is not defined for that many users.
        """
        if dau < 0 or (self.last_dau is not None and dau > self.last_dau):
            message = f"not sized for this number of users; got {dau}, allowed 0 to {self.last_dau}"
            raise InputError(
                [Problem(self.name, 0, "dau", message, "Add a step to the sizing, or ask for fewer")]
            )
        starts = [segment.from_dau for segment in self.segments]
        return self.segments[bisect_right(starts, dau) - 1]

    def bill(self, dau: int) -> Bill:
        """The exact bill for a number of daily active users, line by line.

        Raises:
            InputError: The alternative is not defined for that many users.
        """
        return Bill(self.segment(dau).lines(dau), self.region, self.conventions)

    def usd(self, dau: int) -> Decimal:
        """The exact cost for a number of daily active users [USD per month].

        Raises:
            InputError: The alternative is not defined for that many users.
        """
        return self.segment(dau).usd(dau)

    def usd_per_month(self, dau: ArrayLike) -> Floats:
        """The cost for many numbers of daily active users, NaN where not defined [USD per month]."""
        users: Floats = np.asarray(dau, dtype=np.float64)
        starts = np.array([segment.from_dau for segment in self.segments], dtype=np.float64)
        owner = np.searchsorted(starts, users, side="right") - 1
        usd: Floats = np.full(users.shape, np.nan)
        for number, segment in enumerate(self.segments):
            mine = owner == number
            usd[mine] = segment.array(users[mine])
        if self.last_dau is not None:
            usd[users > self.last_dau] = np.nan
        return usd

    def steps(self, low: int, high: int) -> list[int]:
        """Every number of users in (low, high] at which the cost leaves a straight line, ascending."""
        found = set(self.segment_starts(low, high))
        for segment, end in zip(self.segments, self._ends(high), strict=True):
            begin = max(low, segment.from_dau)
            for charge, _ in segment.charges:
                found.update(charge.quantity.steps(begin, end))
        return sorted(found)

    def segment_starts(self, low: int, high: int) -> list[int]:
        """The numbers of users in (low, high] at which other charges begin to hold."""
        return [segment.from_dau for segment in self.segments if low < segment.from_dau <= high]

    def largest_jump(self) -> Decimal:
        """The most by which rounding can move the cost [USD per month]."""
        return max(segment.largest_jump() for segment in self.segments)

    def _ends(self, high: int) -> list[int]:
        return [*(min(high, later.from_dau - 1) for later in self.segments[1:]), high]


def dau_grid(low: int, high: int, points: int) -> list[int]:
    """Whole numbers of users spread evenly over the logarithm, both ends included, none twice."""
    return sorted({low, high, *(int(value) for value in np.geomspace(low, high, points))})


def cost_table(curves: Iterable[CostCurve], dau: Sequence[int]) -> Mapping[str, tuple[Decimal, ...]]:
    """The exact cost of each alternative at each number of users [USD per month]."""
    return {curve.name: tuple(curve.usd(users) for users in dau) for curve in curves}
