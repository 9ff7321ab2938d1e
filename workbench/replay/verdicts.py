"""Whether a documented target holds, as far as the samples can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from workbench.replay.load.histograms import Quantile

Verdict = Literal["holds", "misses", "open", "no target"]
"""Open: the target lies within the confidence interval, or the samples are too few."""

ASSUMED_TARGET_MS = 100.0
"""Limit where a load needs one and none is documented [ms]: what document 004 asks of all queries."""


def verdict(p99: Quantile, target_ms: float | None) -> Verdict:
    """Returns whether a 99th percentile is below its target with 95 % confidence.

    >>> verdict(Quantile(6.0, 5.0, 8.0), 10), verdict(Quantile(9.0, 8.0, 11.0), 10)
    ('holds', 'open')
    """
    if target_ms is None:
        return "no target"
    if p99.high_ms is not None and p99.high_ms < target_ms:
        return "holds"
    if p99.low_ms is not None and p99.low_ms >= target_ms:
        return "misses"
    return "open"


def verdict_of_all(p99s: Sequence[Quantile], target_ms: float | None) -> Verdict:
    """Returns whether each of several 99th percentiles is below one target: the worst verdict of them.

    >>> verdict_of_all((Quantile(6.0, 5.0, 8.0), Quantile(9.0, 8.0, 11.0)), 10)
    'open'
    """
    found = {verdict(p99, target_ms) for p99 in p99s}
    order: tuple[Verdict, ...] = ("misses", "open", "holds")
    return next((one for one in order if one in found), "no target" if target_ms is None else "open")
