"""Reserved capacity: blocks of 100 units for one or three years, with list-price capacity on top."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from workbench.pricing.bill import STANDARD, Charge, Conventions
from workbench.pricing.dimensions import Service
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.pricing.book import PriceBook
    from workbench.pricing.profile import CapacityProfile

BLOCK = 100
"""Reserved capacity is sold in blocks of so many units."""

_MONTHS_PER_YEAR = 12


class Term(IntEnum):
    """How long reserved capacity is bought for [years]."""

    ONE_YEAR = 1
    THREE_YEARS = 3


class Kind(StrEnum):
    """Kind of capacity, as dimensions spell it."""

    READ = "rcu"
    WRITE = "wcu"

    @property
    def words(self) -> str:
        """Reads or writes."""
        return "reads" if self is Kind.READ else "writes"


@dataclass(frozen=True, slots=True)
class Reservation:
    """Reserved capacity of one kind.

    Args:
        kind: Reads or writes.
        blocks: Number of blocks of 100 units.
        term: Length of the commitment.
    """

    kind: Kind
    blocks: int
    term: Term

    @property
    def units(self) -> int:
        """Capacity that it covers [units per second]."""
        return self.blocks * BLOCK

    def dimension(self, payment: str) -> str:
        """The dimension of its `upfront` or `hourly` payment."""
        return f"reserved_{self.kind}_{self.term}yr_{payment}"


def reserved_charges(
    table: str,
    profile: CapacityProfile,
    reservation: Reservation,
    conventions: Conventions = STANDARD,
    *,
    spread_upfront: bool = True,
) -> tuple[Charge, ...]:
    """What a month costs: every reserved hour whether used or not, and what exceeds the blocks at list price.

    Args:
        table: What the capacity belongs to.
        profile: Capacity of each hour.
        reservation: Blocks bought for it.
        conventions: Length of the month.
        spread_upfront: Charge a month's share of the upfront payment; otherwise see `upfront_charge`.

    Source: prices-reserved, prices-calculator-blend
    """
    parts = tuple(_parts(table, profile, reservation, conventions))
    if spread_upfront:
        share = Decimal(1) / (_MONTHS_PER_YEAR * reservation.term)
        parts = (upfront_charge(table, reservation, share), *parts)
    return tuple(charge for charge in parts if not charge.count.is_zero)


def upfront_charge(table: str, reservation: Reservation, share: Decimal = Decimal(1)) -> Charge:
    """The upfront payment of a reservation, or a share of it.

    Args:
        table: What the capacity belongs to.
        reservation: Blocks bought for it.
        share: Share of the payment, such as 1/12 for a month of a year.
    """
    words = "upfront payment" if share == 1 else "month's share of the upfront payment"
    component = f"reserved {reservation.kind.words} {reservation.term} yr, {words}"
    return _charge(component, table, reservation.dimension("upfront"), reservation.units * share)


def best_reservation(
    profile: CapacityProfile, kind: Kind, term: Term, book: PriceBook, region: str
) -> Reservation:
    """The number of blocks that makes a month cheapest, the upfront payment spread over the term.

    Each block more covers fewer hours than the one before, so blocks are added while one still pays.

    Raises:
        InputError: A price that this region lacks.
    """
    listed, reserved = block_prices(kind, term, book, region)
    blocks = 0
    while _covered(profile, blocks) * listed > reserved * BLOCK:
        blocks += 1
    return Reservation(kind, blocks, term)


def block_prices(kind: Kind, term: Term, book: PriceBook, region: str) -> tuple[Decimal, Decimal]:
    """Price of a unit for 730 hours, at list and reserved with its upfront share [USD per unit-month].

    Raises:
        InputError: A price that this region lacks.
    """
    reservation = Reservation(kind, 1, term)
    listed, hourly, upfront = (
        book.price(service=Service.DYNAMODB, region=region, dimension=name).usd
        for name in (
            f"provisioned_{kind}_standard",
            reservation.dimension("hourly"),
            reservation.dimension("upfront"),
        )
    )
    hours = STANDARD.hours_per_month
    return listed * hours, (hourly * hours + upfront / (_MONTHS_PER_YEAR * term)) / BLOCK


def _covered(profile: CapacityProfile, blocks: int) -> Decimal:
    level = blocks * BLOCK
    used = sum(min(BLOCK, max(0, units - level)) for units in profile.hourly)
    return Decimal(used) / len(profile.hourly)


def _parts(
    table: str, profile: CapacityProfile, reservation: Reservation, conventions: Conventions
) -> Iterator[Charge]:
    words = reservation.kind.words
    hours = reservation.units * conventions.hours_per_month
    component = f"reserved {words} {reservation.term} yr"
    yield _charge(component, table, reservation.dimension("hourly"), hours)
    on_top = profile.above(reservation.units).unit_hours(conventions)
    yield _charge(f"provisioned {words}", table, f"provisioned_{reservation.kind}_standard", on_top)


def _charge(component: str, table: str, dimension: str, count: Decimal) -> Charge:
    return Charge(component, table, None, Service.DYNAMODB, dimension, Quantity.of(count))
