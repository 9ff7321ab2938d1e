"""A case as it is run: its design and traffic, how each table pays, and what a month of it is billed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from workbench.compare.case_costs import case_demands
from workbench.compare.case_mix import table_uses
from workbench.pricing.autoscaling import ScalingPolicy, simulate
from workbench.pricing.bill import STANDARD, Bill
from workbench.pricing.book import PriceBook
from workbench.pricing.dynamodb import ProvisionedCapacity, TableClass, TableLoad, dynamodb_bill
from workbench.pricing.mix import TOLERATED, Mix, Mode, TableUse, cheapest_mix
from workbench.pricing.quantity import Quantity
from workbench.pricing.reserved import Term
from workbench.spec.case import Case
from workbench.spec.design import AutoScaling, Design, ProvisionedThroughput, SecondaryIndex, Table
from workbench.spec.measured import Measurement
from workbench.spec.workload import Workload

SECONDS_PER_HOUR = 3600
_ZERO = ProvisionedCapacity(0, 0)


class Payment(NamedTuple):
    """A way to pay for the requests of a table other than the designed one.

    Args:
        mode: On-demand, or how capacity is provisioned.
        term: Length of a reservation [years]; None without one.
    """

    mode: Mode
    term: Term | None = None


@dataclass(frozen=True)
class Operated:
    """A case as it is run.

    Args:
        design: Tables, indexes and patterns.
        workload: Rates and assumptions.
        measured: Units of the patterns and sizes of the items.
        payments: Table to the way in which it pays; as designed where it is absent.
    """

    design: Design
    workload: Workload
    measured: Measurement
    payments: Mapping[str, Payment] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case, measured: Measurement) -> Operated:
        """Returns a case as it is designed."""
        return cls(case.design, case.workload, measured)

    def table_class(self, table: str) -> TableClass:
        """Returns the class of a table."""
        standard = self.design.tables[table].table_class == "STANDARD"
        return TableClass.STANDARD if standard else TableClass.STANDARD_IA

    def uses(self, dau: int) -> tuple[TableUse, ...]:
        """Returns the loads of each table with its indexes, and the shape of the traffic."""
        demands = case_demands(self.design, self.workload, self.measured)
        found = table_uses(self.workload, demands, dau)
        return tuple(self._with_class(use) for use in found)

    def paying(self, table: str, payment: Payment) -> Operated:
        """Returns the same case with another way to pay for a table."""
        return replace(self, payments={**self.payments, table: payment})

    def _with_class(self, use: TableUse) -> TableUse:
        chosen = self.table_class(use.table)
        return replace(use, loads=tuple(replace(load, table_class=chosen) for load in use.loads))


class Priced(NamedTuple):
    """What a month of a table costs.

    Args:
        bill: Its lines.
        refused: Share of the units that its capacity refuses, 0 to 1.
    """

    bill: Bill
    refused: float


class Pricer:
    """Prices cases at one number of users; a table that did not change is priced once."""

    def __init__(self, book: PriceBook, region: str, dau: int) -> None:
        self.book = book
        self.region = region
        self.dau = dau
        self._known: dict[tuple[object, ...], Priced | None] = {}
        self._mixes: dict[tuple[TableLoad, ...], Mix] = {}

    def bill(self, operated: Operated) -> Bill:
        """Returns the bill of a month; auto scaling follows the traffic between its stated bounds.

        Raises:
            InputError: A price that the region lacks.
            ValueError: A table cannot pay in the chosen way.
        """
        parts = self.parts(operated)
        if parts is None:
            raise ValueError("a table cannot pay in the chosen way: no reservations in Standard-IA")
        return Bill(tuple(line for part in parts for line in part.bill.lines), self.region)

    def total(self, operated: Operated) -> Decimal | None:
        """Returns the cost of a month, None where a table cannot pay so or refuses too much [USD]."""
        parts = self.parts(operated)
        if parts is None or any(part.refused > TOLERATED for part in parts):
            return None
        return self.bill(operated).total

    def parts(self, operated: Operated) -> list[Priced] | None:
        """Returns the price of each table, None where one cannot pay in the chosen way."""
        found = [self._table(operated, use) for use in operated.uses(self.dau)]
        return None if None in found else [part for part in found if part is not None]

    def mix(self, use: TableUse) -> Mix:
        """Returns every way to pay for a table, in both classes.

        Raises:
            InputError: No way can be priced; every price that the region lacks.
        """
        key = tuple(replace(load, table_class=TableClass.STANDARD) for load in use.loads)
        if key not in self._mixes:
            self._mixes[key] = cheapest_mix(use, self.book, self.region)
        return self._mixes[key]

    def _table(self, operated: Operated, use: TableUse) -> Priced | None:
        payment = operated.payments.get(use.table)
        key = (use.loads, payment, operated.design.tables[use.table].billing_mode)
        if key not in self._known:
            self._known[key] = self._priced(operated, use, payment)
        return self._known[key]

    def _priced(self, operated: Operated, use: TableUse, payment: Payment | None) -> Priced | None:
        if payment is None:
            return self._designed(operated.design.tables[use.table], use)
        option = self.mix(use).option(payment.mode, operated.table_class(use.table), payment.term)
        return Priced(option.bill, option.refused) if option else None

    def _designed(self, table: Table, use: TableUse) -> Priced:
        if table.billing_mode == "PAY_PER_REQUEST":
            return Priced(dynamodb_bill(use.loads, self.book, self.region), 0.0)
        served = [_served(table, use, load) for load in use.loads]
        bill = dynamodb_bill([load for load, _, _ in served], self.book, self.region)
        asked = sum(units for _, units, _ in served)
        return Priced(bill, sum(lost for _, _, lost in served) / asked if asked else 0.0)


def designed_capacity(table: Table, index: str | None) -> tuple[ProvisionedThroughput, AutoScaling | None]:
    """Returns the stated capacity of a provisioned table or global index, and the bounds of its scaling.

    Raises:
        ValueError: It is not provisioned.
    """
    holder: Table | SecondaryIndex = table if index is None else table.global_secondary_indexes[index]
    if holder.provisioned_throughput is None:
        raise ValueError(f"{index or 'the table'} is not provisioned")
    return holder.provisioned_throughput, holder.auto_scaling


def rates(use: TableUse) -> dict[str | None, tuple[float, float]]:
    """Returns the mean read and write units a second by index; a local index's are its table's [units/s]."""
    found: dict[str | None, tuple[float, float]] = {}
    seconds = float(STANDARD.hours_per_month) * SECONDS_PER_HOUR
    for place, group in groupby(use.loads, key=lambda load: None if load.local else load.index):
        before = found.get(place, (0.0, 0.0))
        units = [(_number(load.read_units), _number(load.write_units)) for load in group]
        added = [sum(column) / seconds for column in zip(*units, strict=True)]
        found[place] = before[0] + added[0], before[1] + added[1]
    return found


def _number(units: Quantity | Decimal | int) -> float:
    return float(Quantity.of(units).at(0))


def _served(table: Table, use: TableUse, load: TableLoad) -> tuple[TableLoad, float, float]:
    """Returns a load with the capacity billed for it, the units asked of it, and those refused."""
    if load.local:
        return replace(load, capacity=_ZERO), 0.0, 0.0
    asked = rates(use)[load.index]
    runs = [_run(use, rate, *bounds) for rate, bounds in zip(asked, _bounds(table, load.index), strict=True)]
    capacity = ProvisionedCapacity(*(hours / STANDARD.hours_per_month for hours, _ in runs))
    lost = sum(rate * refused for rate, (_, refused) in zip(asked, runs, strict=True))
    return replace(load, capacity=capacity), sum(asked), lost


def _bounds(table: Table, index: str | None) -> Iterator[tuple[int, int, Decimal]]:
    stated, scaling = designed_capacity(table, index)
    least = stated.read_capacity_units, stated.write_capacity_units
    most = (
        (scaling.max_read_capacity_units, scaling.max_write_capacity_units) if scaling is not None else least
    )
    target = Decimal(scaling.target_utilization_percent if scaling else 70) / 100
    for low, high in zip(least, most, strict=True):
        yield low, high, target


def _run(use: TableUse, rate: float, low: int, high: int, target: Decimal) -> tuple[Decimal, float]:
    """Returns the unit-hours billed in a month and the share refused."""
    run = simulate(use.shape * rate, ScalingPolicy(target, low, high))
    return run.profile.unit_hours(), run.throttled
