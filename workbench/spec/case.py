"""A case: one folder with everything about one system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from workbench.errors import InputError, Problem
from workbench.spec.checks import check_design, check_mapping, check_migration, check_workload
from workbench.spec.checks_case import case_is_named_alike
from workbench.spec.checks_migration import ended_pattern_exists
from workbench.spec.design import Design
from workbench.spec.findings import Finding, listed, nearest, shown, unknown
from workbench.spec.loader import Loaded, read_model
from workbench.spec.mapping import Mapping
from workbench.spec.migration import Migration
from workbench.spec.plans import load_plan, plan_names
from workbench.spec.population import Population
from workbench.spec.workload import Workload

DESIGNS = Path(__file__).parents[2] / "data" / "designs"

CaseFile = TypeVar("CaseFile", Design, Workload, Mapping, Population, Migration)


@dataclass(frozen=True)
class Case:
    """One system: its design, traffic, relational source and how it moves.

    Args:
        directory: The folder that holds the files.
        design: Tables, entities and access patterns.
        workload: Traffic and assumptions.
        mapping: Rows to items; None for a case without a relational source.
        population: How test data is drawn; None for a case without a relational source.
        source_sql: The relational schema; None for a case without one.
        migration: The plan that its move follows; None for the usual one.
    """

    directory: Path
    design: Design
    workload: Workload
    mapping: Mapping | None
    population: Population | None
    source_sql: str | None
    migration: Migration | None = None

    @property
    def name(self) -> str:
        """The case's name, which is its folder's."""
        return self.design.case


def case_names() -> list[str]:
    """Returns the names of the cases in data/designs."""
    return sorted(path.parent.name for path in DESIGNS.glob("*/design.yaml"))


def named(directory: Path) -> str:
    """Returns what commands take for the case in a folder: its name, or the folder when it lies elsewhere."""
    inside = directory.resolve().parent == DESIGNS.resolve()
    return directory.resolve().name if inside else str(directory)


def load_case(name: str) -> Case:
    """Returns the case of that name in data/designs, or of that folder.

    Raises:
        InputError: There is no such case, or files of it are wrong; all problems of all files.
    """
    directory = _directory(name)
    files = _CaseFiles(directory)
    problems = list(files.problems())
    if problems or files.design.model is None or files.workload.model is None:
        raise InputError(problems)
    source = directory / "source.sql"
    return Case(
        directory=directory,
        design=files.design.model,
        workload=files.workload.model,
        mapping=files.mapping.model if files.mapping else None,
        population=files.population.model if files.population else None,
        source_sql=source.read_text(encoding="utf-8") if source.exists() else None,
        migration=files.migration.model if files.migration else None,
    )


def _directory(name: str) -> Path:
    if Path(name).is_dir():
        return Path(name)
    known = case_names()
    if name not in known:
        near = nearest(name, known)
        step = f"Write `{near}`." if near else "Name one of them, or a folder with a design.yaml."
        message = f"there is no such case; got {shown(name)}, allowed {listed(known)}"
        raise InputError([Problem("case", 0, "", message, step)])
    return DESIGNS / name


class _CaseFiles:
    """The files of a case as far as they can be read, with what is wrong in and between them.

    Args:
        directory: The folder that holds the files.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.design = self._read("design.yaml", Design)
        self.workload = self._read("workload.yaml", Workload)
        self.mapping = self._read_if_there("mapping.yaml", Mapping)
        self.population = self._read_if_there("population.yaml", Population)
        self.migration = self._read_if_there("migration.yaml", Migration)

    def problems(self) -> Iterator[Problem]:
        """Yields the problems of all files after checking them against each other."""
        self._check()
        for loaded in (self.design, self.workload, self.mapping, self.population, self.migration):
            if loaded is not None:
                self._check_name(loaded)
                yield from loaded.problems()

    def _check(self) -> None:
        unreadable = self.design.names() | self.workload.names()
        design = self.design.model
        if design is not None:
            self.design.add(check_design(design), unreadable)
        if self.workload.model is not None:
            self.workload.add(check_workload(self.workload.model, design), unreadable)
        if self.mapping is not None and self.mapping.model is not None:
            self.mapping.add(check_mapping(self.mapping.model, design), unreadable)
        if self.migration is not None and self.migration.model is not None:
            self.migration.add(_against_plan(self.migration.model), unreadable)
            if design is not None:
                self.migration.add(ended_pattern_exists(self.migration.model, design), unreadable)

    def _check_name(self, loaded: Loaded[Any]) -> None:
        if loaded.model is not None:
            loaded.add(case_is_named_alike(loaded.model.case, self._directory.resolve().name), set())

    def _read(self, name: str, model: type[CaseFile]) -> Loaded[CaseFile]:
        path = self._directory / name
        return read_model(path, model, shown_path(path))

    def _read_if_there(self, name: str, model: type[CaseFile]) -> Loaded[CaseFile] | None:
        return self._read(name, model) if (self._directory / name).exists() else None


def _against_plan(migration: Migration) -> Iterator[Finding]:
    if migration.follows in plan_names():
        yield from check_migration(migration, load_plan(migration.follows))
    else:
        yield unknown(("follows",), "plan in data/plans", migration.follows, plan_names())


def shown_path(path: Path) -> str:
    """Returns a path relative to the working directory when it lies below it."""
    full = path.resolve()
    return str(full.relative_to(Path.cwd())) if full.is_relative_to(Path.cwd()) else str(path)
