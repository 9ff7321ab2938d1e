"""Makes the pages of a case: runs its notebooks in order and puts the pages in place together."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_event_loop

from workbench.errors import InputError, Problem
from workbench.pricing import Dimension, PriceBook, Service
from workbench.report.pages import Link, Page, render_notebook
from workbench.report.parameters import check_parameters, parameters_of
from workbench.report.record import read_record
from workbench.report.runner import read_notebook, run_notebook
from workbench.report.site import prepare, replacing, write_about, write_index
from workbench.spec import load_case
from workbench.spec.case import DESIGNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nbformat import NotebookNode

    from workbench.report.parameters import Parameter
    from workbench.spec import Case

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

ALONE = "alone"
"""Key of a notebook's `workbench` metadata: true where it times engines, so that it runs first and alone."""

CASES = "cases"
"""Key of a notebook's `workbench` metadata: names of the cases that it is for; all where it is absent."""

SUMMARY = "00_summary"
"""Runs last, because it shows what the others found, and is read first."""


def build_reports(
    cases: Sequence[str],
    reports: Path,
    parameters: Mapping[str, Any],
    *,
    notebooks: Path = NOTEBOOKS,
    progress: bool = True,
) -> Path:
    """Runs all notebooks of the cases and returns the path of the index.

    Args:
        cases: Names of cases; every case that has a design when empty.
        reports: Folder of the pages.
        parameters: Name to value; each notebook gets those that it declares.
        notebooks: Folder of the notebooks.
        progress: Show a bar a notebook on stderr.

    Raises:
        InputError: A case or a parameter is wrong; nothing has run.
        ReportError: A notebook failed or a page could not be written; all former pages are in place.
    """
    paths = reading_order(notebooks)
    check_given(paths, parameters)
    check_region(parameters)
    loaded = [load_case(name) for name in cases or known_cases()]
    prepare(reports)
    with ExitStack() as stack:
        builds = [_begin(case, paths, reports, stack) for case in loaded]
        _run_in_stages(builds, partial(_run, parameters=parameters, progress=progress))
        for build in builds:
            build.write()
    return write_index(reports)


def known_cases() -> list[str]:
    """Returns the names of all cases that have a design."""
    return sorted(path.parent.name for path in DESIGNS.glob("*/design.yaml"))


def reading_order(notebooks: Path) -> list[Path]:
    """Returns the notebooks of a folder in the order in which they are read."""
    return sorted(notebooks.glob("[0-9][0-9]_*.ipynb"))


def check_given(paths: Sequence[Path], parameters: Mapping[str, Any]) -> None:
    """Checks parameters against all notebooks at once.

    Raises:
        InputError: A parameter that no notebook declares, or of another type than its default.
    """
    declared: dict[str, Parameter] = {}
    for path in paths:
        declared |= parameters_of(read_notebook(path))
    check_parameters("notebooks", declared, parameters)


def check_region(parameters: Mapping[str, Any]) -> None:
    """Checks that there are prices for a region that was asked for.

    Raises:
        InputError: There are none; lists the regions that have some.
    """
    known = PriceBook.newest().regions(service=Service.DYNAMODB, dimension=Dimension.STORAGE_STANDARD)
    region = parameters.get("region")
    if region is not None and region not in known:
        message = f"no prices for this region; got {region!r}, allowed {', '.join(known)}"
        raise InputError([Problem("notebooks", 0, "parameters.region", message, "Choose one of them.")])


@dataclass(frozen=True)
class _Build:
    """The pages of one case in the making.

    Args:
        case: The case.
        directory: Where its pages go until all are there.
        records: Where its notebooks leave results for each other.
        paths: Its notebooks in the order in which they are read.
        notebooks: What has run.
    """

    case: Case
    directory: Path
    records: Path
    paths: Sequence[Path]
    notebooks: dict[Path, NotebookNode] = field(default_factory=dict)

    def write(self) -> None:
        """Writes the pages and what the index says about them."""
        for path, notebook in self.notebooks.items():
            html = render_notebook(notebook, _page(self.case, path, self.paths, notebook))
            (self.directory / f"{path.stem}.html").write_text(html, encoding="utf-8")
        write_about(self.directory, _about(self.case, self.paths, self.records))


def _begin(case: Case, paths: Sequence[Path], reports: Path, stack: ExitStack) -> _Build:
    directory = stack.enter_context(replacing(reports, case.name))
    own = [path for path in paths if case.name in _setting(path, CASES, [case.name])]
    return _Build(case, directory, Path(stack.enter_context(tempfile.TemporaryDirectory())), own)


def _setting(path: Path, name: str, default: Any) -> Any:
    return read_notebook(path).metadata.get("workbench", {}).get(name, default)


def _run_in_stages(builds: Sequence[_Build], run: Callable[[_Build, Path], NotebookNode]) -> None:
    """Runs what is timed one after another, then the other notebooks side by side, then the summaries."""
    everything = [(build, path) for build in builds for path in build.paths]
    for stage, workers in enumerate((1, os.cpu_count(), os.cpu_count())):
        jobs = [(build, path) for build, path in everything if _stage(path) == stage]
        with ThreadPoolExecutor(workers) as pool:
            done = pool.map(partial(_in_own_loop, run), *zip(*jobs, strict=True)) if jobs else ()
            for (build, path), notebook in zip(jobs, done, strict=True):
                build.notebooks[path] = notebook


def _in_own_loop(run: Callable[[_Build, Path], NotebookNode], build: _Build, path: Path) -> NotebookNode:
    """Runs a notebook in a thread of the pool and closes the event loop that its kernel client leaves."""
    loop = ensure_event_loop()
    try:
        return run(build, path)
    finally:
        loop.close()


def _stage(path: Path) -> int:
    if path.stem == SUMMARY:
        return 2
    return 0 if _setting(path, ALONE, default=False) else 1


def _run(build: _Build, path: Path, *, parameters: Mapping[str, Any], progress: bool) -> NotebookNode:
    declared = parameters_of(read_notebook(path))
    own = {name: value for name, value in parameters.items() if name in declared}
    given = {**own, "case": case_argument(build.case)}
    return run_notebook(path, given, build.records, progress=progress)


def case_argument(case: Case) -> str:
    """Returns what finds the case again: its name, or its folder when that lies elsewhere."""
    try:
        return (
            case.name if load_case(case.name).directory == case.directory else str(case.directory.resolve())
        )
    except (InputError, OSError):
        return str(case.directory.resolve())


def _page(case: Case, path: Path, paths: Sequence[Path], notebook: NotebookNode) -> Page:
    values = {name: found.default for name, found in parameters_of(notebook).items()}
    values |= _injected(notebook)
    settings = ", ".join(f"{name} = {value}" for name, value in values.items())
    links = [Link("All reports", "../index.html")]
    links += [Link(_title(other), f"{other.stem}.html", current=other == path) for other in paths]
    return Page(f"{_title(path)} | {case.design.title}", links, f"Made from {path.name} with {settings}.")


def _injected(notebook: NotebookNode) -> dict[str, Any]:
    values: dict[str, Any] = notebook.metadata.papermill.get("parameters", {})
    return values


def _title(path: Path) -> str:
    title: str = read_notebook(path).metadata.get("title", path.stem)
    return title


def _about(case: Case, paths: Sequence[Path], records: Path) -> dict[str, Any]:
    summary = read_record(records, "summary") or {}
    return {
        "name": case.name,
        "title": case.design.title,
        "verdict": summary.get("verdict", case.design.summary),
        "provenance": summary.get("provenance", {}),
        "pages": [{"text": _title(path), "href": f"{path.stem}.html"} for path in paths],
    }
