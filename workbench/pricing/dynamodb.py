"""What DynamoDB bills for tables and indexes: requests or capacity, storage, point-in-time recovery."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from workbench.pricing.bill import STANDARD, Bill, Charge, Conventions, price_charges
from workbench.pricing.dimensions import Dimension, Service
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from workbench.pricing.book import PriceBook


class TableClass(StrEnum):
    """DynamoDB's two table classes; indexes have the class of their table."""

    STANDARD = "standard"
    STANDARD_IA = "standard_ia"


@dataclass(frozen=True, slots=True)
class ProvisionedCapacity:
    """Capacity of a table or of one global index, paid by the hour whether used or not.

    Args:
        rcu: Read capacity [RCU].
        wcu: Write capacity [WCU].
    """

    rcu: Quantity | Decimal | int
    wcu: Quantity | Decimal | int


@dataclass(frozen=True, slots=True)
class TableLoad:
    """What one table, or one of its indexes, is asked to do in a month.

    Args:
        table: Name of the table.
        index: Name of the index, None for the table itself.
        read_units: Read units consumed [units per month]; a local index's belong to the table.
        write_units: Write units consumed [units per month].
        stored_bytes: Billed bytes on average over the month [bytes], overhead of 100 bytes an item included.
        capacity: Provisioned capacity; None means on-demand.
        pitr: Point-in-time recovery is on for the table; it covers the table and its local indexes.
        local: The index is a local one.
        table_class: Class of the table.
    """

    table: str
    index: str | None = None
    read_units: Quantity | Decimal | int = 0
    write_units: Quantity | Decimal | int = 0
    stored_bytes: Quantity | Decimal | int = 0
    capacity: ProvisionedCapacity | None = None
    pitr: bool = False
    local: bool = False
    table_class: TableClass = TableClass.STANDARD


def dynamodb_charges(
    loads: Iterable[TableLoad],
    conventions: Conventions = STANDARD,
) -> tuple[Charge, ...]:
    """What the tables and indexes are billed for, in the order given; what is always zero is left out.

    Source: prices-dynamodb, prices-pitr-scope
    """
    return tuple(
        Charge(component, load.table, load.index, Service.DYNAMODB, dimension, count)
        for load in loads
        for component, dimension, count in _components(load, conventions)
        if not count.is_zero
    )


def dynamodb_bill(
    loads: Iterable[TableLoad],
    book: PriceBook,
    region: str,
    *,
    dau: int = 0,
    conventions: Conventions = STANDARD,
) -> Bill:
    """The monthly bill of tables and indexes.

    Args:
        loads: One entry a table and one an index.
        book: Prices.
        region: AWS region code.
        dau: Daily active users, where the loads depend on them.
        conventions: Length of the month and size of a GB.

    Raises:
        InputError: Every price that this region lacks.
    """
    charges = dynamodb_charges(loads, conventions)
    return price_charges(charges, book, region, dau=dau, conventions=conventions)


def _components(load: TableLoad, conventions: Conventions) -> Iterator[tuple[str, str, Quantity]]:
    yield from _requests(load) if load.capacity is None else _capacity(load, load.capacity, conventions)
    gigabytes = Quantity.of(load.stored_bytes).scaled(1 / conventions.bytes_per_gb)
    yield "storage", f"storage_{load.table_class}", gigabytes
    if load.pitr and (load.index is None or load.local):
        yield "point-in-time recovery", Dimension.PITR_STORAGE, gigabytes


def _requests(load: TableLoad) -> Iterator[tuple[str, str, Quantity]]:
    yield "on-demand writes", f"on_demand_wru_{load.table_class}", Quantity.of(load.write_units)
    yield "on-demand reads", f"on_demand_rru_{load.table_class}", Quantity.of(load.read_units)


def _capacity(
    load: TableLoad,
    capacity: ProvisionedCapacity,
    conventions: Conventions,
) -> Iterator[tuple[str, str, Quantity]]:
    for words, unit, amount in (("writes", "wcu", capacity.wcu), ("reads", "rcu", capacity.rcu)):
        hours = Quantity.of(amount).scaled(conventions.hours_per_month)
        yield f"provisioned {words}", f"provisioned_{unit}_{load.table_class}", hours
