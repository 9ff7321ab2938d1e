"""Scans, and what one of them costs."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.subject import DAYS_PER_MONTH, Operation, Subject
from workbench.lint.traffic import read_units
from workbench.lint.wording import gigabytes, number


def scans(subject: Subject) -> Iterator[Operation]:
    """Yields the operations that are scans."""
    return (operation for operation in subject.reads if operation.action.operation == "Scan")


def scan_cost(subject: Subject, scan: Operation) -> str:
    """Returns how often a scan runs and, with known sizes, what it reads."""
    daily = subject.rate(scan.id) * subject.dau
    often = f"{number(daily)} times a day at {number(subject.dau)} DAU"
    size = subject.stored_bytes(subject.holder(scan).place)
    if size is None:
        return f"{often}, all of it each time"
    units = read_units(size, consistent=getattr(scan.action, "consistent_read", False))
    return (
        f"{often}, {gigabytes(size)} and {number(units)} read units each time, "
        f"{number(units * daily * DAYS_PER_MONTH)} a month"
    )
