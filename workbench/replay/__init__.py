"""Replays the access patterns of a case: times, units and answers, beside the same questions in SQL.

Names are imported on first use: the processes that send a load need none of them and start the sooner for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "Histogram": "measure",
    "Latency": "latency",
    "PatternResult": "results",
    "ReplayResult": "results",
    "Sizes": "measure",
    "measure_sizes": "measure",
    "measurement": "measure",
    "replay": "driver",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
