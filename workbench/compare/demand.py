"""What each daily active user asks of a table or index, turned into loads in each commercial mode."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.pricing.bill import STANDARD, Conventions
from workbench.pricing.dynamodb import ProvisionedCapacity, TableClass, TableLoad
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class DauDemand:
    """What daily active users ask of a table, or of one of its indexes.

    Args:
        table: Name of the table.
        index: Name of the index, None for the table itself.
        read_units_per_dau: Read units that each daily active user consumes [units per DAU and month].
        write_units_per_dau: Write units, likewise.
        fixed_bytes: Billed bytes that do not depend on the users [bytes].
        bytes_per_dau: Billed bytes that each daily active user adds [bytes per DAU].
        peak_to_mean: Rate at the daily peak over the mean rate.
        pitr: Point-in-time recovery is on for the table.
        local: The index is a local one.
        table_class: Class of the table.
    """

    table: str
    index: str | None = None
    read_units_per_dau: Decimal = Decimal(0)
    write_units_per_dau: Decimal = Decimal(0)
    fixed_bytes: Decimal = Decimal(0)
    bytes_per_dau: Decimal = Decimal(0)
    peak_to_mean: Decimal = Decimal(1)
    pitr: bool = False
    local: bool = False
    table_class: TableClass = TableClass.STANDARD

    def peak_per_second(self, units_per_dau: Decimal, conventions: Conventions = STANDARD) -> Decimal:
        """Units a second that one daily active user adds at the peak [units per second and DAU]."""
        return units_per_dau * self.peak_to_mean / (conventions.hours_per_month * _SECONDS_PER_HOUR)


def on_demand_load(demand: DauDemand) -> TableLoad:
    """The load in on-demand mode, as a function of the users."""
    return _load(demand, None)


def fixed_load(demand: DauDemand, *, rcu: int, wcu: int) -> TableLoad:
    """The load with a capacity that does not follow the users; see `capacity_holds_until`."""
    return _load(demand, ProvisionedCapacity(rcu, wcu))


def sized_load(
    demand: DauDemand,
    *,
    target_utilisation: Decimal = Decimal("0.7"),
    minimum: int = 1,
    conventions: Conventions = STANDARD,
) -> TableLoad:
    """The load with a fixed capacity sized for the daily peak, as a function of the users.

    Args:
        demand: What the users ask for.
        target_utilisation: Share of the capacity that the peak may use, 0 to 1.
        minimum: Least capacity of each kind [units per second].
        conventions: Length of the month.

    Source: prices-target-utilisation
    """
    reads, writes = (
        Quantity(
            per_dau=demand.peak_per_second(units, conventions) / target_utilisation,
            whole=True,
            minimum=Decimal(minimum),
        )
        for units in (demand.read_units_per_dau, demand.write_units_per_dau)
    )
    return _load(demand, ProvisionedCapacity(reads, writes))


def capacity_holds_until(
    demand: DauDemand,
    *,
    rcu: int,
    wcu: int,
    conventions: Conventions = STANDARD,
) -> int | None:
    """The largest number of daily active users whose peak the capacity carries, None where there is no limit.

    The mean over the peak second is compared with the capacity, so burst and hot partitions are left out.
    """
    pairs = ((rcu, demand.read_units_per_dau), (wcu, demand.write_units_per_dau))
    return _least(
        int(capacity // demand.peak_per_second(units, conventions)) for capacity, units in pairs if units
    )


def _load(demand: DauDemand, capacity: ProvisionedCapacity | None) -> TableLoad:
    return TableLoad(
        table=demand.table,
        index=demand.index,
        read_units=Quantity(per_dau=demand.read_units_per_dau),
        write_units=Quantity(per_dau=demand.write_units_per_dau),
        stored_bytes=Quantity(fixed=demand.fixed_bytes, per_dau=demand.bytes_per_dau),
        capacity=capacity,
        pitr=demand.pitr,
        local=demand.local,
        table_class=demand.table_class,
    )


def _least(numbers: Iterable[int]) -> int | None:
    return min(numbers, default=None)
