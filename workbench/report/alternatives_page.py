"""What the notebook of capacity and cost shows of all alternatives: their totals at one number of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.compare.case_bills import case_bills
from workbench.report.tables import Column, Table
from workbench.spec.sql_profile import load_sql_profile

if TYPE_CHECKING:
    from workbench.compare.case_bills import CaseBill, CaseBills
    from workbench.report.cost_page import Costing

WEAK = frozenset({"weak", "suspect"})


def alternative_table(costing: Costing, dau: int) -> Table:
    """Returns what each alternative costs at a number of users, the cheapest first, with what it hides."""
    case = costing.case
    profile = load_sql_profile(case.directory)
    found = case_bills(case, costing.measurement, profile, costing.book, costing.region, dau=[dau])
    columns = [
        Column("name", "Alternative"),
        Column("usd", "Cost", "USD a month", digits=2),
        Column("weak", "On weak prices", "%", digits=0),
        Column("remark", "What the cost does not tell", wide=True),
    ]
    priced = sorted(
        (one for one in found.bills if one.bill), key=lambda one: one.bill.total if one.bill else 0
    )
    unsized = [one for one in found.bills if one.bill is None]
    rows = [_row(one) for one in (*priced, *unsized)]
    return Table(f"Every alternative at {dau:,} daily active users", columns, rows, _note(found))


def _row(one: CaseBill) -> dict[str, object]:
    if one.bill is None:
        return {"name": one.alternative, "usd": None, "weak": None, "remark": one.remark}
    total = one.bill.total
    weak = sum(line.usd for line in one.bill.lines if line.price.strength in WEAK)
    share = 100 * weak / total if total else 0
    return {"name": one.alternative, "usd": total, "weak": share, "remark": one.remark or None}


def _note(found: CaseBills) -> str:
    lacking = sorted({one.alternative for one in found.left_out})
    gaps = f" Left out, because {found.region} lacks prices: {'; '.join(lacking)}." if lacking else ""
    return (
        f"Prices: snapshot {found.snapshot}, {found.region}, list price, no free tier, month of 730 hours. "
        "Reserved capacity spreads what is paid upfront over its term. `workbench cost` prints every line."
        f"{gaps}"
    )
