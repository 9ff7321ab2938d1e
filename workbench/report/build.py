"""Makes the pages of a case: runs its notebooks in order and puts the pages in place together."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_event_loop

from workbench.errors import together
from workbench.pricing import book_for
from workbench.report.kernel import Place
from workbench.report.pages import Link, Page, render_notebook
from workbench.report.parameters import check_parameters, parameters_of
from workbench.report.record import read_record
from workbench.report.runner import read_notebook, run_notebook
from workbench.report.schedule import Job, Kind, run_jobs
from workbench.report.site import prepare, replacing, write_about, write_index
from workbench.spec import load_case
from workbench.spec.case import case_names, named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nbformat import NotebookNode

    from workbench.report.parameters import Parameter
    from workbench.spec import Case

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

KIND = "kind"
"""Key of a notebook's `workbench` metadata: beside what it may run; one of `schedule.Kind`."""

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
        InputError: Cases or parameters are wrong; all problems at once, and nothing has run.
        ReportError: A notebook failed or a page could not be written; all former pages are in place.
    """
    paths = reading_order(notebooks)
    names = cases or case_names()
    _, _, *loaded = together(
        partial(check_given, paths, parameters),
        partial(check_region, parameters),
        *(partial(load_case, name) for name in names),
    )
    prepare(reports)
    with ExitStack() as stack:
        builds = [_begin(case, paths, reports, stack) for case in loaded]
        run = partial(_run, parameters=parameters, progress=progress)
        run_jobs([_job(build, path, run) for build in builds for path in build.paths], os.cpu_count() or 1)
        for build in builds:
            build.write()
    return write_index(reports)


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
    if "region" in parameters:
        book_for(parameters["region"])


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


def _job(build: _Build, path: Path, run: Callable[..., NotebookNode]) -> Job:
    def run_it(place: Place) -> None:
        build.notebooks[path] = _in_own_loop(partial(run, build, path, place=place))

    return Job(build.case.name, _kind(path), run_it)


def _in_own_loop(run: Callable[[], NotebookNode]) -> NotebookNode:
    """Runs a notebook in a thread of a pool and closes the event loop that its kernel client leaves."""
    loop = ensure_event_loop()
    try:
        return run()
    finally:
        loop.close()


def _kind(path: Path) -> Kind:
    return Kind.LAST if path.stem == SUMMARY else Kind(_setting(path, KIND, Kind.USUAL))


def _run(
    build: _Build, path: Path, *, parameters: Mapping[str, Any], progress: bool, place: Place
) -> NotebookNode:
    declared = parameters_of(read_notebook(path))
    own = {name: value for name, value in parameters.items() if name in declared}
    given = {**own, "case": named(build.case.directory.resolve())}
    return run_notebook(path, given, build.records, progress=progress, place=place)


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
