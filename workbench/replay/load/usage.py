"""Who uses the processors of this machine: the engine, the load, and everything else."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import psutil


def process_of(pid: int | None) -> psutil.Process | None:
    """Returns a process of this machine; None where there is none of this id."""
    try:
        return psutil.Process(pid) if pid is not None else None
    except psutil.Error:
        return None


def cpu_seconds(process: psutil.Process) -> float:
    """Returns the processor time of a process and those that it started [s]."""
    everyone = [process, *process.children(recursive=True)]
    return sum(_own_seconds(one) for one in everyone)


def _own_seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def machine_seconds() -> float:
    """Returns the processor time of everything on this machine so far [s]."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    return float(sum(times[:8]) - idle)


TOLD_CORES = 0.05
"""Less than this rounds to nothing [processors]."""


def _yielding_seconds() -> float:
    """Returns the processor time of everything with a raised niceness so far [s]; 0 where none is counted."""
    return float(getattr(psutil.cpu_times(), "nice", 0.0))


@dataclass(frozen=True, slots=True)
class Crowd:
    """What others did while something was measured.

    Args:
        cores: Processors that neither this process nor those that it started used, average.
        of_cores: Processors that the machine has.
        giving_way: Further processors that programs of lower priority used, average.
    """

    cores: float
    of_cores: int
    giving_way: float = 0.0

    def __str__(self) -> str:
        text = f"others used {self.cores:.1f} of {self.of_cores} processors meanwhile"
        if self.giving_way >= TOLD_CORES:
            text += f" and programs that give way {self.giving_way:.1f}"
        return f"{text}, so the times hold waiting for them, too" if self.cores > self.of_cores / 4 else text


class CrowdMeter:
    """Measures what others do from when it is made."""

    def __init__(self) -> None:
        self._own = psutil.Process()
        self._begin = self._reading()

    def _reading(self) -> tuple[float, float, float]:
        own, giving_way = cpu_seconds(self._own), _yielding_seconds()
        others = machine_seconds() - giving_way
        if giving_way and self._own.nice() > 0:
            return time.perf_counter(), others, giving_way - own
        return time.perf_counter(), others - own, giving_way

    def read(self) -> Crowd:
        """Returns what others did since then."""
        now, others, giving_way = self._reading()
        seconds = max(now - self._begin[0], 1e-9)
        cores = max(others - self._begin[1], 0.0) / seconds
        return Crowd(cores, psutil.cpu_count() or 1, (giving_way - self._begin[2]) / seconds)
