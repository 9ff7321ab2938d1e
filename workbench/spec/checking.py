"""Checks one file of a case, or all of them, as the command line asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from pathlib import Path
from typing import Any

from workbench.errors import InputError, Problem
from workbench.spec.case import load_case
from workbench.spec.checks import check_design, check_plan, check_workload
from workbench.spec.findings import Finding
from workbench.spec.kinds import KINDS
from workbench.spec.loader import load_model
from workbench.spec.plans import PLANS


def check_input(name: str) -> str:
    """Returns a line that says what was checked: a case, or a single YAML file.

    Args:
        name: A case's name or folder, or a file; its kind is its name without the ending, else a design.

    Raises:
        InputError: Something is wrong; all problems at once.
    """
    path = Path(name)
    if path.suffix.lower() in {".yaml", ".yml"} or path.is_file():
        return _checked_file(path)
    design = load_case(name).design
    parts: dict[str, Sized] = {
        "tables": design.tables,
        "entities": design.entities,
        "access patterns": design.patterns,
    }
    counts = ", ".join(f"{len(found)} {what}" for what, found in parts.items())
    return f"{name}: {counts}: no problem found"


def _checked_file(path: Path) -> str:
    kind = "plan" if path.resolve().parent == PLANS else path.stem if path.stem in KINDS else "design"
    checks: dict[str, Callable[[Any], Iterable[Finding]]] = {
        "design": check_design,
        "workload": lambda workload: check_workload(workload, None),
        "plan": check_plan,
    }
    load_model(path, KINDS[kind], checks.get(kind, lambda _: ()))
    return f"{path}: no problem found"


def check_inputs(names: Iterable[str]) -> list[str]:
    """Returns a line for each input.

    Args:
        names: Cases, folders or files.

    Raises:
        InputError: Something is wrong; all problems of all inputs at once.
    """
    lines: list[str] = []
    problems: list[Problem] = []
    for name in names:
        try:
            lines.append(check_input(name))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return lines
