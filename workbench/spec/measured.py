"""What was measured of a case and holds while its files stay the same: units and sizes, no times."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from workbench.errors import InputError, Problem
from workbench.spec.base import SpecModel
from workbench.spec.case import named
from workbench.spec.yaml_reader import read_document

MEASURED = "measured.json"
_FILES = ("design.yaml", "mapping.yaml", "population.yaml", "source.sql")
_WITHOUT_EFFECT = frozenset({"title", "summary", "document", "decisions", "suppressions", "latency_goals"})


class EntitySizes(SpecModel):
    """Sizes of the items of one entity."""

    items_per_user: float
    """Items that one registered user has on average; shared items are divided among all."""
    mean_bytes: float
    p50_bytes: int
    p99_bytes: int
    max_bytes: int
    billed_bytes_per_item: dict[str, float]
    """Place (`table` or `table/index`) to mean billed bytes that an item takes there, 100 bytes included."""


class Measurement(SpecModel):
    """Units of the access patterns and sizes of the items, measured on one population."""

    schema_version: int = 1
    case: str
    fingerprint: str
    """Of the files that the measurement depends on; another one means that it has to be made again."""
    engine: str
    users: int
    seed: int
    samples: int
    """Requests measured a pattern, at most."""
    units: dict[str, dict[str, float]]
    """Pattern to mean units of one request by place (`table` or `table/index`), by the rules of AWS."""
    entities: dict[str, EntitySizes]


def fingerprint(directory: Path) -> str:
    """Returns a digest of what a measurement of the case depends on; comments and decisions do not count."""
    parts = {name: _content(directory / name) for name in _FILES}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _content(path: Path) -> object:
    if not path.exists():
        return None
    if path.suffix == ".sql":
        return path.read_text(encoding="utf-8")
    content = read_document(path).data
    return {name: content[name] for name in content if name not in _WITHOUT_EFFECT}


def load_measurement(directory: Path) -> Measurement:
    """Returns the measurement that lies beside a case's files.

    Raises:
        InputError: There is none, or a file of the case has changed since.
    """
    path = directory / MEASURED
    if not path.exists():
        raise InputError([_problem(path, "the case has not been measured")])
    measurement = Measurement.model_validate_json(path.read_text(encoding="utf-8"))
    if measurement.fingerprint != fingerprint(directory):
        raise InputError([_problem(path, "the case's files have changed since it was measured")])
    return measurement


def _problem(path: Path, message: str) -> Problem:
    return Problem(str(path), 0, "", message, f"Run `workbench measure {named(path.parent)}`")
