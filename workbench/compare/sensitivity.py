"""Which assumptions decide: each moved alone (tornado), and shares of the variance (Sobol indices)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from SALib.analyze import sobol as sobol_analysis
from SALib.sample import sobol as sobol_sequence

from workbench.compare.draws import Shape, assumed, one_at_a_time, shape_of, values_at
from workbench.compare.uncertainty import cheapest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.compare.vector_costs import VectorCosts
    from workbench.pricing.quantity import Floats

INDICES = {"first": "S1", "first_error": "S1_conf", "total": "ST", "total_error": "ST_conf"}
"""Our names of the indices and of the half widths of their intervals, and SALib's."""


def advantage(
    costs: VectorCosts, ours: Sequence[str], theirs: str, values: Floats, dau: float
) -> tuple[Floats, Floats]:
    """Returns cost of the other side and of ours [USD per month], one entry a draw.

    Args:
        costs: The alternatives of a case.
        ours: One side: the cheapest of these.
        theirs: The other side.
        values: Draws of the assumptions.
        dau: Daily active users.
    """
    users = np.array([float(dau)])
    return costs.usd(theirs, values, users)[:, 0], cheapest(costs, ours, values, users)[:, 0]


def tornado(costs: VectorCosts, ours: Sequence[str], theirs: str, dau: float) -> pd.DataFrame:
    """Returns what each assumption alone does to the saving, the strongest first.

    Args:
        costs: The alternatives of a case.
        ours: One side: the cheapest of these.
        theirs: The other side.
        dau: Daily active users.

    Returns:
        One row an assumption: its `low`, `value` and `high`, the `saving_at_low`, `saving` and
        `saving_at_high` [USD per month] of ours against theirs, their `swing`, and whether the cheaper side
        `changes` within its range.
    """
    assumptions = costs.model.assumptions
    theirs_usd, ours_usd = advantage(costs, ours, theirs, one_at_a_time(assumptions), dau)
    base_theirs, base_ours = advantage(costs, ours, theirs, assumed(assumptions), dau)
    saving = (theirs_usd - ours_usd).reshape(-1, 2)
    table = pd.DataFrame(
        [(name, one.low, one.value, one.high) for name, one in assumptions.items()],
        columns=["assumption", "low", "value", "high"],
    )
    table["saving_at_low"], table["saving_at_high"] = saving[:, 0], saving[:, 1]
    table["saving"] = float((base_theirs - base_ours)[0])
    ends = table[["saving_at_low", "saving_at_high", "saving"]]
    table["swing"] = ends.max(axis=1) - ends.min(axis=1)
    table["changes"] = (ends.min(axis=1) < 0) & (ends.max(axis=1) > 0)
    return table.sort_values("swing", ascending=False, ignore_index=True)


def sobol_indices(  # noqa: PLR0913 - the question, and how closely it is answered
    costs: VectorCosts, ours: Sequence[str], theirs: str, dau: float, *, base: int = 1024, seed: int = 1
) -> pd.DataFrame:
    """Returns the share of the variance that each assumption causes, the largest first.

    The outcome is the logarithm of the cost of theirs over that of ours, so that draws with large bills do
    not drown the others. An index of first order is what the assumption does alone, the total index what it
    does in all its interactions.

    Args:
        costs: The alternatives of a case.
        ours: One side: the cheapest of these.
        theirs: The other side.
        dau: Daily active users.
        base: Points of the sequence, a power of two; assumptions + 2 evaluations are made for each.
        seed: Chooses the scrambling and the resampling.

    Returns:
        One row an assumption that is not fixed: `assumption`, `first`, `first_error`, `total`, `total_error`
        (half widths of 95 % intervals).

    Source: sobol-indices
    """
    moving = [name for name, one in costs.model.assumptions.items() if shape_of(one) is not Shape.FIXED]
    problem = {"num_vars": len(moving), "names": moving, "bounds": [[0.0, 1.0]] * len(moving)}
    points = sobol_sequence.sample(problem, base, calc_second_order=False, seed=seed)
    theirs_usd, ours_usd = advantage(costs, ours, theirs, _values(costs, moving, points), dau)
    outcome = np.log(theirs_usd / ours_usd)
    if np.ptp(outcome) == 0:
        return pd.DataFrame({"assumption": moving, **dict.fromkeys(INDICES, 0.0)})
    found = sobol_analysis.analyze(problem, outcome, calc_second_order=False, seed=seed)
    table = pd.DataFrame({"assumption": moving, **{name: found[key] for name, key in INDICES.items()}})
    return table.sort_values("total", ascending=False, ignore_index=True)


def _values(costs: VectorCosts, moving: Sequence[str], points: Floats) -> Floats:
    assumptions = costs.model.assumptions
    shares = np.zeros((len(points), len(assumptions)))
    columns = [list(assumptions).index(name) for name in moving]
    shares[:, columns] = points
    return values_at(assumptions, shares)
