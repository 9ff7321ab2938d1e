"""What the notebook of capacity and cost shows of all alternatives: totals, curves and every crossing."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from workbench.compare.case_bills import case_bills
from workbench.compare.case_comparison import compare_case, dau_points
from workbench.errors import InputError
from workbench.pricing import UNSURE
from workbench.report.figures import Figure, Line, line_chart
from workbench.report.tables import Column, Statement, Table
from workbench.spec.sql_profile import load_sql_profile

if TYPE_CHECKING:
    import pandas as pd

    from workbench.compare.case_bills import CaseBill, CaseBills
    from workbench.compare.case_comparison import CaseComparison
    from workbench.report.cost_page import Costing

LEAST_DAU, MOST_DAU, POINTS = 100, 10**8, 241
"""The range over which all alternatives are compared [users], and the points of a curve."""


def compared(costing: Costing) -> CaseComparison | None:
    """Returns both sides of the comparison, None where the region can price one side only."""
    case = costing.case
    profile = load_sql_profile(case.directory)
    try:
        return compare_case(case, costing.measurement, profile, costing.book, costing.region)
    except InputError:
        return None


def alternatives(costing: Costing, dau: int) -> list[Figure | Table | Statement]:
    """Returns all curves, all totals at a number of users, and where the cheaper side changes."""
    found, totals = compared(costing), alternative_table(costing, dau)
    if found is None:
        return [totals, Statement("There are no two sides to compare in this region.")]
    return [totals, curve_figure(found), pair_table(found)]


def curve_figure(found: CaseComparison) -> Figure:
    """Returns the cost over users of the alternatives that follow them, and of the document's sizing."""
    users = dau_points(LEAST_DAU, MOST_DAU, POINTS)
    lines = [
        Line(name, users.tolist(), found.curves[name].usd_per_month(users).tolist())
        for name in (*found.ours, *found.theirs)
    ]
    cheapest = {dau: min(lines, key=partial(_cost_at, place)).name for dau, place in ((100, 0), (10**8, -1))}
    caption = " and ".join(f"{name} at {dau:,} users" for dau, name in cheapest.items())
    caption = f"The cheapest is {caption}, at the assumed values."
    labels = ("daily active users", "cost [USD a month]")
    return line_chart("All alternatives over daily active users", caption, lines, (), labels)


def _cost_at(place: int, line: Line) -> float:
    """Returns the cost at a point, infinite where an alternative is not sized for so many users."""
    return math.inf if math.isnan(line.y[place]) else line.y[place]


def pair_table(found: CaseComparison) -> Table | Statement:
    """Returns every pair of alternatives whose cheaper side changes, with the first and the last crossing."""
    crossed = found.crossings(LEAST_DAU, MOST_DAU)
    if crossed.empty:
        return Statement(f"No pair of alternatives crosses between {LEAST_DAU:,} and {MOST_DAU:,} users.")
    columns = [
        Column("ours", "DynamoDB"),
        Column("theirs", "Against"),
        Column("count", "Crossings", digits=0),
        Column("steps", "By a step", digits=0),
        Column("first", "First", "DAU", digits=0),
        Column("first_rate", "First", "requests/s", digits=1),
        Column("last", "Last", "DAU", digits=0),
        Column("last_rate", "Last", "requests/s", digits=1),
        Column("above", "Cheaper above the last"),
    ]
    pairs = crossed.groupby(["ours", "theirs"], sort=False)
    note = (
        f"From {LEAST_DAU:,} to {MOST_DAU:,} users at the assumed values, mean requests a second; a design "
        "ends where its capacity does. Instances and units come in steps, so one pair may cross often; "
        "`workbench breakeven` prints each."
    )
    return Table("Where the cheaper side changes", columns, [_pair(part) for _, part in pairs], note)


def _pair(part: pd.DataFrame) -> dict[str, object]:
    first, last = part.iloc[0], part.iloc[-1]
    return {
        **{name: first[name] for name in ("ours", "theirs")},
        "count": len(part),
        "steps": int(part["by_jump"].sum()),
        "first": int(first["dau"]),
        "first_rate": float(first["requests_per_second"]),
        "last": int(last["dau"]),
        "last_rate": float(last["requests_per_second"]),
        "above": last["cheaper_above"],
    }


def alternative_table(costing: Costing, dau: int) -> Table:
    """Returns what each alternative costs at a number of users, the cheapest first, with what it hides."""
    case = costing.case
    profile = load_sql_profile(case.directory)
    found = case_bills(case, costing.measurement, profile, costing.book, costing.region, dau=[dau])
    columns = [
        Column("name", "Alternative"),
        Column("usd", "Cost", "USD a month", digits=2),
        Column("weak", "On unsure prices", "%", digits=0),
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
    weak = sum(line.usd for line in one.bill.lines if line.price.strength in UNSURE)
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
