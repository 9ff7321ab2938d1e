"""What runs beside the tables of a case: backups, exports, stream readers, DAX and replicas, as charges."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from workbench.compare.demand import on_demand_load
from workbench.errors import InputError, Problem
from workbench.pricing.bill import STANDARD, Bill, Charge, Conventions
from workbench.pricing.global_tables import ReplicatedTable, global_table_bill
from workbench.pricing.movement import capture_charges, dax_charges, export_charges, stream_charges
from workbench.pricing.protection import BackupPlan, backup_charges
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.compare.demand import DauDemand
    from workbench.pricing.book import PriceBook
    from workbench.pricing.dynamodb import TableLoad
    from workbench.spec.design import Design
    from workbench.spec.measured import Measurement
    from workbench.spec.services import Backups, Services, TableServices
    from workbench.spec.workload import Workload

SECONDS_PER_HOUR = 3600
BYTES_PER_WRITE_UNIT = 1024


def service_charges(
    services: Services, demands: Sequence[DauDemand], conventions: Conventions = STANDARD
) -> tuple[Charge, ...]:
    """Returns what runs beside the tables, as charges that follow the users.

    Args:
        services: What runs.
        demands: What a user asks of each table and index.
        conventions: Length of the month and size of a GB.

    Raises:
        InputError: A rhythm of backups that cannot be.
    """
    found = [charge for charges in _tables(services, demands, conventions) for charge in charges]
    if services.dax:
        found += dax_charges("DAX", services.dax.node_type, services.dax.nodes, conventions)
    return tuple(found)


def check_replicas(services: Services, region: str) -> None:
    """Refuses a replica in the region where the application writes.

    Raises:
        InputError: There is one.
    """
    if region in services.replicas:
        message = f"a replica in the region itself; got {region}"
        raise InputError([Problem("workload.yaml", 0, "services.replicas", message, "Choose another region")])


def items_per_table(design: Design, workload: Workload, measured: Measurement) -> dict[str, Decimal]:
    """Returns the items that a daily active user adds to each table."""
    found: dict[str, Decimal] = {}
    for name, sizes in measured.entities.items():
        table = design.entities[name].table
        items = Decimal(str(workload.items_per_dau(name, sizes.items_per_user)))
        found[table] = found.get(table, Decimal(0)) + items
    return found


def replicated_bill(  # noqa: PLR0913 - a case at a number of users, in a region and its replicas
    services: Services,
    demands: Sequence[DauDemand],
    items: dict[str, Decimal],
    book: PriceBook,
    region: str,
    *,
    dau: int,
    conventions: Conventions = STANDARD,
) -> Bill:
    """Returns the bill of all tables on demand as global tables, every region with its own lines.

    Every write unit is taken to send a whole KB, so the transfer is a bound from above.

    Args:
        services: Its replicas and their shares of the reads.
        demands: What a user asks of each table and index, the table before its indexes.
        items: Table to its items per daily active user.
        book: Prices.
        region: Where the application writes.
        dau: Daily active users.
        conventions: Length of the month and size of a GB.

    Raises:
        InputError: A price is missing.
    """
    shares = {name: Decimal(str(share)) for name, share in services.replicas.items()}
    shares[region] = 1 - sum(shares.values(), Decimal(0))
    bills = []
    for table, group in groupby(demands, key=lambda demand: demand.table):
        loads = tuple(on_demand_load(demand) for demand in group)
        sent = Quantity.of(loads[0].write_units).at(dau) * BYTES_PER_WRITE_UNIT
        replicated = ReplicatedTable(loads, items.get(table, Decimal(0)) * dau, sent, shares)
        bills.append(global_table_bill(replicated, region, book, dau, conventions))
    total = bills[0]
    for bill in bills[1:]:
        total = total + bill
    return total


def _tables(
    services: Services, demands: Sequence[DauDemand], conventions: Conventions
) -> Iterator[tuple[Charge, ...]]:
    for table, one in services.tables.items():
        covered = [on_demand_load(each) for each in demands if each.table == table and _covered(each)]
        size = _gigabytes(covered, conventions)
        yield _backups(table, size, one.backups)
        yield export_charges(table, size, Decimal(str(one.full_exports_per_month)))
        yield from _streams(table, one, covered[0], conventions)


def _backups(table: str, size: Quantity, plan: Backups | None) -> tuple[Charge, ...]:
    if plan is None:
        return ()
    cold = None if plan.cold_after_days is None else Decimal(str(plan.cold_after_days))
    rhythm = BackupPlan(Decimal(str(plan.every_days)), Decimal(str(plan.keep_days)), cold)
    return backup_charges(table, size, rhythm)


def _streams(
    table: str, one: TableServices, load: TableLoad, conventions: Conventions
) -> Iterator[tuple[Charge, ...]]:
    seconds = conventions.hours_per_month * SECONDS_PER_HOUR
    yield stream_charges(table, Decimal(str(one.stream_reads_per_second)) * seconds)
    if one.kinesis:
        yield capture_charges(table, Quantity.of(load.write_units))


def _covered(demand: DauDemand) -> bool:
    return demand.index is None or demand.local


def _gigabytes(loads: Sequence[TableLoad], conventions: Conventions) -> Quantity:
    """Returns the size of a table with its local indexes [GB]."""
    sizes = [Quantity.of(load.stored_bytes) for load in loads]
    fixed, per_dau = (
        sum((getattr(size, part) for size in sizes), Decimal(0)) for part in ("fixed", "per_dau")
    )
    return Quantity(fixed=fixed, per_dau=per_dau).scaled(1 / conventions.bytes_per_gb)
