"""What RDS for PostgreSQL bills: instances, storage, IOPS, backups and read replicas."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from workbench.pricing.bill import STANDARD, Bill, Charge, Conventions, price_charges
from workbench.pricing.dimensions import Dimension, Service, rds_instance
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.pricing.book import PriceBook

_GP3_LARGE_GB = Decimal(400)
_GP3_FREE_IOPS = Decimal(3_000)
_GP3_FREE_IOPS_LARGE = Decimal(12_000)
_IO1_LEAST_GB = Decimal(100)
_IO1_LEAST_IOPS = Decimal(1_000)


class StorageType(StrEnum):
    """Kinds of RDS volume."""

    GP2 = "gp2"
    GP3 = "gp3"
    IO1 = "io1"


@dataclass(frozen=True, slots=True)
class RdsConfiguration:
    """One RDS for PostgreSQL deployment.

    Args:
        instance_class: Such as `db.t3.medium`.
        storage_gb: Allocated storage [GB].
        storage_type: Kind of volume.
        iops: Provisioned IOPS; the part that the volume includes is not billed.
        backup_gb: Backup storage that is billed, above the free allowance [GB]; see `billed_backup_gb`.
        multi_az: A standby in a second zone.
        read_replicas: Number of replicas, each like the primary in class and storage, in one zone.
        proxy_vcpu: vCPU of the instances behind an RDS Proxy, 0 for none.
    """

    instance_class: str
    storage_gb: Decimal
    storage_type: StorageType = StorageType.GP3
    iops: Decimal = Decimal(0)
    backup_gb: Decimal = Decimal(0)
    multi_az: bool = False
    read_replicas: int = 0
    proxy_vcpu: int = 0


def billed_backup_gb(stored_gb: Decimal, storage_gb: Decimal) -> Decimal:
    """Backup storage that is billed: what exceeds the allocated storage of the database [GB].

    Source: prices-rds-backup-allowance
    """
    return max(Decimal(0), stored_gb - storage_gb)


def rds_charges(
    configuration: RdsConfiguration,
    conventions: Conventions = STANDARD,
) -> tuple[Charge, ...]:
    """What a deployment is billed for; what is zero is left out.

    Source: prices-rds
    """
    parts = (
        *_server(configuration, "primary", 1, conventions, multi_az=configuration.multi_az),
        *_server(configuration, "read replicas", configuration.read_replicas, conventions, multi_az=False),
        _backup(configuration),
        _proxy(configuration, conventions),
    )
    return tuple(charge for charge in parts if not charge.count.is_zero)


def rds_bill(
    configuration: RdsConfiguration,
    book: PriceBook,
    region: str,
    conventions: Conventions = STANDARD,
) -> Bill:
    """The monthly bill of a deployment.

    Raises:
        InputError: Every price that this region lacks.
    """
    return price_charges(rds_charges(configuration, conventions), book, region, conventions=conventions)


def _server(
    configuration: RdsConfiguration,
    role: str,
    servers: int,
    conventions: Conventions,
    *,
    multi_az: bool,
) -> Iterator[Charge]:
    zones = "multi_az" if multi_az else "single_az"
    kind = configuration.storage_type
    parts = (
        (
            f"instance {configuration.instance_class}",
            rds_instance(configuration.instance_class, multi_az=multi_az),
            conventions.hours_per_month,
        ),
        (f"{kind} storage", f"{kind}_storage_{zones}", _billed_storage(configuration)),
        (f"{kind} IOPS", f"{kind}_iops_{zones}", _billed_iops(configuration)),
    )
    for component, dimension, each in parts:
        count = Quantity.of(each * servers)
        yield Charge(component, role, None, Service.RDS_POSTGRESQL, dimension, count)


def _billed_storage(configuration: RdsConfiguration) -> Decimal:
    if configuration.storage_type is StorageType.IO1:
        return max(configuration.storage_gb, _IO1_LEAST_GB)
    return configuration.storage_gb


def _billed_iops(configuration: RdsConfiguration) -> Decimal:
    if configuration.storage_type is StorageType.GP2:
        return Decimal(0)
    if configuration.storage_type is StorageType.IO1:
        return max(configuration.iops, _IO1_LEAST_IOPS)
    large = configuration.storage_gb >= _GP3_LARGE_GB
    return max(Decimal(0), configuration.iops - (_GP3_FREE_IOPS_LARGE if large else _GP3_FREE_IOPS))


def _backup(configuration: RdsConfiguration) -> Charge:
    count = Quantity.of(configuration.backup_gb)
    return Charge("backup storage", "primary", None, Service.RDS_POSTGRESQL, Dimension.BACKUP_STORAGE, count)


def _proxy(configuration: RdsConfiguration, conventions: Conventions) -> Charge:
    count = Quantity.of(configuration.proxy_vcpu * conventions.hours_per_month)
    return Charge("RDS Proxy", "proxy", None, Service.RDS_PROXY, Dimension.PROXY, count)
