"""What Aurora for PostgreSQL bills: instances or capacity units, storage, I/O requests and backups."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.pricing.bill import STANDARD, Bill, Charge, Conventions, price_charges
from workbench.pricing.dimensions import Dimension, Service, aurora_instance
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.pricing.book import PriceBook

IO_OPTIMIZED_FACTOR = Decimal("1.3")
"""Price of an instance hour under I/O-Optimized over that of Standard; Source: prices-aurora."""
LEAST_ACU = Decimal("0.5")
"""Least capacity that keeps a Serverless v2 instance running [ACU]."""


@dataclass(frozen=True, slots=True)
class AuroraConfiguration:
    """One Aurora PostgreSQL cluster.

    Args:
        instance_class: Such as `db.r6g.large`; None for Serverless v2.
        instances: Writer and readers together, each of the same kind.
        acu: Mean capacity of each Serverless v2 instance [ACU].
        storage_gb: Bytes in use [GB].
        io_requests: I/O requests a month; not billed under I/O-Optimized.
        io_optimized: I/O-Optimized instead of Standard.
        backup_gb: Backup storage that is billed [GB].
        proxy_vcpu: vCPU of the instances behind an RDS Proxy, 0 for none.
    """

    instance_class: str | None = None
    instances: Quantity | Decimal | int = 1
    acu: Quantity | Decimal | int = 0
    storage_gb: Quantity | Decimal | int = 0
    io_requests: Quantity | Decimal | int = 0
    io_optimized: bool = False
    backup_gb: Quantity | Decimal | int = 0
    proxy_vcpu: int = 0


def aurora_charges(
    configuration: AuroraConfiguration, conventions: Conventions = STANDARD
) -> tuple[Charge, ...]:
    """What a cluster is billed for; what is zero is left out.

    Source: prices-aurora
    """
    parts = (
        _compute(configuration, conventions),
        *_storage(configuration),
        _proxy(configuration, conventions),
    )
    return tuple(charge for charge in parts if not charge.count.is_zero)


def aurora_bill(
    configuration: AuroraConfiguration,
    book: PriceBook,
    region: str,
    conventions: Conventions = STANDARD,
) -> Bill:
    """The monthly bill of a cluster.

    Raises:
        InputError: Every price that this region lacks.
    """
    return price_charges(aurora_charges(configuration, conventions), book, region, conventions=conventions)


def _compute(configuration: AuroraConfiguration, conventions: Conventions) -> Charge:
    hours = conventions.hours_per_month
    optimized = configuration.io_optimized
    if configuration.instance_class is None:
        dimension = Dimension.ACU_IO_OPTIMIZED if optimized else Dimension.ACU_STANDARD
        count = Quantity.of(configuration.acu).scaled(hours * _fixed(configuration.instances))
        return Charge(
            "Serverless v2 capacity", "cluster", None, Service.AURORA_SERVERLESS_V2, dimension, count
        )
    name = f"instance {configuration.instance_class}"
    words = f"{name}, I/O-Optimized (hours x {IO_OPTIMIZED_FACTOR})" if optimized else name
    count = Quantity.of(configuration.instances).scaled(hours * (IO_OPTIMIZED_FACTOR if optimized else 1))
    dimension_name = aurora_instance(configuration.instance_class)
    return Charge(words, "cluster", None, Service.AURORA_POSTGRESQL, dimension_name, count)


def _fixed(instances: Quantity | Decimal | int) -> Decimal:
    quantity = Quantity.of(instances)
    if quantity.per_dau:
        raise ValueError("Serverless v2 scales by its capacity, not by the number of its instances")
    return quantity.at(0)


def _storage(configuration: AuroraConfiguration) -> Iterator[Charge]:
    optimized = configuration.io_optimized
    stored = Dimension.STORAGE_IO_OPTIMIZED if optimized else Dimension.STORAGE_STANDARD
    requests = 0 if optimized else configuration.io_requests
    for component, dimension, amount in (
        ("storage", stored, configuration.storage_gb),
        ("I/O requests", Dimension.IO_REQUESTS_STANDARD, requests),
        ("backup storage", Dimension.BACKUP_STORAGE, configuration.backup_gb),
    ):
        count = Quantity.of(amount)
        yield Charge(component, "cluster", None, Service.AURORA_POSTGRESQL, dimension, count)


def _proxy(configuration: AuroraConfiguration, conventions: Conventions) -> Charge:
    count = Quantity.of(configuration.proxy_vcpu * conventions.hours_per_month)
    return Charge("RDS Proxy", "proxy", None, Service.RDS_PROXY, Dimension.PROXY, count)
