"""Replays the access patterns of a case: times, units and answers, beside the same questions in SQL."""

from workbench.replay.driver import replay
from workbench.replay.latency import Latency
from workbench.replay.measure import Histogram, Sizes, measure_sizes, measurement
from workbench.replay.results import PatternResult, ReplayResult

__all__ = [
    "Histogram",
    "Latency",
    "PatternResult",
    "ReplayResult",
    "Sizes",
    "measure_sizes",
    "measurement",
    "replay",
]
