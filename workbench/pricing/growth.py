"""Storage that grows month by month, and that settles where a retention deletes what is old."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from workbench.pricing.dynamodb import dynamodb_bill
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.pricing.bill import Bill, Conventions
    from workbench.pricing.book import PriceBook
    from workbench.pricing.dynamodb import TableLoad

_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Inflow:
    """Bytes that are written in each month at an even rate, and how long they stay.

    Args:
        bytes_by_month: Billed bytes written in each month [bytes].
        retention_months: Months from a write to its deletion, the delay of TTL included; None for ever.
        initial_bytes: Bytes that are there before and stay [bytes].
    """

    bytes_by_month: tuple[Decimal, ...]
    retention_months: Decimal | None = None
    initial_bytes: Decimal = Decimal(0)

    def stored_bytes(self) -> tuple[Decimal, ...]:
        """The average bytes stored in each month, which is what a month is billed for [bytes]."""
        return tuple(self.initial_bytes + self._mean(month) for month in range(len(self.bytes_by_month)))

    def _mean(self, month: int) -> Decimal:
        written = self._area(Decimal(month + 1)) - self._area(Decimal(month))
        if self.retention_months is None:
            return written
        start = month - self.retention_months
        return written - (self._area(start + 1) - self._area(start))

    def _area(self, until: Decimal) -> Decimal:
        """The integral over time of all bytes written, from the beginning [byte-months]."""
        if until <= 0:
            return Decimal(0)
        whole = min(int(until), len(self.bytes_by_month))
        totals = list(accumulate(self.bytes_by_month[:whole], initial=Decimal(0)))
        area = sum((_HALF * (a + b) for a, b in pairwise(totals)), Decimal(0))
        rest = until - whole
        rate = self.bytes_by_month[whole] if whole < len(self.bytes_by_month) else Decimal(0)
        return area + totals[-1] * rest + _HALF * rate * rest * rest


def steady_bytes(bytes_per_month: Decimal, retention_months: Decimal) -> Decimal:
    """The bytes at which storage settles when as much expires as is written [bytes].

    >>> steady_bytes(Decimal(300), Decimal("0.5"))
    Decimal('150.0')
    """
    return bytes_per_month * retention_months


def grown_inflow(first: Decimal, growth: Decimal, months: int) -> tuple[Decimal, ...]:
    """Bytes written in each month when they grow by a share a month.

    Args:
        first: Bytes of the first month [bytes].
        growth: Growth a month, 0.05 for 5 %.
        months: Number of months.
    """
    return tuple(first * (1 + growth) ** month for month in range(months))


def monthly_bills(
    load: TableLoad, inflow: Inflow, book: PriceBook, region: str, conventions: Conventions
) -> tuple[Bill, ...]:
    """The bill of each month of a table or index whose storage follows an inflow.

    Args:
        load: Requests or capacity, the same each month; its stored bytes are replaced.
        inflow: What is written and how long it stays.
        book: Prices.
        region: AWS region code.
        conventions: Length of the month, size of a GB, free tier.

    Raises:
        InputError: Every price that this region lacks.
    """
    return tuple(
        dynamodb_bill(
            [replace(load, stored_bytes=Quantity.of(stored))], book, region, conventions=conventions
        )
        for stored in inflow.stored_bytes()
    )


def month_of(target: Decimal, stored: Sequence[Decimal]) -> int | None:
    """The first month, counted from 1, whose storage reaches a size; None where none does."""
    return next((month for month, size in enumerate(stored, start=1) if size >= target), None)
