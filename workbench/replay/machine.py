"""The machine that a measurement was made on, in one line."""

from __future__ import annotations

import platform
from pathlib import Path

import psutil

BYTES_PER_GB = 2**30


def describe_machine() -> str:
    """Returns processor, cores and memory, such as `AMD EPYC 7B13, 2 cores, 8 GB`."""
    memory_gb = psutil.virtual_memory().total / BYTES_PER_GB
    return f"{_processor()}, {psutil.cpu_count()} cores, {memory_gb:.0f} GB"


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
