"""A move over time: growing users, what the move itself costs, and the month in which it has paid."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.compare.uncertainty import cheapest
from workbench.model.indexes import WRITE_STEP_BYTES
from workbench.model.read_units import READ_STEP_BYTES
from workbench.model.storage import OVERHEAD_BYTES
from workbench.pricing.bill import STANDARD, Bill, Charge, Conventions, price_charges
from workbench.pricing.dimensions import Dimension, Service
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.compare.cost_curve import CostCurve
    from workbench.compare.priced_case import PricedCase
    from workbench.compare.vector_costs import VectorCosts
    from workbench.pricing.quantity import Floats

_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class DauForecast:
    """Daily active users month by month.

    Args:
        start: Users in the first month.
        monthly_growth: Growth from month to month, such as 0.05.
        ceiling: Users at which growth ends, approached as a logistic curve does; None for growth without end.
        months: Number of months.

    >>> DauForecast(1000, Decimal("0.1"), months=3).dau()
    (1000, 1100, 1210)
    """

    start: int
    monthly_growth: Decimal
    ceiling: int | None = None
    months: int = 36

    def dau(self) -> tuple[int, ...]:
        """The daily active users of each month."""
        users, found = Decimal(self.start), []
        for _ in range(self.months):
            found.append(int(users.to_integral_value(rounding=ROUND_HALF_UP)))
            room = 1 - users / self.ceiling if self.ceiling else Decimal(1)
            users += users * self.monthly_growth * room
        return tuple(found)


@dataclass(frozen=True, slots=True)
class MovePlan:
    """How a move is made.

    Args:
        dual_months: Months in which both databases run and are paid.
        by_import: Import from S3 instead of batch writes; only for tables that do not exist yet.
        verification_reads: How often every item is read back to compare it.
        engineering_usd: What people cost [USD]; the workbench does not guess it.
    """

    dual_months: int = 3
    by_import: bool = False
    verification_reads: int = 1
    engineering_usd: Decimal = Decimal(0)


@dataclass(frozen=True)
class Payback:
    """Two futures side by side.

    Args:
        table: One row a month: `month` (from 1), `dau`, `stay_usd`, `move_usd` and both cumulated [USD].
        month: First month from which the move stays the cheaper future; None where it never is.
        saving_usd: Saving at the end of the forecast [USD]; negative where the move has cost more.
    """

    table: pd.DataFrame
    month: int | None
    saving_usd: Decimal


def move_bill(priced: PricedCase, *, dau: int, plan: MovePlan, conventions: Conventions = STANDARD) -> Bill:
    """Returns what loading and checking the items of a case costs once.

    A batch write costs a unit for each begun KB of every item and index entry; sizes are known by their mean,
    so half a step is added for rounding up, as for evenly spread sizes. An import is billed by its bytes.

    Args:
        priced: The case and its prices.
        dau: Daily active users whose data is moved.
        plan: How it is moved.
        conventions: Size of a GB.

    Raises:
        InputError: Every price that this region lacks.

    Source: prices-export-import, dg-read-write-operations
    """
    places = list(_places(priced))
    written = _imported(places, conventions) if plan.by_import else _written(places)
    charges = [*_merged(written), *_merged(_read_back(places, plan.verification_reads))]
    return price_charges(charges, priced.book, priced.region, dau=dau, conventions=conventions)


def written_units(priced: PricedCase) -> list[tuple[str, str | None, Decimal]]:
    """Returns the write units of a load by table and index [per DAU], as `move_bill` counts them."""
    charges = _merged(_written(list(_places(priced))))
    return [(charge.table, charge.index, charge.count.per_dau) for charge in charges]


def payback(
    stay: CostCurve, move: CostCurve, forecast: DauForecast, *, one_off: Decimal, dual_months: int
) -> Payback:
    """Returns the futures of staying and of moving.

    Args:
        stay: The alternative in use.
        move: The alternative moved to.
        forecast: Users month by month.
        one_off: Cost of the move, paid in the first month [USD].
        dual_months: Months in which both are paid.

    Raises:
        InputError: An alternative is not sized for so many users.
    """
    users = forecast.dau()
    staying = [stay.usd(count) for count in users]
    moving = [
        move.usd(count) + (old if number < dual_months else 0) + (0 if number else one_off)
        for number, (count, old) in enumerate(zip(users, staying, strict=True))
    ]
    table = pd.DataFrame(
        {"month": range(1, len(users) + 1), "dau": users, "stay_usd": staying, "move_usd": moving}
    )
    table["stay_cumulated_usd"] = np.cumsum(np.array(staying, dtype=object))
    table["move_cumulated_usd"] = np.cumsum(np.array(moving, dtype=object))
    saving = (table["stay_cumulated_usd"] - table["move_cumulated_usd"]).to_numpy()
    month = float(first_ahead((saving >= 0)[None, :].astype(bool))[0])
    return Payback(table, None if np.isnan(month) else int(month), Decimal(saving[-1]))


def payback_of_draws(  # noqa: PLR0913 - two sides, their futures, and what moving costs
    costs: VectorCosts,
    ours: Sequence[str],
    theirs: str,
    values: Floats,
    forecast: DauForecast,
    *,
    one_off: float,
    dual_months: int,
) -> pd.DataFrame:
    """Returns the payback of every draw.

    Args:
        costs: The alternatives of a case.
        ours: Where the move leads: the cheapest of these in each month.
        theirs: The alternative in use.
        values: Draws of the assumptions.
        forecast: Users month by month.
        one_off: Cost of the move [USD].
        dual_months: Months in which both are paid.

    Returns:
        One row a draw: `month` of payback (NaN for never) and `saving_usd` at the end.
    """
    users = np.array(forecast.dau(), dtype=np.float64)
    stay = costs.usd(theirs, values, users)
    move = cheapest(costs, ours, values, users)
    move[:, :dual_months] += stay[:, :dual_months]
    move[:, 0] += one_off
    saving = np.cumsum(stay - move, axis=1)
    return pd.DataFrame({"month": first_ahead(saving >= 0), "saving_usd": saving[:, -1]})


def first_ahead(ahead: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Floats:
    """Returns the first month (from 1) from which a row stays ahead to its end, NaN where it does not."""
    behind_at_end = ~ahead[:, -1]
    kept = np.argmin(ahead[:, ::-1], axis=1)
    months = ahead.shape[1] - np.where(ahead.all(axis=1), ahead.shape[1], kept) + 1
    return np.where(behind_at_end, np.nan, months.astype(np.float64))


_Place = tuple[str, str | None, Decimal, Decimal]


def _places(priced: PricedCase) -> Iterator[_Place]:
    """Yields table, index, items per DAU and mean bytes of an item or entry there, overhead excluded."""
    for entity, sizes in priced.measured.entities.items():
        items = Decimal(str(priced.workload.items_per_dau(entity, sizes.items_per_user)))
        for place, billed in sizes.billed_bytes_per_item.items():
            index = place.partition("/")[2] or None
            yield (
                priced.design.entities[entity].table,
                index,
                items,
                max(Decimal(0), Decimal(str(billed)) - OVERHEAD_BYTES),
            )


def _stepped(mean_bytes: Decimal, step: int) -> Decimal:
    """Returns the expected number of begun steps, at least one."""
    return Decimal(1) if mean_bytes <= step * _HALF else max(Decimal(1), mean_bytes / step + _HALF)


_Part = tuple[tuple[str, str, str | None, Dimension], Decimal]


def _merged(parts: Iterator[_Part]) -> list[Charge]:
    """Returns one charge for each component, table and index [per DAU]."""
    sums: dict[tuple[str, str, str | None, Dimension], Decimal] = {}
    for place, amount in parts:
        sums[place] = sums.get(place, Decimal(0)) + amount
    return [
        Charge(component, table, index, Service.DYNAMODB, dimension, Quantity(per_dau=amount))
        for (component, table, index, dimension), amount in sums.items()
        if amount
    ]


def _written(places: Sequence[_Place]) -> Iterator[_Part]:
    for table, index, items, size in places:
        what = ("backfill writes", table, index, Dimension.ON_DEMAND_WRU_STANDARD)
        yield what, items * _stepped(size, WRITE_STEP_BYTES)


def _imported(places: Sequence[_Place], conventions: Conventions) -> Iterator[_Part]:
    for table, index, items, size in places:
        if index is None:
            what = ("import from S3", table, None, Dimension.IMPORT_FROM_S3)
            yield what, items * size / conventions.bytes_per_gb


def _read_back(places: Sequence[_Place], times: int) -> Iterator[_Part]:
    """Yields eventually consistent scans: pages of a megabyte hardly round, so bytes over 8 KB."""
    for table, index, items, size in places:
        if index is None:
            what = ("verification reads", table, None, Dimension.ON_DEMAND_RRU_STANDARD)
            yield what, items * size * times / (2 * READ_STEP_BYTES)
