"""What changed between two months: each line's difference told apart into usage, price and design."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from workbench.errors import InputError, Problem
from workbench.finops.snapshot import Snapshot, SnapshotLine

PRECISION = 120
"""Digits of the arithmetic, enough for every product to be exact."""


@dataclass(frozen=True)
class Change:
    """How one line of the bill changed.

    Args:
        component: What is billed.
        table: Table that causes it.
        index: Index that causes it; empty for the table.
        before: Amount of the earlier month [USD].
        after: Amount of the later month [USD].
        usage: Part of the difference that other quantities make, at the earlier price [USD].
        price: Part that other prices make, on the later quantity [USD].
        design: Part of a line that only one of the months has [USD].
    """

    component: str
    table: str
    index: str
    before: Decimal
    after: Decimal
    usage: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    design: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """Later less earlier amount [USD]; the three parts add up to it exactly."""
        with localcontext(prec=PRECISION):
            return self.after - self.before


@dataclass(frozen=True)
class Changes:
    """How a bill changed.

    Args:
        earlier: The earlier month.
        later: The later month.
        lines: Every line of either month, the largest difference first.
    """

    earlier: Snapshot
    later: Snapshot
    lines: tuple[Change, ...]

    def total(self, part: str) -> Decimal:
        """Returns the sum of a field over all lines, exactly [USD]."""
        with localcontext(prec=PRECISION):
            return sum((getattr(line, part) for line in self.lines), Decimal(0))


def changes(earlier: Snapshot, later: Snapshot) -> Changes:
    """Returns what changed from one month to another.

    Raises:
        InputError: The snapshots are of different cases or regions.
    """
    _refuse_strangers(earlier, later)
    first, second = ({line.name: line for line in each.lines} for each in (earlier, later))
    with localcontext(prec=PRECISION):
        lines = [_change(first.get(name), second.get(name)) for name in {**first, **second}]
        lines.sort(key=lambda line: -abs(line.difference))
    return Changes(earlier, later, tuple(lines))


def _change(first: SnapshotLine | None, second: SnapshotLine | None) -> Change:
    line = second or first
    if line is None:
        raise ValueError("a change needs a line of at least one month")
    before, after = _amount(first), _amount(second)
    place = line.component, line.table, line.index
    if first is None or second is None:
        return Change(*place, before, after, design=after - before)
    usage = (second.quantity - first.quantity) * first.usd_per_unit
    price = second.quantity * (second.usd_per_unit - first.usd_per_unit)
    return Change(*place, before, after, usage=usage, price=price)


def _amount(line: SnapshotLine | None) -> Decimal:
    return line.quantity * line.usd_per_unit if line else Decimal(0)


def _refuse_strangers(earlier: Snapshot, later: Snapshot) -> None:
    pairs = (("case", earlier.case, later.case), ("region", earlier.region, later.region))
    problems = [
        Problem(
            "snapshots", 0, name, f"differs; got {one} and {other}", "Compare months of one case and region."
        )
        for name, one, other in pairs
        if one != other
    ]
    if problems:
        raise InputError(problems)
