"""What a run keeps in memory, and whether it grows."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

BYTES_PER_MIB = 2**20
SETTLED_SHARE = 0.1
"""What comes before this share of a run is its beginning, when everything still grows."""


@dataclass(frozen=True, slots=True)
class Held:
    """Resident memory at a moment of the run.

    Args:
        at_s: When [s from the start].
        senders: Of the processes of the load together [bytes].
        collector: Of the process that collects [bytes].
        engine: Of the engine [bytes]; 0 where it cannot be read.
    """

    at_s: float
    senders: int
    collector: int
    engine: int


@dataclass(frozen=True, slots=True)
class Growth:
    """Resident memory over a run.

    Args:
        begin_mib: After a tenth of the run [MiB].
        end_mib: At its end [MiB].
        most_mib: The most from then on [MiB].
    """

    begin_mib: float
    end_mib: float
    most_mib: float


def resident(processes: Sequence[psutil.Process]) -> int:
    """Returns the resident memory of processes [bytes]; one that has ended holds none."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += int(process.memory_info().rss)
    return total


def growth(held: Sequence[Held]) -> dict[str, Growth]:
    """Returns how much the senders, the collector and the engine held; ended processes are left out.

    >>> growth([Held(0, 1, 1, 0), Held(10, 2**20, 2**21, 0)])["collector"].end_mib
    2.0
    """
    end_s = max((one.at_s for one in held), default=0.0)
    late = [one for one in held if one.at_s >= SETTLED_SHARE * end_s]
    found = {}
    for name in ("senders", "collector", "engine"):
        sizes = [size / BYTES_PER_MIB for one in late if (size := getattr(one, name))]
        if sizes:
            found[name] = Growth(sizes[0], sizes[-1], max(sizes))
    return found
