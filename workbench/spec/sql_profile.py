"""What the questions of a case cost a PostgreSQL server: processor time, measured once and kept."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from workbench.spec.base import SpecModel

PROFILE = "sql_profile.json"
UNMEASURED_CPU_SECONDS = 0.0003
"""Processor time of a request that has not been measured [CPU s]."""


class SqlCost(SpecModel):
    """What one request of a pattern costs the server."""

    cpu_seconds: float = Field(ge=0)
    """Mean processor time of the server process [CPU s per request]."""
    buffers: float = Field(default=0, ge=0)
    """Mean blocks of 8 KB touched, cached or not [blocks per request]."""
    requests: int = Field(default=0, ge=0)
    """Requests measured."""


class SqlProfile(SpecModel):
    """Processor time of the questions of a case, measured on one machine."""

    case: str
    """The case."""
    server: str
    """Server and version."""
    machine: str
    """Processor, cores and memory of the machine."""
    method: str
    """How the processor time was measured."""
    users: int = Field(ge=1)
    """Registered users in the data."""
    patterns: dict[str, SqlCost]
    """Pattern to the cost of its question."""

    def cpu_seconds(self, pattern: str) -> float:
        """Returns the processor time of a request [CPU s]; a stand-in where it was not measured."""
        found = self.patterns.get(pattern)
        return UNMEASURED_CPU_SECONDS if found is None else found.cpu_seconds


def load_sql_profile(directory: Path) -> SqlProfile:
    """Returns the profile beside a case's files; one without patterns where none was measured."""
    path = directory / PROFILE
    if path.exists():
        return SqlProfile.model_validate_json(path.read_text(encoding="utf-8"))
    method = f"not measured: {UNMEASURED_CPU_SECONDS * 1000:g} ms a request are assumed"
    return SqlProfile(case=directory.name, server="none", machine="none", method=method, users=1, patterns={})
