"""Global tables: every region pays for replicated writes, its own indexes and storage, and what it sends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.errors import InputError, Problem
from workbench.pricing.bill import STANDARD, Bill, Charge, Conventions, price_charges
from workbench.pricing.dimensions import Service
from workbench.pricing.dynamodb import dynamodb_charges
from workbench.pricing.protection import restore_charges
from workbench.pricing.quantity import Quantity
from workbench.pricing.transfer import inter_region_charges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.pricing.book import PriceBook
    from workbench.pricing.dynamodb import TableLoad

REPLICA_ITEM_BYTES = 48
"""Bytes that a global table adds to each item [bytes]."""


@dataclass(frozen=True, slots=True)
class ReplicatedTable:
    """A table with its indexes and what a region of it does in a month.

    Args:
        loads: The table and its indexes; the write units are those of all regions together.
        items: Number of items of the table.
        replicated_bytes: Bytes of all writes, which each other region receives once [bytes per month].
        read_shares: Region to its share of the reads; the keys are the regions of the global table.
    """

    loads: tuple[TableLoad, ...]
    items: Decimal
    replicated_bytes: Decimal
    read_shares: dict[str, Decimal]

    def __post_init__(self) -> None:
        total = sum(self.read_shares.values(), Decimal(0))
        if total != 1 or min(self.read_shares.values()) < 0:
            message = f"shares of the reads do not add up to one; got {total}"
            problem = Problem("global table", 0, "read_shares", message, "Give each region its share")
            raise InputError([problem])


def global_table_bill(
    table: ReplicatedTable, writer: str, book: PriceBook, dau: int = 0, conventions: Conventions = STANDARD
) -> Bill:
    """The bill of all regions; writes arrive in one of them and are replicated to the others.

    Args:
        table: What the regions share.
        writer: The region where the application writes, which pays for the transfer.
        book: Prices.
        dau: Daily active users, where the loads depend on them.
        conventions: Length of the month and size of a GB.

    Raises:
        InputError: The writer is no region of the table, or a price is missing.

    Source: prices-global-tables
    """
    regions = _ordered(table, writer)
    bills = [
        price_charges(
            _region_charges(table, region, regions, conventions),
            book,
            region,
            dau=dau,
            conventions=conventions,
        )
        for region in regions
    ]
    total = bills[0]
    for bill in bills[1:]:
        total = total + bill
    return total


def new_replica_charges(table: str, gigabytes: Decimal) -> tuple[Charge, ...]:
    """What a new region is billed for once: a restore of the table and its indexes.

    Args:
        table: Name of the table.
        gigabytes: Table with its indexes [GB].

    Source: prices-global-tables
    """
    return tuple(replace(charge, component="new replica") for charge in restore_charges(table, gigabytes))


def _ordered(table: ReplicatedTable, writer: str) -> list[str]:
    if writer not in table.read_shares:
        allowed = ", ".join(sorted(table.read_shares))
        message = f"not a region of the global table; got {writer}, allowed {allowed}"
        raise InputError([Problem("global table", 0, "writer", message, "Name one of its regions")])
    return [writer, *sorted(region for region in table.read_shares if region != writer)]


def _region_charges(
    table: ReplicatedTable, region: str, regions: Sequence[str], conventions: Conventions
) -> Iterator[Charge]:
    for load in table.loads:
        here = _regional(load, table, region)
        for charge in dynamodb_charges([here], conventions):
            yield _replicated(charge, region) if load.index is None else _placed(charge, region)
    if region == regions[0]:
        gigabytes = table.replicated_bytes / conventions.bytes_per_gb
        for other in regions[1:]:
            yield from inter_region_charges(table.loads[0].table, gigabytes, other)


def _regional(load: TableLoad, table: ReplicatedTable, region: str) -> TableLoad:
    reads = Quantity.of(load.read_units).scaled(table.read_shares[region])
    if load.index is not None:
        return replace(load, read_units=reads)
    stored = Quantity.of(load.stored_bytes)
    overhead = table.items * REPLICA_ITEM_BYTES / stored.factor
    grown = replace(stored, fixed=stored.fixed + overhead)
    return replace(load, read_units=reads, stored_bytes=grown)


def _replicated(charge: Charge, region: str) -> Charge:
    changed = charge.dimension.replace("on_demand_wru", "replicated_wru")
    changed = changed.replace("provisioned_wcu", "replicated_wcu")
    return _placed(replace(charge, service=Service.DYNAMODB, dimension=changed), region)


def _placed(charge: Charge, region: str) -> Charge:
    words = "replicated " if "replicated" in charge.dimension else ""
    return replace(charge, component=f"{words}{charge.component}, {region}")
