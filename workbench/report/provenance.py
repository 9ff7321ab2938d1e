"""Where a measured number comes from: engine, machine, samples, seed."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a reader must know to judge or repeat a measurement.

    Args:
        engine: Engine and version, such as `dynamodb-local 3.1.0`.
        machine: Processor, cores and memory of this machine.
        samples: Measured requests or items, warm-up excluded.
        seed: Seed of every random choice.
    """

    engine: str
    machine: str
    samples: int
    seed: int

    def as_record(self) -> dict[str, Any]:
        """Returns the fields for `record`."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.engine}; {self.machine}; {self.samples:,} samples; seed {self.seed}"


def machine() -> str:
    """Returns processor, usable cores and memory of this machine in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    return f"{cores} cores of {_processor()}, {memory:.0f} GiB RAM, Python {platform.python_version()}"


def _processor() -> str:
    description = Path("/proc/cpuinfo")
    if description.exists():
        for line in description.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
