"""Bills: one line a component, quantity x price = amount, nothing rounded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.errors import InputError, Problem
from workbench.pricing.dimensions import count_in, unit_of
from workbench.pricing.free_tier import FreeTier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.pricing.book import Price, PriceBook
    from workbench.pricing.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Conventions:
    """The conventions that every bill states.

    Args:
        hours_per_month: Length of a month [h]; AWS's own calculator takes 730.
        bytes_per_gb: Size of a billed GB [bytes].
        free_tier: Apply the account-wide free bands of DynamoDB.

    Source: prices-month, prices-gb, prices-free-tier
    """

    hours_per_month: Decimal = Decimal(730)
    bytes_per_gb: Decimal = Decimal(2**30)
    free_tier: bool = False


STANDARD = Conventions()


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that will be billed, before its price is known.

    Args:
        component: What is billed, in words.
        table: Table or other resource that causes it.
        index: Index that causes it, None for the table itself.
        service: Service, as `Service` spells it.
        dimension: Dimension, as `Dimension` spells it.
        count: How much in a month, in single units (requests, hours, GB), not in thousands or millions.
    """

    component: str
    table: str
    index: str | None
    service: str
    dimension: str
    count: Quantity

    @property
    def quantity(self) -> Quantity:
        """How much in a month, in the unit of the price (so millions of requests)."""
        return self.count.scaled(1 / count_in(unit_of(self.service, self.dimension) or ""))


@dataclass(frozen=True, slots=True)
class BillLine:
    """One component of a bill.

    Args:
        component: What is billed, in words.
        table: Table or other resource that causes it.
        index: Index that causes it, None for the table itself.
        quantity: How much in a month [unit].
        unit: Unit of the quantity and of the price.
        price: Price of one unit, with its source.
        usd: quantity x price [USD per month], not rounded.
    """

    component: str
    table: str
    index: str | None
    quantity: Decimal
    unit: str
    price: Price
    usd: Decimal

    @classmethod
    def of(cls, charge: Charge, quantity: Decimal, price: Price) -> BillLine:
        """The line of a charge for a quantity in the unit of the price."""
        usd = quantity * price.usd
        return cls(charge.component, charge.table, charge.index, quantity, price.unit, price, usd)


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of a month in one region, and the conventions they were computed with."""

    lines: tuple[BillLine, ...]
    region: str
    conventions: Conventions = STANDARD

    @property
    def total(self) -> Decimal:
        """Sum of the lines [USD per month], not rounded."""
        return sum((line.usd for line in self.lines), Decimal(0))

    def subtotal(self, *, table: str | None = None, component: str | None = None) -> Decimal:
        """Sum of the lines of a table, of a component, or of both [USD per month]."""
        return sum((line.usd for line in self._matching(table, component)), Decimal(0))

    def __add__(self, other: Bill) -> Bill:
        """The lines of both bills.

        Raises:
            ValueError: The bills were computed with different conventions.
        """
        if self.conventions != other.conventions:
            raise ValueError("bills with different months or GB cannot be added")
        region = self.region if self.region == other.region else f"{self.region}, {other.region}"
        return Bill(self.lines + other.lines, region, self.conventions)

    def _matching(self, table: str | None, component: str | None) -> Iterator[BillLine]:
        return (
            line for line in self.lines if table in (None, line.table) and component in (None, line.component)
        )


def price_list(charges: Iterable[Charge], book: PriceBook, region: str) -> tuple[tuple[Charge, Price], ...]:
    """Each charge with its price.

    Raises:
        InputError: Every price that this region lacks.
    """
    priced: list[tuple[Charge, Price]] = []
    problems: list[Problem] = []
    for charge in charges:
        try:
            price = book.price(service=charge.service, region=region, dimension=charge.dimension)
        except InputError as error:
            problems.extend(error.problems)
        else:
            priced.append((charge, price))
    if problems:
        raise InputError(dict.fromkeys(problems))
    return tuple(priced)


def price_charges(
    charges: Iterable[Charge],
    book: PriceBook,
    region: str,
    *,
    dau: int = 0,
    conventions: Conventions = STANDARD,
) -> Bill:
    """The bill of charges for a number of daily active users.

    Args:
        charges: What is billed.
        book: Prices.
        region: AWS region code.
        dau: Daily active users, where the charges depend on them.
        conventions: The conventions the charges were computed with; the bill states them.

    Raises:
        InputError: Every price that this region lacks.
    """
    priced = price_list(charges, book, region)
    if conventions.free_tier:
        tier = FreeTier(book, region)
        lines = [line for charge, price in priced for line in _banded(charge, price, dau, tier)]
    else:
        lines = [BillLine.of(charge, charge.quantity.at(dau), price) for charge, price in priced]
    return Bill(tuple(lines), region, conventions)


def with_free_tier(bill: Bill, book: PriceBook) -> Bill:
    """The same bill after the account's free bands, which all its lines share.

    Args:
        bill: A bill without the free tier, of one region.
        book: Prices, with those of the bands.

    Raises:
        InputError: The region has no price for a band.
    """
    tier = FreeTier(book, bill.region)
    lines = (part for line in bill.lines for part in _split(line, tier))
    return Bill(tuple(lines), bill.region, replace(bill.conventions, free_tier=True))


def _banded(charge: Charge, price: Price, dau: int, tier: FreeTier) -> Iterator[BillLine]:
    return _split(BillLine.of(charge, charge.quantity.at(dau), price), tier)


def _split(line: BillLine, tier: FreeTier) -> Iterator[BillLine]:
    free, free_price = tier.take(line.price.service, line.price.dimension, line.quantity)
    rest = line.quantity - free
    if free_price is not None and free:
        yield replace(line, quantity=free, unit=free_price.unit, price=free_price, usd=free * free_price.usd)
    if rest:
        yield replace(line, quantity=rest, usd=rest * line.price.usd)
