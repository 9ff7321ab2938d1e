"""A month's bill kept in a file, so that a later month can be explained by it."""

from __future__ import annotations

import os
from decimal import Context, Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from workbench.errors import InputError, Problem
from workbench.pricing.bill import Bill
from workbench.spec.base import SpecModel

MOST, PLACES = 10**18, 30
"""Bounds of quantities and prices, within which all arithmetic on them is exact."""

_STEP = Decimal("1e-12")
_WIDE = Context(prec=60)


class SnapshotLine(SpecModel):
    """One component of the month's bill."""

    component: str
    """What is billed."""
    table: str
    """Table that causes it."""
    index: str = ""
    """Index that causes it; empty for the table."""
    unit: str
    """Unit of the quantity."""
    quantity: Decimal = Field(ge=0, le=MOST, decimal_places=PLACES)
    """How much in the month, in the unit."""
    usd_per_unit: Decimal = Field(ge=0, le=MOST, decimal_places=PLACES)
    """Price [USD per unit]."""

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What makes it the same line in another month."""
        return self.component, self.table, self.index, self.unit


class Snapshot(SpecModel):
    """A month's bill of a case."""

    schema_version: Literal[1]
    """Version of this file format."""
    case: str
    """Name of the case."""
    month: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    """The month, such as 2026-11."""
    dau: int = Field(ge=0)
    """Daily active users."""
    region: str
    """AWS region code."""
    prices: str
    """Name of the price snapshot."""
    lines: tuple[SnapshotLine, ...]
    """The lines of the bill."""


def snapshot(bill: Bill, *, case: str, month: str, dau: int, prices: str) -> Snapshot:
    """Returns a bill as a snapshot; quantities are kept to twelve decimals.

    Args:
        bill: The bill.
        case: Name of the case.
        month: The month, such as 2026-11.
        dau: Daily active users.
        prices: Name of the price snapshot.
    """
    lines = (
        SnapshotLine(
            component=line.component,
            table=line.table,
            index=line.index or "",
            unit=line.unit,
            quantity=line.quantity.quantize(_STEP, context=_WIDE),
            usd_per_unit=line.price.usd,
        )
        for line in bill.lines
    )
    return Snapshot(
        schema_version=1,
        case=case,
        month=month,
        dau=dau,
        region=bill.region,
        prices=prices,
        lines=tuple(lines),
    )


def write_snapshot(found: Snapshot, path: Path) -> None:
    """Writes a snapshot whole or not at all.

    Raises:
        InputError: The file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        message = f"cannot be written; got {error.strerror or error}"
        raise InputError([Problem(str(path), 0, "", message, "Name another file.")]) from error
    finally:
        unfinished.unlink(missing_ok=True)


def read_snapshot(path: Path) -> Snapshot:
    """Returns the snapshot in a file.

    Raises:
        InputError: The file cannot be read or is no snapshot; all problems at once.
    """
    try:
        found = Snapshot.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "bytes that are no UTF-8"
        problem = Problem(str(path), 0, "", f"cannot be read; got {reason}", "Name a snapshot.")
        raise InputError([problem]) from error
    except ValidationError as error:
        raise InputError(_problems(path, error)) from error
    _refuse_twins(path, found)
    return found


def _problems(path: Path, error: ValidationError) -> list[Problem]:
    step = "Write the snapshot again with `workbench finops snapshot`."
    return [
        Problem(
            str(path),
            0,
            ".".join(map(str, each["loc"])),
            f"{each['msg']}; got {str(each['input'])[:60]!r}",
            step,
        )
        for each in error.errors()
    ]


def _refuse_twins(path: Path, found: Snapshot) -> None:
    names = [line.name for line in found.lines]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        step = "Add the lines of one component up."
        problems = [
            Problem(
                str(path), 0, "lines", f"a line stands there twice; got {' '.join(filter(None, name))}", step
            )
            for name in twins
        ]
        raise InputError(problems)
