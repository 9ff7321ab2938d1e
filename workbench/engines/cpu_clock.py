"""Processor time of another process on this machine, as its scheduler counts it."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import EngineError

NANOSECONDS = 1_000_000_000


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
