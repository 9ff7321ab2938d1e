"""What the notebook of documented costs shows: a document's cost tables, three times, its break-even."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from workbench.claims.break_even import BreakEvenRow, break_evens
from workbench.claims.cost_tables import ReproducedRow, ReproducedTable, reproduce
from workbench.claims.documented import load_documented_costs
from workbench.claims.evidence import Evidence
from workbench.pricing import book_for
from workbench.report.figures import Figure, stacked_bars
from workbench.report.tables import Column, Heading, Statement, Table

if TYPE_CHECKING:
    from workbench.spec import Case

REGION = "us-east-1"
BASES = ("documented", "at list prices", "ours")


@dataclass(frozen=True)
class DocumentedCosting:
    """The documented cost tables of a case, reproduced.

    Args:
        case: The case.
        tables: The tables.
        break_even: Ways to find the break-even; none where the document states none.
        snapshot: The price snapshot.
        region: AWS region code.
    """

    case: Case
    tables: tuple[ReproducedTable, ...]
    break_even: tuple[BreakEvenRow, ...]
    snapshot: str
    region: str


def reproduce_costs(case: Case, region: str = REGION) -> DocumentedCosting:
    """Returns the documented cost tables of a case, reproduced with the newest prices.

    Args:
        case: The case.
        region: AWS region code; documents that name none are taken at the prices of us-east-1.

    Raises:
        InputError: The document has none, or a price or the measurement is missing.
    """
    evidence = Evidence(case, book_for(region), region)
    costs = load_documented_costs(case.directory)
    tables = reproduce(costs, evidence)
    found = break_evens(costs.break_even, tables, evidence) if costs.break_even else ()
    return DocumentedCosting(case, tables, found, evidence.book.snapshot, region)


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Documented costs", case.design.title)


def verdict(found: DocumentedCosting) -> Statement:
    """Returns what became of the documented totals, in a sentence."""
    told = [
        f"{table.title}: {_range(table.total)} documented, {_usd(table.total.listed)} at list prices, "
        f"{_usd(table.total.ours)} with our assumptions"
        for table in found.tables
    ]
    return Statement(f"USD a month. {'; '.join(told)}.", "verdict")


def total_figure(found: DocumentedCosting) -> Figure:
    """Returns the totals side by side; a documented range is drawn to its low end, then to its high end."""
    parts = {f"{table.title}: {basis}": _bar(table, basis) for table in found.tables for basis in BASES}
    worst = max(found.tables, key=lambda table: _top(table) / float(table.total.ours))
    caption = (
        f"The largest gap is {worst.title}: the document has {_range(worst.total)} USD a month, "
        f"{worst.alternative} takes {_usd(worst.total.ours)}."
    )
    return stacked_bars("Documented totals, the same at list prices, and ours", caption, parts, "USD a month")


def _top(table: ReproducedTable) -> float:
    return float(table.total.documented[1]) if table.total.documented else 0.0


def _bar(table: ReproducedTable, basis: str) -> dict[str, float]:
    if basis == "documented":
        low, high = table.total.documented or (0, 0)
        return {"total": float(low), "up to the high end": float(high - low)}
    amount = table.total.listed if basis == BASES[1] else table.total.ours
    return {"total": float(amount or 0)}


def cost_tables(found: DocumentedCosting) -> list[Table]:
    """Returns each documented table, row by row, with the reason of every difference."""
    return [_table(table, found) for table in found.tables]


def _table(table: ReproducedTable, found: DocumentedCosting) -> Table:
    columns = [
        Column("line", "Line"),
        Column("name", "What"),
        Column("documented", "Documented", "USD a month"),
        Column("listed", "At list prices", "USD a month", digits=2),
        Column("ours", "Ours", "USD a month", digits=2),
        Column("why", "Why they differ", wide=True),
        Column("rule", "Rule", code=True),
    ]
    note = (
        f"Lines of {found.case.design.document}. At list prices: the document's own quantities at the prices "
        f"of snapshot {found.snapshot}, {found.region}, 730 hours. Ours: {table.alternative} at "
        f"{table.dau:,} daily active users, from measured units and sizes at the assumed values."
    )
    return Table(table.title, columns, [_cells(row) for row in table.rows], note, _cells(table.total))


def _cells(row: ReproducedRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "name": row.name,
        "documented": _range(row) if row.documented else None,
        "listed": None if row.listed is None else _cents(row.listed),
        "ours": _cents(row.ours),
        "why": row.why,
        "rule": row.rule or None,
    }


def break_even_table(found: DocumentedCosting) -> Table | Statement:
    """Returns the documented break-even beside where it is by other means."""
    if not found.break_even:
        return Statement("The document states no break-even.")
    columns = [
        Column("basis", "From", wide=True),
        Column("dau", "Break-even [DAU]"),
        Column("why", "How", wide=True),
    ]
    rows = [{"basis": row.basis, "dau": row.dau, "why": row.why} for row in found.break_even]
    note = f"Prices: snapshot {found.snapshot}, {found.region}, list price, no free tier, month of 730 hours."
    return Table("Break-even", columns, rows, note)


def _range(row: ReproducedRow) -> str:
    low, high = row.documented or (0, 0)
    return f"{low:,.2f}" if low == high else f"{low:,.2f} to {high:,.2f}"


def _usd(amount: Decimal | None) -> str:
    return "no amount" if amount is None else f"{_cents(amount):,}"


def _cents(amount: Decimal) -> Decimal:
    """Returns an amount in cents, halves rounded up, as the sentences beside it round."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
