"""How sure a comparison is: bands of cost, chances of being cheaper, and where crossings fall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.compare.vector_costs import VectorCosts
    from workbench.pricing.quantity import Floats

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of a band."""


def cheapest(costs: VectorCosts, names: Sequence[str], values: Floats, dau: Floats) -> Floats:
    """Returns the least cost of several alternatives [USD per month], one row a draw.

    Args:
        costs: The alternatives of a case.
        names: Those among which the cheapest is chosen, at each number of users anew.
        values: Draws of the assumptions.
        dau: Daily active users, one row for all draws or one a draw.
    """
    least: Floats = np.minimum.reduce([costs.usd(name, values, dau) for name in names])
    return least


def bands(
    costs: VectorCosts,
    values: Floats,
    dau: Floats,
    *,
    levels: Sequence[float] = LEVELS,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Returns quantiles of the cost of every alternative over the draws.

    Args:
        costs: The alternatives of a case.
        values: Draws of the assumptions.
        dau: Daily active users.
        levels: Quantiles, 0 to 1.
        names: Alternatives; None for all.

    Returns:
        One row an alternative and number of users that it is defined for: `alternative`, `dau`, and `p5`,
        `p25` and so on [USD per month].
    """
    columns = [f"p{level * 100:g}" for level in levels]
    parts = []
    for name in costs.names if names is None else names:
        found = np.quantile(costs.usd(name, values, dau), levels, axis=0).T
        part = pd.DataFrame(found, columns=columns)
        part.insert(0, "dau", dau)
        part.insert(0, "alternative", name)
        parts.append(part.dropna())
    return pd.concat(parts, ignore_index=True)


def chance_cheaper(
    costs: VectorCosts, ours: Sequence[str], theirs: str, values: Floats, dau: Floats
) -> pd.DataFrame:
    """Returns the share of draws in which one side is the cheaper one, by number of users.

    Args:
        costs: The alternatives of a case.
        ours: One side: the cheapest of these, as an owner would choose.
        theirs: The other side.
        values: Draws of the assumptions.
        dau: Daily active users.

    Returns:
        One row a number of users: `dau`, `chance` (NaN where the other side is not defined) and `error`, the
        standard error that the number of draws leaves.
    """
    difference = cheapest(costs, ours, values, dau) - costs.usd(theirs, values, dau)
    chance = np.where(np.isnan(difference).any(axis=0), np.nan, (difference < 0).mean(axis=0))
    error = np.sqrt(chance * (1 - chance) / len(values))
    return pd.DataFrame({"dau": dau, "chance": chance, "error": error})


def crossings_of_draws(  # noqa: PLR0913 - two sides, the draws, and how closely they are searched
    costs: VectorCosts,
    ours: Sequence[str],
    theirs: str,
    values: Floats,
    dau: Floats,
    *,
    resolution: float = 0.0,
) -> pd.DataFrame:
    """Returns every crossing of every draw, to the user or to a share of them.

    Between two neighbours of the grid a change of the cheaper side is bisected; two changes between the same
    neighbours cancel and are not seen, so a finer grid finds more of those that instance steps make.

    Args:
        costs: The alternatives of a case.
        ours: One side: the cheapest of these.
        theirs: The other side.
        values: Draws of the assumptions.
        dau: Whole numbers of daily active users, ascending.
        resolution: Share of the users to which a crossing is found, such as 0.01; 0 for the very user.

    Returns:
        One row a crossing: `draw`, `dau` (first number of users on the other side), `ours_cheaper_above`,
        `requests_per_second` on average and `peak_requests_per_second`.
    """
    ahead = _ahead(costs, ours, theirs, values, dau)
    rows, places = np.nonzero(ahead[:, 1:] * ahead[:, :-1] < 0)
    low, high = dau[places].astype(float), dau[places + 1].astype(float)
    before = ahead[rows, places]
    while (high - low > np.maximum(1.0, resolution * low)).any():
        middle = np.floor((low + high) / 2)
        same = _ahead(costs, ours, theirs, values[rows], middle[:, None])[:, 0] == before
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    rate = values[rows] @ costs.model.requests * high
    return pd.DataFrame(
        {
            "draw": rows,
            "dau": high.astype(np.int64),
            "ours_cheaper_above": before < 0,
            "requests_per_second": rate,
            "peak_requests_per_second": rate * costs.model.peak(values[rows]),
        }
    )


def crossing_summary(found: pd.DataFrame, draws: int) -> pd.DataFrame:
    """Returns how the crossings of many draws are spread.

    Args:
        found: From `crossings_of_draws`.
        draws: Number of draws that were searched.

    Returns:
        One row a direction (`ours_cheaper_above`): `share_of_draws` that have such a crossing, `per_draw`
        (their mean number), and `p5`, `p50`, `p95` of `dau` and of `requests_per_second`.
    """
    rows = []
    for upwards, part in found.groupby("ours_cheaper_above"):
        row = {"ours_cheaper_above": upwards, "share_of_draws": part["draw"].nunique() / draws}
        row["per_draw"] = len(part) / part["draw"].nunique()
        for column in ("dau", "requests_per_second"):
            row |= {f"{column}_p{level}": part[column].quantile(level / 100) for level in (5, 50, 95)}
        rows.append(row)
    return pd.DataFrame(rows)


def _ahead(costs: VectorCosts, ours: Sequence[str], theirs: str, values: Floats, dau: Floats) -> Floats:
    """Returns 1 where ours is cheaper or as cheap, -1 where it is not, 0 where theirs is not defined."""
    difference = costs.usd(theirs, values, dau) - cheapest(costs, ours, values, dau)
    return np.where(np.isnan(difference), 0.0, np.where(difference >= 0, 1.0, -1.0))
