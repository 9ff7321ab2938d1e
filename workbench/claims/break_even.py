"""A documented break-even, followed from the document's own tables, from list prices, and from our curves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

from workbench.claims.cost_tables import our_curve
from workbench.claims.documented import RDS_SIZED
from workbench.claims.evidence import plain
from workbench.compare.break_even import crossings
from workbench.compare.case_costs import AS_DESIGNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.claims.cost_tables import ReproducedRow, ReproducedTable
    from workbench.claims.documented import DocumentedBreakEven
    from workbench.claims.evidence import Evidence
    from workbench.compare.break_even import Crossing
    from workbench.compare.cost_curve import CostCurve

LEAST_DAU, MOST_DAU = 100, 1_000_000
OURS = (
    ("as designed", "relational"),
    ("on-demand", "relational"),
    ("on-demand", RDS_SIZED),
    ("sized", RDS_SIZED),
)
"""Pairs of our alternatives that are compared."""
TOLD = 4
"""Crossings that are named one by one; more are counted."""


@dataclass(frozen=True, slots=True)
class BreakEvenRow:
    """One way to find the break-even.

    Args:
        basis: What it follows from.
        dau: Where it is, in words.
        why: How it comes about, computed.
    """

    basis: str
    dau: str
    why: str


def break_evens(
    stated: DocumentedBreakEven, tables: Sequence[ReproducedTable], evidence: Evidence
) -> tuple[BreakEvenRow, ...]:
    """Returns the documented break-even and where it is by other means.

    Args:
        stated: What the document states.
        tables: Its cost tables, reproduced.
        evidence: Prices, case and measurement.

    Raises:
        InputError: A price or the measurement is missing.
    """
    by_name = {table.name: table for table in tables}
    ours, theirs = ([by_name[name] for name in names] for names in (stated.dynamodb, stated.relational))
    return (
        BreakEvenRow(
            "The document", plain(stated.dau), f"Line {stated.line} states it without a computation."
        ),
        _straight("The document's own totals", ours, theirs, listed=False),
        _straight("The same quantities at list prices", ours, theirs, listed=True),
        *(_crossed(our_curve(mine, evidence), our_curve(rival, evidence), evidence) for mine, rival in OURS),
    )


def meeting(
    low: int, high: int, ours: tuple[Decimal, Decimal], theirs: tuple[Decimal, Decimal]
) -> Decimal | None:
    """Returns where two straight lines meet [DAU], None where they do not between the two points.

    Args:
        low: Users of the first point.
        high: Users of the second point.
        ours: Cost of one side at both points [USD a month].
        theirs: Cost of the other side at both points [USD a month].

    >>> meeting(0, 10, (Decimal(3), Decimal(3)), (Decimal(1), Decimal(6)))
    Decimal('4')
    """
    before, after = ours[0] - theirs[0], ours[1] - theirs[1]
    if before * after > 0 or before == after:
        return None
    return low + (high - low) * before / (before - after)


def _straight(
    basis: str, ours: Sequence[ReproducedTable], theirs: Sequence[ReproducedTable], *, listed: bool
) -> BreakEvenRow:
    """Returns the break-even on straight lines between the tables for fewer and for more users."""
    low, high = (table.dau for table in ours)
    sides = [_corners([table.total for table in tables], listed=listed) for tables in (ours, theirs)]
    met = [meeting(low, high, mine, other) for mine, other in product(*sides)]
    found = sorted({round(users) for users in met if users is not None})
    amounts = [" or ".join(f"{a:,.2f} to {b:,.2f}" for a, b in side) for side in sides]
    where = " to ".join(plain(users) for users in dict.fromkeys((found[0], found[-1]))) if found else "none"
    why = (
        f"Straight lines from {low:,} to {high:,} DAU: DynamoDB {amounts[0]}, RDS {amounts[1]} USD a month"
        f"{'' if len(found) == len(met) else '; not every end of the ranges meets'}."
    )
    return BreakEvenRow(basis, where, why)


def _corners(totals: Sequence[ReproducedRow], *, listed: bool) -> list[tuple[Decimal, Decimal]]:
    """Returns the costs at fewer and at more users, for the low and for the high documented ends."""
    if listed:
        first, second = (row.listed or Decimal(0) for row in totals)
        return [(first, second)]
    lows, highs = ([row.documented[end] for row in totals if row.documented] for end in (0, 1))
    return [(lows[0], lows[1]), (highs[0], highs[1])] if lows != highs else [(lows[0], lows[1])]


def _crossed(mine: CostCurve, rival: CostCurve, evidence: Evidence) -> BreakEvenRow:
    last = MOST_DAU
    if mine.name == AS_DESIGNED and evidence.costs.designed_until_dau is not None:
        last = min(MOST_DAU, evidence.costs.designed_until_dau)
    found = crossings(mine, rival, LEAST_DAU, last)
    return BreakEvenRow(
        f"Ours: {mine.name} against {rival.name}", _where(found), _how(found, mine, rival, last)
    )


def _where(found: Sequence[Crossing]) -> str:
    if not found:
        return "none"
    if len(found) > TOLD:
        return f"{len(found)}, from {plain(found[0].dau)} to {plain(found[-1].dau)}"
    return ", ".join(plain(one.dau) for one in found)


def _how(found: Sequence[Crossing], mine: CostCurve, rival: CostCurve, last: int) -> str:
    end_of_capacity = " where the designed capacity ends," if last < MOST_DAU else ""
    reach = f"from {LEAST_DAU:,} to {last:,} DAU{end_of_capacity}"
    if not found:
        cheaper = min((mine, rival), key=lambda curve: curve.usd(LEAST_DAU))
        low, high = (f"{curve.usd(last):,.2f}" for curve in (mine, rival))
        return (
            f"{cheaper.name} is the cheaper one {reach}; at {last:,} they cost {low} and {high} USD a month."
        )
    jumps = sum(one.by_jump for one in found)
    end = found[-1]
    return (
        f"Looked at {reach}: steps of a size make {jumps} of {len(found)} crossings; from {end.dau:,} on "
        f"{end.cheaper_above} is the cheaper one, {end.usd_above:,.2f} instead of {end.usd_below:,.2f} USD "
        "a month."
    )
