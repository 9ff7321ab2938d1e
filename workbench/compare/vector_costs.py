"""Monthly costs of every alternative for many draws and many numbers of users at once, in floating point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from workbench.compare.case_costs import ON_DEMAND, RELATIONAL, SIZED
from workbench.compare.relational_case import (
    AURORA,
    AURORA_INSTANCES,
    AURORA_IO,
    IOPS_INCLUDED,
    IOPS_INCLUDED_LARGE,
    LARGE_GB,
    LEAST_GB,
    RDS_ONE_ZONE,
    RDS_TWO_ZONES,
    SERVERLESS,
    aurora_hours,
    rds_hours,
)
from workbench.compare.vector_bills import HOURS, SECONDS, Mode, VectorBills
from workbench.pricing.aurora import IO_OPTIMIZED_FACTOR, LEAST_ACU
from workbench.pricing.dimensions import Dimension, Service
from workbench.pricing.dynamodb import TableClass
from workbench.pricing.relational_sizing import (
    MOST_AURORA_GB,
    MOST_GB,
    MOST_IOPS,
    WITHOUT_END,
    Needs,
    instance_size,
    limits,
)
from workbench.pricing.reserved import Term

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from workbench.compare.case_model import CaseModel
    from workbench.compare.cost_curve import CostCurve
    from workbench.pricing.book import PriceBook
    from workbench.pricing.quantity import Floats

COMMITTED = {
    Term.ONE_YEAR: f"{SIZED}, reserved for 1 year",
    Term.THREE_YEARS: f"{SIZED}, reserved for 3 years",
}
"""Capacity for the peak of which full blocks are reserved where that is cheaper, by length of commitment."""
_NEAR = 1e-12


def _ceil(values: Floats) -> Floats:
    rounded: Floats = np.ceil(values - _NEAR * np.maximum(1.0, values))
    return rounded


@dataclass(frozen=True)
class VectorCosts:
    """Costs of the alternatives of a case in a region.

    The formulas are those of the exact curves; `usd` at the assumed values equals them to rounding.

    Args:
        model: The case.
        book: Prices.
        region: AWS region code.
        document: The relational sizing of the document, which no assumption moves; None without one.
        beside: What runs beside the tables, at the assumed values; None for nothing.
    """

    model: CaseModel
    book: PriceBook
    region: str
    document: CostCurve | None = None
    beside: CostCurve | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the alternatives, DynamoDB's first."""
        return tuple(name for name in self._makers() if name != RELATIONAL or self.document is not None)

    def usd(self, name: str, values: Floats, dau: Floats) -> Floats:
        """Returns the cost of an alternative [USD per month], one row a draw.

        Args:
            name: Name of the alternative.
            values: Draws, one column an assumption of the model.
            dau: Daily active users: one row for all draws, or one row a draw.

        Raises:
            InputError: Every price that the region lacks.
        """
        users = np.broadcast_to(dau, (len(values), dau.shape[-1]))
        return self._makers()[name](values, users)

    def _makers(self) -> Mapping[str, Callable[[Floats, Floats], Floats]]:
        return {
            ON_DEMAND: self._dynamodb,
            SIZED: partial(self._dynamodb, provisioned=True),
            **{
                name: partial(self._dynamodb, provisioned=True, term=term) for term, name in COMMITTED.items()
            },
            RDS_ONE_ZONE: lambda values, users: self._rds(values, users, multi_az=False),
            RDS_TWO_ZONES: lambda values, users: self._rds(values, users, multi_az=True),
            AURORA: lambda values, users: self._aurora(values, users, optimized=False),
            AURORA_IO: lambda values, users: self._aurora(values, users, optimized=True),
            SERVERLESS: self._serverless,
            RELATIONAL: self._document,
        }

    def _price(self, dimension: str, service: Service = Service.DYNAMODB) -> float:
        return float(self.book.price(service=service, region=self.region, dimension=dimension).usd)

    @cached_property
    def _classes(self) -> Mapping[TableClass, VectorBills]:
        """The bills of the tables of each class that the case has."""
        found = dict.fromkeys(demand.table_class for demand in self.model.demands)
        return {one: VectorBills(self.model.of_class(one), self.book, self.region) for one in found}

    def _dynamodb(
        self, values: Floats, users: Floats, *, provisioned: bool = False, term: Term | None = None
    ) -> Floats:
        total = np.zeros(users.shape) if self.beside is None else self.beside.usd_per_month(users)
        for table_class, bills in self._classes.items():
            taken = term if table_class is TableClass.STANDARD else None
            total = total + bills.usd(Mode(table_class, provisioned, taken), values, users)
        return total

    def _rds(self, values: Floats, users: Floats, *, multi_az: bool) -> Floats:
        zones = "multi_az" if multi_az else "single_az"
        storage, iops, backup = (
            self._price(dimension, Service.RDS_POSTGRESQL)
            for dimension in (f"gp3_storage_{zones}", f"gp3_iops_{zones}", Dimension.BACKUP_STORAGE)
        )
        needed = self.model.needs(values)
        hours = rds_hours(self.book, self.region, multi_az=multi_az)
        servers, last, hour = _fleet(needed, hours, users, (MOST_GB, MOST_IOPS))
        allocated, extra = _volumes(needed, users, last, storage, iops)
        total: Floats = servers * hour * HOURS + allocated * storage + extra * iops
        total += needed.backup_gb[:, None] * users * backup
        return total

    def _aurora(self, values: Floats, users: Floats, *, optimized: bool) -> Floats:
        needed = self.model.needs(values)
        hours = aurora_hours(self.book, self.region)
        servers, _, hour = _fleet(needed, hours, users, (MOST_AURORA_GB, None))
        factor = AURORA_INSTANCES * (float(IO_OPTIMIZED_FACTOR) if optimized else 1.0)
        total: Floats = servers * hour * HOURS * factor
        return total + self._cluster(needed, users, optimized=optimized)

    def _serverless(self, values: Floats, users: Floats) -> Floats:
        needed = self.model.needs(values)
        each = np.maximum(*needed.acu)[:, None]
        price = self._price(Dimension.ACU_STANDARD, Service.AURORA_SERVERLESS_V2) * AURORA_INSTANCES
        capacity: Floats = np.maximum(float(LEAST_ACU), each * users) * price * HOURS
        return capacity + self._cluster(needed, users, optimized=False)

    def _cluster(self, needed: Needs[Floats], users: Floats, *, optimized: bool) -> Floats:
        service = Service.AURORA_POSTGRESQL
        kind = Dimension.STORAGE_IO_OPTIMIZED if optimized else Dimension.STORAGE_STANDARD
        each = needed.stored_gb * self._price(kind, service)
        each = each + needed.backup_gb * self._price(Dimension.BACKUP_STORAGE, service)
        if not optimized:
            price = self._price(Dimension.IO_REQUESTS_STANDARD, service)
            each = each + needed.ios_per_second * SECONDS / 1e6 * price
        total: Floats = each[:, None] * users
        return total

    def _document(self, values: Floats, users: Floats) -> Floats:
        del values
        if self.document is None:
            return np.full(users.shape, np.nan)
        return self.document.usd_per_month(users)


def _last_users(name: str, needed: Needs[Floats], volume: tuple[Decimal, Decimal | None]) -> Floats:
    """Returns the most users that an instance class carries, for each draw."""
    last = np.full(needed.mean_vcpu.shape, float(WITHOUT_END))
    for _, offered, each in limits(instance_size(name), needed, *volume):
        limited = np.divide(float(offered), each, out=last.copy(), where=each > 0)
        last = np.minimum(last, np.floor(limited))
    return last


def _fleet(
    needed: Needs[Floats],
    hours: Mapping[str, Decimal],
    users: Floats,
    volume: tuple[Decimal, Decimal | None],
) -> tuple[Floats, Floats, Floats]:
    """Returns servers, users that the largest carries and price of an hour [USD], by draw and users."""
    order = sorted(hours, key=lambda name: hours[name])
    last = np.column_stack([_last_users(name, needed, volume) for name in order])
    prices = np.array([float(hours[name]) for name in order])
    most = last.max(axis=1)
    best = prices[last.argmax(axis=1)]
    hour = np.broadcast_to(best[:, None], users.shape).copy()
    for number in reversed(range(len(order))):
        hour = np.where(users <= last[:, [number]], prices[number], hour)
    servers = np.maximum(1.0, _ceil(users / most[:, None]))
    return servers, most, hour


def _volumes(
    needed: Needs[Floats], users: Floats, last: Floats, gb_usd: float, iops_usd: float
) -> tuple[Floats, Floats]:
    """Returns the volumes' size [GB] and the I/O operations a second beyond what they include.

    Large volumes are taken where they are the cheapest, because they include more.
    """
    each, most = needed.allocated_gb[:, None], last[:, None]
    iops, sharded = needed.iops[:, None], users > most
    one = np.where(sharded, most, users)
    saved = np.clip(iops * one, float(IOPS_INCLUDED), float(IOPS_INCLUDED_LARGE)) - float(IOPS_INCLUDED)
    missing = float(LARGE_GB) - np.maximum(float(LEAST_GB), _ceil(each * one))
    large = missing * gb_usd <= saved * iops_usd
    least = np.where(large, float(LARGE_GB), float(LEAST_GB))
    kept = np.where(large & sharded, np.maximum(each, float(LARGE_GB) / most), each)
    included = np.where(large, float(IOPS_INCLUDED_LARGE), float(IOPS_INCLUDED))
    free = np.where(sharded, included / most * users, included)
    allocated: Floats = np.maximum(least, _ceil(kept * users))
    extra: Floats = np.maximum(0.0, iops * users - free)
    return allocated, extra
