"""Every crossing of every pair of alternatives, in users and in requests a second."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.compare.break_even import Crossing, crossings
from workbench.compare.case_costs import peak_to_mean
from workbench.compare.relational_case import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.compare.cost_curve import CostCurve
    from workbench.spec.workload import Workload

COLUMNS = (
    "ours",
    "theirs",
    "dau",
    "cheaper_below",
    "cheaper_above",
    "by_jump",
    "usd_below",
    "usd_above",
    "requests_per_second",
    "peak_requests_per_second",
)


def requests_per_second(workload: Workload, dau: int) -> tuple[float, float]:
    """Returns the mean rate and the rate at the peak [requests per second] of so many daily active users."""
    mean = sum(workload.requests_per_dau_day(name) for name in workload.rates) * dau / SECONDS_PER_DAY
    return mean, mean * float(peak_to_mean(workload))


def crossing_table(
    ours: Sequence[CostCurve], theirs: Sequence[CostCurve], workload: Workload, low: int, high: int
) -> pd.DataFrame:
    """Returns every crossing between two groups of alternatives.

    Args:
        ours: Alternatives of one side.
        theirs: Alternatives of the other side.
        workload: Turns users into requests a second.
        low: Least number of daily active users.
        high: Largest number.

    Returns:
        One row a crossing, columns as `COLUMNS`: costs [USD per month] there, mean and peak rate
        [requests per second]. A pair without a row has the same cheaper side everywhere.
    """
    rows = [
        _row(mine, other, found, workload)
        for mine, other in product(ours, theirs)
        for found in crossings(mine, other, low, high)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(mine: CostCurve, other: CostCurve, found: Crossing, workload: Workload) -> dict[str, Any]:
    mean, peak = requests_per_second(workload, found.dau)
    return {
        "ours": mine.name,
        "theirs": other.name,
        "dau": found.dau,
        "cheaper_below": found.cheaper_below,
        "cheaper_above": found.cheaper_above,
        "by_jump": found.by_jump,
        "usd_below": float(found.usd_below),
        "usd_above": float(found.usd_above),
        "requests_per_second": mean,
        "peak_requests_per_second": peak,
    }
