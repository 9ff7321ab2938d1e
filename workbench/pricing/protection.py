"""Backups with a retention, and restores."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.errors import InputError, Problem
from workbench.pricing.bill import Charge
from workbench.pricing.dimensions import Dimension, Service
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

COLD_LEAST_DAYS = 90
"""A backup stays at least so long in cold storage [days]."""


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """Full backups at a rhythm, each kept for a while.

    Args:
        every_days: Days from one backup to the next [days].
        keep_days: How long each is kept [days].
        cold_after_days: When a backup moves to cold storage [days]; None for never.
    """

    every_days: Decimal
    keep_days: Decimal
    cold_after_days: Decimal | None = None

    def __post_init__(self) -> None:
        problems = [*self._problems()]
        if problems:
            raise InputError(problems)

    @property
    def warm_copies(self) -> Decimal:
        """Backups in warm storage once the retention is reached."""
        return self._warm_days / self.every_days

    @property
    def cold_copies(self) -> Decimal:
        """Backups in cold storage once the retention is reached."""
        return (self.keep_days - self._warm_days) / self.every_days

    def copies_after(self, days: Decimal) -> Decimal:
        """Backups kept so many days after the first one, a backup being taken at once."""
        return min(days // self.every_days + 1, self.keep_days / self.every_days)

    @property
    def _warm_days(self) -> Decimal:
        return self.keep_days if self.cold_after_days is None else self.cold_after_days

    def _problems(self) -> Iterator[Problem]:
        if self.every_days <= 0 or self.keep_days < 0:
            message = f"not a rhythm; got every {self.every_days} days, kept {self.keep_days} days"
            yield Problem("backup plan", 0, "every_days", message, "Give a positive rhythm and a retention")
        if self.cold_after_days is not None and self.keep_days - self.cold_after_days < COLD_LEAST_DAYS:
            allowed = f"allowed at most {self.keep_days - COLD_LEAST_DAYS} with {self.keep_days} kept"
            message = (
                f"less than {COLD_LEAST_DAYS} days in cold storage; got {self.cold_after_days}, {allowed}"
            )
            yield Problem("backup plan", 0, "cold_after_days", message, "Keep backups longer, or warm")


def backup_charges(table: str, gigabytes: Quantity | Decimal, plan: BackupPlan) -> tuple[Charge, ...]:
    """What the kept backups of a table are billed for in a month, the retention reached.

    Args:
        table: Name of the table.
        gigabytes: Table with its local indexes, overhead included [GB]; each backup is a full one.
        plan: Rhythm and retention.

    Source: prices-backup
    """
    parts = (
        ("backups", Dimension.BACKUP_WARM, plan.warm_copies),
        ("backups in cold storage", Dimension.BACKUP_COLD, plan.cold_copies),
    )
    size = Quantity.of(gigabytes)
    return tuple(_charge(words, table, name, size.scaled(copies)) for words, name, copies in parts if copies)


def restore_charges(table: str, gigabytes: Decimal, *, cold: bool = False) -> tuple[Charge, ...]:
    """What restoring data is billed for.

    Args:
        table: Name of the table.
        gigabytes: Table with all its indexes, which are restored too [GB].
        cold: From cold storage.

    Source: prices-backup
    """
    name = Dimension.RESTORE_COLD if cold else Dimension.RESTORE_WARM
    return (_charge("restore", table, name, gigabytes),)


def _charge(component: str, table: str, dimension: str, gigabytes: Quantity | Decimal) -> Charge:
    return Charge(component, table, None, Service.DYNAMODB, dimension, Quantity.of(gigabytes))
