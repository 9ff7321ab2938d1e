"""`python -m workbench.report.aside`: a notebook kernel that leaves the first processor to what is timed.

It gives way by priority, too, which counts where the system's scheduler does not weigh each session alike.
"""

from __future__ import annotations

import os
import runpy

NICENESS = 10


def step_aside() -> None:
    """Lowers the priority of this process and keeps it, and all that it starts, off the first processor."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[1:] or allowed)


if __name__ == "__main__":
    step_aside()
    runpy.run_module("ipykernel_launcher", run_name="__main__")
