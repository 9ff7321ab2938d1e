"""Everything that a decision between DynamoDB and a relational database rests on, for one case and region."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.compare.case_costs import AS_DESIGNED, ON_DEMAND, RELATIONAL, SIZED, case_costs, case_demands
from workbench.compare.case_model import case_model
from workbench.compare.crossing_table import crossing_table
from workbench.compare.draws import assumed, draw
from workbench.compare.modes import dynamodb_curve
from workbench.compare.payback import DauForecast, payback_of_draws
from workbench.compare.relational_case import case_needs, relational_curves
from workbench.compare.services import service_charges
from workbench.compare.uncertainty import (
    bands,
    chance_cheaper,
    cheapest,
    crossing_summary,
    crossings_of_draws,
)
from workbench.compare.vector_costs import COMMITTED, VectorCosts
from workbench.errors import InputError
from workbench.pricing.relational_sizing import ASSUMPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.compare.cost_curve import CostCurve
    from workbench.errors import Problem
    from workbench.pricing.book import PriceBook
    from workbench.pricing.quantity import Floats
    from workbench.pricing.reserved import Term
    from workbench.spec.case import Case
    from workbench.spec.measured import Measurement
    from workbench.spec.sql_profile import SqlProfile
    from workbench.spec.workload import Assumption, Workload

OURS = (ON_DEMAND, SIZED)
"""DynamoDB's modes that carry any number of users; an owner takes the cheaper one."""
GRID_POINTS = 121


@dataclass(frozen=True)
class CaseComparison:
    """The alternatives of a case, at the assumed values and for any others.

    Args:
        workload: Rates and assumptions.
        curves: Exact cost of each alternative at the assumed values, by name.
        missing: Prices that the region lacks; an alternative that needs one has no curve.
        costs: The same alternatives for any values of the assumptions.
        designed_until_dau: Users up to which the designed capacity carries the peak; None without a limit.
    """

    workload: Workload
    curves: dict[str, CostCurve]
    missing: tuple[Problem, ...]
    costs: VectorCosts
    designed_until_dau: int | None = None

    @property
    def ours(self) -> tuple[str, ...]:
        """DynamoDB's modes that could be priced."""
        return tuple(name for name in OURS if name in self.curves)

    @cached_property
    def committed(self) -> Mapping[Term, str]:
        """The mode with reserved capacity for each term that the region has prices for."""
        return {term: name for term, name in COMMITTED.items() if self._priced(name)}

    def _priced(self, name: str) -> bool:
        try:
            self.costs.usd(name, assumed(self.costs.model.assumptions), np.ones(1))
        except InputError:
            return False
        return True

    @property
    def theirs(self) -> tuple[str, ...]:
        """Relational alternatives that could be priced, the document's sizing last."""
        return tuple(name for name in self.costs.names if name in self.curves and name not in OURS)

    def draws(self, count: int, seed: int) -> Floats:
        """Returns draws of all assumptions."""
        return draw(self.costs.model.assumptions, count, seed)

    def crossings(self, low: int, high: int) -> pd.DataFrame:
        """Returns every crossing of each DynamoDB mode, and of the design as it is, with each rival."""
        theirs = [self.curves[name] for name in self.theirs]
        return crossing_table([*self._ours(high)], theirs, self.workload, low, high)

    def _ours(self, high: int) -> Iterator[CostCurve]:
        """Yields DynamoDB's curves; the designed capacity ends where it no longer carries the peak."""
        yield from (self.curves[name] for name in self.ours)
        if AS_DESIGNED in self.curves:
            last = high if self.designed_until_dau is None else self.designed_until_dau
            yield replace(self.curves[AS_DESIGNED], last_dau=last)

    def chances(self, values: Floats, dau: Floats, *, term: Term | None = None) -> pd.DataFrame:
        """Returns the chance that the cheapest DynamoDB mode beats each relational alternative, by users.

        Args:
            values: Draws of the assumptions.
            dau: Daily active users.
            term: Capacity may be reserved for so long, which must be in `committed`; None for no commitment.

        Returns:
            Columns `theirs`, `dau`, `chance`, `error`.
        """
        ours = self.ours if term is None else (*self.ours, self.committed[term])
        found = {name: chance_cheaper(self.costs, ours, name, values, dau) for name in self.theirs}
        return _stacked(found)

    def crossing_spread(self, values: Floats, dau: Floats) -> pd.DataFrame:
        """Returns where the crossings of the draws with each relational alternative fall.

        Returns:
            `theirs` and the columns of `crossing_summary`.
        """
        drawn = self.drawn_crossings(values, dau)
        found = {
            str(name): crossing_summary(part.drop(columns="theirs"), len(values))
            for name, part in drawn.groupby("theirs", sort=False)
        }
        return _stacked(found)

    def drawn_crossings(self, values: Floats, dau: Floats, *, resolution: float = 0.0) -> pd.DataFrame:
        """Returns every crossing of every draw with each relational alternative.

        Args:
            values: Draws of the assumptions.
            dau: Daily active users, ascending.
            resolution: Share of the users to which a crossing is found; 0 for the very user.

        Returns:
            `theirs` and the columns of `crossings_of_draws`.
        """
        found = {
            name: crossings_of_draws(self.costs, self.ours, name, values, dau, resolution=resolution)
            for name in self.theirs
        }
        return _stacked(found)

    def futures(self, theirs: str, forecast: DauForecast, one_off: float, dual_months: int) -> pd.DataFrame:
        """Returns what staying and moving have cost after each month, at the assumed values.

        Args:
            theirs: The relational alternative in use.
            forecast: Users month by month.
            one_off: Cost of the move, paid in the first month [USD].
            dual_months: Months in which both are paid.

        Returns:
            One row a month: `month` (from 1), `dau`, `stay_usd` and `move_usd`, cumulated [USD].
        """
        users = np.array(forecast.dau(), dtype=np.float64)
        plain = assumed(self.costs.model.assumptions)
        stay = self.costs.usd(theirs, plain, users)[0]
        move = cheapest(self.costs, self.ours, plain, users)[0]
        move[:dual_months] += stay[:dual_months]
        move[0] += one_off
        months = np.arange(1, len(users) + 1)
        sums = {"stay_usd": np.cumsum(stay), "move_usd": np.cumsum(move)}
        return pd.DataFrame({"month": months, "dau": users.astype(np.int64), **sums})

    def bands(self, values: Floats, dau: Floats) -> pd.DataFrame:
        """Returns quantiles of the cost of every alternative that could be priced."""
        return bands(self.costs, values, dau, names=(*self.ours, *self.theirs))

    def paybacks(
        self, values: Floats, forecast: DauForecast, one_off: float, dual_months: int
    ) -> pd.DataFrame:
        """Returns when a move away from each relational alternative has paid for itself.

        Args:
            values: Draws of the assumptions.
            forecast: Users month by month.
            one_off: Cost of the move [USD].
            dual_months: Months in which both are paid.

        Returns:
            One row an alternative: `theirs`, the `month` and `saving_usd` at the assumed values (NaN where it
            is never paid back, or the alternative is not sized for so many users), the `share` of draws that
            are paid back within the forecast, and the `month_p5`, `month_p50`, `month_p95` of those.
        """
        plain = assumed(self.costs.model.assumptions)
        rows = []
        for name in self.theirs:
            once, drawn = (
                payback_of_draws(
                    self.costs, self.ours, name, each, forecast, one_off=one_off, dual_months=dual_months
                )
                for each in (plain, values)
            )
            months = {f"month_p{level}": drawn["month"].quantile(level / 100) for level in (5, 50, 95)}
            rows.append({"theirs": name, **once.iloc[0], "share": drawn["month"].notna().mean(), **months})
        return pd.DataFrame(rows)


def dau_points(low: int, high: int, points: int = GRID_POINTS) -> Floats:
    """Returns whole numbers of users spread evenly over the logarithm, both ends included."""
    grid: Floats = np.unique(np.rint(np.geomspace(low, high, points)))
    return grid


def compare_case(  # noqa: PLR0913 - a case, what was measured of it, and prices
    case: Case,
    measured: Measurement,
    profile: SqlProfile,
    book: PriceBook,
    region: str,
    *,
    relational: Mapping[str, Assumption] = ASSUMPTIONS,
) -> CaseComparison:
    """Returns the alternatives of a case in a region.

    Args:
        case: Its design and workload.
        measured: Units of its patterns and sizes of its items.
        profile: Processor time of its SQL.
        book: Prices.
        region: AWS region code.
        relational: Assumptions of relational sizing.

    Raises:
        InputError: The region lacks prices of both of DynamoDB's modes or of every relational alternative.
    """
    design, workload = case.design, case.workload
    demands = case_demands(design, workload, measured)
    priced = case_costs(design, workload, demands, book, region)
    curves = {curve.name: curve for curve in priced.curves}
    missing = dict.fromkeys(priced.missing)
    needed = case_needs(design, workload, measured, profile, relational)
    for name, make in relational_curves(needed, book, region).items():
        try:
            curves[name] = make()
        except InputError as error:
            missing |= dict.fromkeys(error.problems)
    model = case_model(design, workload, measured, profile, relational)
    charges = service_charges(workload.services, demands)
    beside = (
        dynamodb_curve("services", (), book, region, beside=charges) if curves.keys() & set(OURS) else None
    )
    costs = VectorCosts(model, book, region, curves.get(RELATIONAL), beside)
    found = CaseComparison(workload, curves, tuple(missing), costs, priced.designed_until_dau)
    if not found.ours or not found.theirs:
        raise InputError(missing)
    return found


def _stacked(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    named = [part.assign(theirs=name) for name, part in parts.items()]
    table = pd.concat(named, ignore_index=True)
    table.insert(0, "theirs", table.pop("theirs"))
    return table
