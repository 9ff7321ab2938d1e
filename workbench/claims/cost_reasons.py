"""Why a documented amount, the same at list prices and ours differ: sentences with computed figures."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from workbench.claims.documented import ends
from workbench.claims.evidence import Evidence, exact, money, plain
from workbench.compare.relational_case import rds_hours, rungs
from workbench.pricing.bill import STANDARD, BillLine

if TYPE_CHECKING:
    from workbench.claims.documented import DocumentedRow, StatedPart

Ends = tuple[Decimal, Decimal]
CENT = Decimal("0.01")
FEW = 2
"""Capacities whose use is told; more would fill the sentence."""


def reason(row: DocumentedRow, mine: Sequence[BillLine], dau: int, evidence: Evidence) -> str:
    """Returns why the three amounts of a row differ, or that they do not.

    Args:
        row: What the document states.
        mine: The lines of our bill that answer the row.
        dau: Daily active users.
        evidence: Prices, case and measurement.
    """
    sentence = f"{_against_list(row, evidence)}; {_against_ours(row, mine, dau, evidence)}."
    return f"{sentence} {row.note}".rstrip()


def listed(row: DocumentedRow, evidence: Evidence) -> Decimal | None:
    """Returns what the stated quantities cost at list prices [USD a month], None where none is stated."""
    return sum(_amounts(row.stated, evidence), Decimal(0)) if row.stated else None


def _against_list(row: DocumentedRow, evidence: Evidence) -> str:
    usd, documented = listed(row, evidence), ends(row.documented)
    if usd is None:
        return "The document states no quantity"
    head = worked(row.stated, evidence)
    head = f"Taken as {row.inferred}: {head}" if row.inferred else head
    if documented[0] - exact(row.tolerance) <= usd <= documented[1] + exact(row.tolerance):
        return (
            f"{head}, as documented but for cents"
            if documented[0] == documented[1]
            else f"{head}, in the range"
        )
    wrong = _mistaken(row)
    if wrong and _without_cents(wrong, evidence) == documented[0] == documented[1]:
        told = row.mistake.told if row.mistake else ""
        cut = plain(_without_cents(wrong, evidence))
        return f"{head}, but {told}: {worked(wrong, evidence)}, or {cut} with the cents of each dropped"
    return f"{head}; the document takes {_ratio(documented, usd)} times that{_implied(row, documented)}"


def _mistaken(row: DocumentedRow) -> tuple[StatedPart, ...]:
    """Returns the stated quantities at the dimensions whose prices were taken; none without a mistake."""
    instead = row.mistake.instead if row.mistake else {}
    if not instead:
        return ()
    return tuple(
        part.model_copy(update={"dimension": instead.get(part.dimension, part.dimension)})
        for part in row.stated
    )


def _without_cents(parts: Sequence[StatedPart], evidence: Evidence) -> Decimal:
    return sum((usd.to_integral_value(ROUND_FLOOR) for usd in _amounts(parts, evidence)), Decimal(0))


def _amounts(parts: Sequence[StatedPart], evidence: Evidence) -> tuple[Decimal, ...]:
    return tuple(_units(part) * evidence.usd(part.service, part.dimension) for part in parts)


def _units(part: StatedPart) -> Decimal:
    """Returns the quantity of a month in the unit of its price."""
    return exact(part.count) * (STANDARD.hours_per_month if part.hourly else 1)


def worked(parts: Sequence[StatedPart], evidence: Evidence) -> str:
    """Returns a computation in words: `730 h x 50 x 0.00013 = 4.75`."""
    hours = plain(STANDARD.hours_per_month)
    terms = [
        f"{f'{hours} h x ' if part.hourly else ''}{plain(part.count)} x "
        f"{_price(evidence.usd(part.service, part.dimension))}"
        for part in parts
    ]
    return f"{' + '.join(terms)} = {money(sum(_amounts(parts, evidence), Decimal(0)))}"


def _ratio(documented: Ends, listed: Decimal) -> str:
    ratios = sorted({round(end / listed, 2) for end in documented})
    return " to ".join(f"{ratio:.2f}" for ratio in ratios)


def _implied(row: DocumentedRow, documented: Ends) -> str:
    """Returns the price that the document must have taken, where one quantity is priced."""
    if len(row.stated) != 1 or row.inferred:
        return ""
    prices = sorted({round(end / _units(row.stated[0]), 3) for end in documented})
    return f", a price of {' to '.join(f'{price:.3f}' for price in prices)} each"


def _against_ours(row: DocumentedRow, mine: Sequence[BillLine], dau: int, evidence: Evidence) -> str:
    ours, usd = sum((line.usd for line in mine), Decimal(0)), listed(row, evidence)
    used = _used(mine, dau, evidence)
    if usd is not None and abs(ours - usd) < CENT:
        return f"ours is the same{used}"
    if not mine:
        return "ours needs none at this load"
    return f"ours is {money(ours)} for {_quantities(mine)}{used}{_carried(mine, evidence)}"


def _quantities(mine: Sequence[BillLine]) -> str:
    """Returns the sum of quantities by unit, instances by their class."""
    by_unit: dict[str, Decimal] = {}
    for line in mine:
        unit = f"h of {line.component.removeprefix('instance ')}" if line.unit == "hour" else line.unit
        by_unit[unit] = by_unit.get(unit, Decimal(0)) + line.quantity
    return " and ".join(f"{plain(round(amount, 3))} {unit}" for unit, amount in by_unit.items())


def _carried(mine: Sequence[BillLine], evidence: Evidence) -> str:
    """Returns up to how many users an instance that was chosen from the workload carries them."""
    names = [line.component.removeprefix("instance ") for line in mine if line.unit == "hour"]
    if not names:
        return ""
    ladder = rungs(evidence.needs, rds_hours(evidence.book, evidence.region, multi_az=False), aurora=False)
    rung = next(rung for rung in ladder if rung.instance_class == names[0])
    return (
        f", which carries {rung.last_dau:,} DAU and is limited by {rung.ended_by}, as our assumptions size it"
    )


def _used(mine: Sequence[BillLine], dau: int, evidence: Evidence) -> str:
    """Returns how much of a capacity the modelled peak uses."""
    capacity = [line for line in mine if line.component.startswith("provisioned")]
    parts = [_use(line, dau, evidence) for line in capacity]
    return f", of which the peak of {dau:,} DAU uses {' and '.join(parts)}" if 0 < len(parts) <= FEW else ""


def _use(line: BillLine, dau: int, evidence: Evidence) -> str:
    place = (line.table, line.index)
    demand = next(one for one in evidence.costs.demands if (one.table, one.index) == place)
    reads = line.component.endswith("reads")
    units = demand.read_units_per_dau if reads else demand.write_units_per_dau
    have = line.quantity / STANDARD.hours_per_month
    return (
        f"{plain(round(demand.peak_per_second(units) * dau, 2))} of {plain(have)} {'RCU' if reads else 'WCU'}"
    )


def _price(usd: Decimal) -> str:
    return f"{usd.normalize():f}"
