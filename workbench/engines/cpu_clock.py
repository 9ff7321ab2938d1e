"""Processor time of another process on this machine, as its scheduler counts it."""

from __future__ import annotations

import time
from pathlib import Path

from workbench.errors import EngineError

NANOSECONDS = 1_000_000_000
_ON_PROCESSOR = 2


def cpu_seconds(pid: int) -> float:
    """Returns the processor time that the only thread of a process has had so far [s].

    The scheduler of Linux counts nanoseconds and settles the account when the process waits, so two readings
    while it waits for its next request differ by exactly what happened between them.

    Raises:
        EngineError: There is no such process here, or the system keeps no such account.

    Source: linux-schedstat
    """
    try:
        text = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        raise EngineError(
            f"The processor time of process {pid} cannot be read: it does not run on this machine, or "
            "this is not Linux. Measure on the embedded PostgreSQL under Linux."
        ) from None
    return int(text.split()[0]) / NANOSECONDS


def process_cpu_ns(pid: int) -> int:
    """Returns the processor time that all threads of a process have had so far, ended ones included [ns].

    Linux has a clock for each process; its number is the process's, inverted, above three bits of which 2
    means time on the processor.

    Raises:
        EngineError: There is no such process here, or the system has no such clock.

    Source: linux-process-clock
    """
    try:
        return time.clock_gettime_ns((~pid << 3) | _ON_PROCESSOR)
    except OSError:
        raise EngineError(
            f"The processor time of process {pid} cannot be read: it does not run on this machine, or "
            "this is not Linux. Measure on an embedded engine under Linux."
        ) from None
