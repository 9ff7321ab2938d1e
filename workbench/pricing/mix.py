"""The cheapest mix of a table: class, mode, fixed or scaled capacity, and reserved blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from workbench.errors import InputError, Problem
from workbench.pricing.autoscaling import ScalingPolicy, simulate
from workbench.pricing.bill import STANDARD, Bill, Charge, Conventions, price_charges
from workbench.pricing.dimensions import Service
from workbench.pricing.dynamodb import TableClass, TableLoad, dynamodb_charges
from workbench.pricing.profile import CapacityProfile
from workbench.pricing.quantity import Quantity
from workbench.pricing.reserved import Kind, Reservation, Term, best_reservation, reserved_charges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from workbench.pricing.book import PriceBook
    from workbench.pricing.quantity import Floats


UNCAPPED = ScalingPolicy(maximum=10**9)
"""The default policy without the quota of 40,000 units a table, which AWS raises on request."""

TOLERATED = 0.01
"""Share of the units that scaling may refuse; clients ask again."""

_SECONDS_PER_HOUR = 3600


class Mode(StrEnum):
    """How a table pays for its requests."""

    ON_DEMAND = "on-demand"
    FIXED = "provisioned for the peak"
    SCALED = "provisioned with auto scaling"
    MIXED = "provisioned, each the cheaper of fixed and scaled"


@dataclass(frozen=True, slots=True)
class TableUse:
    """A table with its indexes, at given loads, and the shape of its traffic.

    Args:
        loads: The table and its indexes; their units are constants, their capacity and class are set aside.
        shape: Traffic of each minute over the mean.
        policy: How auto scaling follows, and the share of a fixed capacity that the peak uses.
        burst: Rate of the busiest second over its minute, for which a fixed capacity has room.
        tolerated: Share of the units that scaling may refuse, 0 to 1; options that refuse more come last.
    """

    loads: tuple[TableLoad, ...]
    shape: Floats
    policy: ScalingPolicy = UNCAPPED
    burst: float = 1.0
    tolerated: float = TOLERATED

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.loads[0].table


@dataclass(frozen=True, slots=True)
class MixOption:
    """One way to pay for a table.

    Args:
        mode: How it pays for requests.
        table_class: Class of the table.
        term: Length of the reservation, None without one.
        reserved: Reserved blocks, one entry a kind.
        bill: What a month costs.
        refused: Share of the units that its capacity refuses, 0 to 1.
    """

    mode: Mode
    table_class: TableClass
    term: Term | None
    reserved: tuple[Reservation, ...]
    bill: Bill
    refused: float = 0.0

    @property
    def name(self) -> str:
        """The option in words."""
        blocks = " and ".join(f"{one.units} {one.kind.upper()}" for one in self.reserved if one.blocks)
        held = f", {blocks} reserved for {self.term} yr" if blocks else ""
        return f"{self.mode}, {self.table_class.replace('_', '-')}{held}"


@dataclass(frozen=True, slots=True)
class Mix:
    """All ways to pay for a table, the cheapest first, those that refuse too much last.

    Args:
        options: Cheapest first, those that refuse too much last.
        left_out: Prices that the region lacks; options that need one are not among the others.
    """

    options: tuple[MixOption, ...]
    left_out: tuple[Problem, ...]

    @property
    def cheapest(self) -> MixOption:
        """The cheapest option."""
        return self.options[0]

    def option(self, mode: Mode, table_class: TableClass, term: Term | None = None) -> MixOption | None:
        """One option, None where a price kept it out."""
        wanted = (mode, table_class, term)
        found = (one for one in self.options if (one.mode, one.table_class, one.term) == wanted)
        return next(found, None)


Profiles = dict[tuple[str | None, Kind], CapacityProfile]
"""Capacity by index (None for the table) and kind."""


def cheapest_mix(use: TableUse, book: PriceBook, region: str, conventions: Conventions = STANDARD) -> Mix:
    """Every way to pay for a table, priced and sorted.

    Args:
        use: Loads and shape of the traffic.
        book: Prices.
        region: AWS region code.
        conventions: Length of the month, size of a GB, free tier.

    Raises:
        InputError: No option can be priced; every price that this region lacks.

    Source: prices-mix
    """
    pricer = _Pricer(use, book, region, conventions)
    options: list[MixOption] = []
    missing: dict[Problem, None] = {}
    for mode, table_class, term in _choices():
        try:
            options.append(pricer.option(mode, table_class, term))
        except InputError as error:
            missing |= dict.fromkeys(error.problems)
    if not options:
        raise InputError(missing)
    ordered = sorted(options, key=lambda option: (option.refused > use.tolerated, option.bill.total))
    return Mix(tuple(ordered), tuple(missing))


def capacity_profiles(use: TableUse, mode: Mode, conventions: Conventions = STANDARD) -> Profiles:
    """The hourly capacity of each load and kind in a provisioned mode; a local index uses its table's.

    Args:
        use: Loads and shape of the traffic.
        mode: Fixed, scaled or mixed.
        conventions: Length of the month.
    """
    return _Capacity(use, conventions).profiles(mode)


def scaled_use(use: TableUse, factor: Decimal) -> TableUse:
    """The same table with its requests and its storage multiplied.

    Args:
        use: Loads and shape of the traffic.
        factor: What to multiply by.
    """
    loads = tuple(
        replace(
            load,
            read_units=Quantity.of(load.read_units).scaled(factor),
            write_units=Quantity.of(load.write_units).scaled(factor),
            stored_bytes=Quantity.of(load.stored_bytes).scaled(factor),
        )
        for load in use.loads
    )
    return replace(use, loads=loads)


def _choices() -> Iterator[tuple[Mode, TableClass, Term | None]]:
    for mode in Mode:
        yield from ((mode, table_class, None) for table_class in TableClass)
        if mode is not Mode.ON_DEMAND:
            yield from ((mode, TableClass.STANDARD, term) for term in Term)


class _Capacity:
    """The capacity of a table in each mode; each load is simulated once."""

    def __init__(self, use: TableUse, conventions: Conventions) -> None:
        rates = _rates(use, conventions)
        self._fixed = {place: _fixed(use, rate) for place, rate in rates.items()}
        self._runs = {place: simulate(use.shape * rate, use.policy) for place, rate in rates.items()}
        self._asked = rates

    def profiles(self, mode: Mode) -> Profiles:
        """The hourly capacity of each load and kind."""
        scaled = self._scaled(mode)
        return {
            place: self._runs[place].profile if place in scaled else fixed
            for place, fixed in self._fixed.items()
        }

    def refused(self, mode: Mode) -> float:
        """Share of all units that the mode refuses, 0 to 1."""
        lost = sum(self._runs[place].throttled * self._asked[place] for place in self._scaled(mode))
        asked = sum(self._asked.values())
        return lost / asked if asked else 0.0

    def _scaled(self, mode: Mode) -> set[tuple[str | None, Kind]]:
        if mode is Mode.MIXED:
            return {place for place in self._fixed if self._cheaper_scaled(place)}
        return set(self._fixed) if mode is Mode.SCALED else set()

    def _cheaper_scaled(self, place: tuple[str | None, Kind]) -> bool:
        return self._runs[place].profile.unit_hours() < self._fixed[place].unit_hours()


def _rates(use: TableUse, conventions: Conventions) -> dict[tuple[str | None, Kind], float]:
    seconds = conventions.hours_per_month * _SECONDS_PER_HOUR
    rates: dict[tuple[str | None, Kind], float] = {}
    for load in use.loads:
        for kind, units in ((Kind.WRITE, load.write_units), (Kind.READ, load.read_units)):
            place = (None if load.local else load.index, kind)
            rates[place] = rates.get(place, 0.0) + float(Quantity.of(units).at(0) / seconds)
    return rates


def _fixed(use: TableUse, rate: float) -> CapacityProfile:
    peak = Decimal(rate * float(use.shape.max()) * use.burst) / use.policy.target
    return CapacityProfile((max(1, int(peak.to_integral_value(rounding=ROUND_CEILING))),))


class _Pricer:
    """Prices the options of one table; profiles are made once."""

    def __init__(self, use: TableUse, book: PriceBook, region: str, conventions: Conventions) -> None:
        self._use = use
        self._book = book
        self._region = region
        self._conventions = conventions
        self._made = _Capacity(use, conventions)
        self._profiles = {mode: self._made.profiles(mode) for mode in Mode if mode is not Mode.ON_DEMAND}

    def option(self, mode: Mode, table_class: TableClass, term: Term | None) -> MixOption:
        """One option with its bill."""
        reservations: tuple[Reservation, ...] = ()
        if mode is Mode.ON_DEMAND:
            charges = dynamodb_charges(self._loads(table_class), self._conventions)
        elif term is None:
            charges = (*self._storage(table_class), *self._capacity(self._profiles[mode], table_class))
        else:
            pools = _pools(self._profiles[mode])
            reservations = tuple(
                best_reservation(pool, kind, term, self._book, self._region) for kind, pool in pools.items()
            )
            charges = (*self._storage(table_class), *self._reserved(pools, reservations))
        bill = price_charges(charges, self._book, self._region, conventions=self._conventions)
        return MixOption(mode, table_class, term, reservations, bill, self._made.refused(mode))

    def _loads(self, table_class: TableClass) -> list[TableLoad]:
        return [replace(load, capacity=None, table_class=table_class) for load in self._use.loads]

    def _storage(self, table_class: TableClass) -> tuple[Charge, ...]:
        idle = [replace(load, read_units=0, write_units=0) for load in self._loads(table_class)]
        return dynamodb_charges(idle, self._conventions)

    def _capacity(self, profiles: Profiles, table_class: TableClass) -> Iterator[Charge]:
        for (index, kind), profile in profiles.items():
            count = Quantity.of(profile.unit_hours(self._conventions))
            name = f"provisioned_{kind}_{table_class}"
            words = f"provisioned {kind.words}"
            yield Charge(words, self._use.table, index, Service.DYNAMODB, name, count)

    def _reserved(
        self, pools: Mapping[Kind, CapacityProfile], reservations: Iterable[Reservation]
    ) -> Iterator[Charge]:
        for one in reservations:
            yield from reserved_charges(self._use.table, pools[one.kind], one, self._conventions)


def _pools(profiles: Profiles) -> dict[Kind, CapacityProfile]:
    pools: dict[Kind, CapacityProfile] = {}
    for (_, kind), profile in profiles.items():
        pools[kind] = pools[kind] + profile if kind in pools else profile
    return pools
