"""Results that the notebooks of one run hand to each other, as JSON with where they come from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

RECORDS_VARIABLE = "WORKBENCH_RECORDS"
"""Names the folder of the run's results; without it they live in this process only."""

_HERE: dict[str, str] = {}


def record(name: str, value: dict[str, Any]) -> None:
    """Keeps a result under a name for the notebooks that run later.

    Args:
        name: A short name, such as `latency`.
        value: JSON values; a Decimal is kept as its text.
    """
    text = json.dumps(value, indent=1, sort_keys=True, default=str, ensure_ascii=False)
    directory = _directory()
    if directory is None:
        _HERE[name] = text
        return
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = directory / f".{name}.{os.getpid()}"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(directory / f"{name}.json")


def recorded(name: str) -> dict[str, Any] | None:
    """Returns the result kept under a name; None when no notebook of this run kept one."""
    directory = _directory()
    if directory is not None:
        return read_record(directory, name)
    return json.loads(_HERE[name]) if name in _HERE else None


def read_record(directory: Path, name: str) -> dict[str, Any] | None:
    """Returns a result from the folder of a run; None when it has none of that name."""
    file = directory / f"{name}.json"
    if not file.exists():
        return None
    value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return value


def _directory() -> Path | None:
    named = os.environ.get(RECORDS_VARIABLE)
    return Path(named) if named else None
