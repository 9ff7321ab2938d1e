"""A document's cost tables again: as documented, at list prices, and as our bill answers each row."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.claims.checks.traffic import ALTERNATIVES
from workbench.claims.cost_reasons import listed, reason
from workbench.claims.documented import RDS_SIZED, ends
from workbench.compare.relational_case import RDS_ONE_ZONE, relational_curves
from workbench.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.claims.documented import (
        DocumentedCosts,
        DocumentedRow,
        DocumentedTable,
        Selection,
    )
    from workbench.claims.evidence import Evidence
    from workbench.compare.cost_curve import CostCurve
    from workbench.pricing.bill import BillLine

Ends = tuple[Decimal, Decimal]
"""A documented amount from low to high [USD a month]; equal ends where the document states one number."""


@dataclass(frozen=True, slots=True)
class ReproducedRow:
    """A row of a documented cost table, three times.

    Args:
        line: 1-based line of the document; None for what the document leaves out.
        name: What it prices.
        documented: As documented [USD a month]; None for what it leaves out.
        listed: The document's quantities at list prices [USD a month]; None where it states none.
        ours: What our bill takes for it [USD a month].
        why: The difference in a sentence, computed.
        rule: Id of the rule in docs/sources.md; empty where none decides.
    """

    line: int | None
    name: str
    documented: Ends | None
    listed: Decimal | None
    ours: Decimal
    why: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class ReproducedTable:
    """A documented cost table, three times.

    Args:
        name: Its name in the case's file.
        title: What it prices.
        dau: Daily active users.
        alternative: Our alternative.
        rows: The rows of the document, then what it leaves out, where our bill has more.
        total: The sum of each column; a row without a list price enters it as documented.
    """

    name: str
    title: str
    dau: int
    alternative: str
    rows: tuple[ReproducedRow, ...]
    total: ReproducedRow


def reproduce(costs: DocumentedCosts, evidence: Evidence) -> tuple[ReproducedTable, ...]:
    """Returns the cost tables of a case's document.

    Args:
        costs: What the document states.
        evidence: Prices, case and measurement.

    Raises:
        InputError: A price or the measurement is missing.
    """
    return tuple(_table(name, table, evidence) for name, table in costs.tables.items())


def our_curve(alternative: str, evidence: Evidence) -> CostCurve:
    """Returns the cost curve of one of our alternatives.

    Raises:
        InputError: The region lacks a price.
    """
    if alternative == RDS_SIZED:
        return relational_curves(evidence.needs, evidence.book, evidence.region)[RDS_ONE_ZONE]()
    curve = evidence.costs.curve(ALTERNATIVES[alternative])
    if curve is None:
        raise InputError(evidence.costs.missing)
    return curve


def _table(name: str, table: DocumentedTable, evidence: Evidence) -> ReproducedTable:
    curve = our_curve(table.alternative, evidence)
    lines = curve.bill(table.dau).lines
    rows = [_row(row, lines, table, evidence) for row in table.rows]
    rest = [line for line in lines if not any(_matches(line, row.ours) for row in table.rows)]
    if rest:
        rows.append(_left_out(rest))
    return ReproducedTable(name, table.title, table.dau, curve.name, tuple(rows), _total(table, rows))


def _row(
    row: DocumentedRow, lines: Sequence[BillLine], table: DocumentedTable, evidence: Evidence
) -> ReproducedRow:
    mine = [line for line in lines if _matches(line, row.ours)]
    ours = sum((line.usd for line in mine), Decimal(0))
    why = reason(row, mine, table.dau, evidence)
    return ReproducedRow(row.line, row.name, ends(row.documented), listed(row, evidence), ours, why, row.rule)


def _left_out(rest: Sequence[BillLine]) -> ReproducedRow:
    parts: dict[str, Decimal] = {}
    for line in rest:
        parts[line.component] = parts.get(line.component, Decimal(0)) + line.usd
    told = ", ".join(f"{name} {usd:,.2f}" for name, usd in parts.items())
    usd = sum(parts.values(), Decimal(0))
    return ReproducedRow(None, "Not in the document", None, None, usd, f"Our bill also has {told}.")


def _total(table: DocumentedTable, rows: Sequence[ReproducedRow]) -> ReproducedRow:
    stated = [row.documented for row in rows if row.documented]
    low, high = (sum((pair[end] for pair in stated), Decimal(0)) for end in (0, 1))
    priced = [row.documented[0] if row.listed is None else row.listed for row in rows if row.documented]
    documented = ends(table.total)
    adds_up = all(abs(a - b) <= 1 for a, b in zip((low, high), documented, strict=True))
    summed = f"{low:,.2f}" if low == high else f"{low:,.2f} to {high:,.2f}"
    verb = "add up to" if adds_up else "do not add up: they make"
    ours = sum((row.ours for row in rows), Decimal(0))
    unstated = sum(1 for row in rows if row.documented and row.listed is None)
    more = f" Rows without a quantity enter the list price as documented: {unstated}." if unstated else ""
    why = f"The documented rows {verb} {summed}; we find {_share(ours, documented)} of its total.{more}"
    return ReproducedRow(table.total_line, "Total", documented, sum(priced, Decimal(0)), ours, why)


def _share(ours: Decimal, documented: Ends) -> str:
    shares = sorted({round(100 * ours / end) for end in documented})
    return " to ".join(map(str, shares)) + " %"


def _matches(line: BillLine, wanted: Selection) -> bool:
    index = line.index or "table"
    return (
        (not wanted.tables or line.table in wanted.tables)
        and (wanted.indexes is None or index in wanted.indexes)
        and (not wanted.components or line.component.startswith(wanted.components))
    )
