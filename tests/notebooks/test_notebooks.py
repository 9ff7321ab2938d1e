"""The notebooks: thin, stripped, named; and they run, showing the numbers that they keep."""

import ast
import os
import subprocess
import sys

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from workbench.report.build import NOTEBOOKS, reading_order
from workbench.report.parameters import TAG, parameters_of
from workbench.report.record import RECORDS_VARIABLE
from workbench.report.schedule import Kind

PATHS = reading_order(NOTEBOOKS)
FORBIDDEN = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.BinOp,
    ast.AugAssign,
)
KEEPS_OUTPUT = {"keep_output", "nbval-check-output"}
SMALL = {
    "users = 30": "users = 8",
    "samples = 100": "samples = 2",
    "factor_samples = 100": "factor_samples = 1",
    "service_users = 60": "service_users = 6",
    "service_seconds = 3.0": "service_seconds = 0.5",
    "contention_orders = 16": "contention_orders = 4",
    "faulted_instructions = 60": "faulted_instructions = 20",
    "cache_requests = 600": "cache_requests = 60",
    "movers = 3": "movers = 1",
    "load_users = 10": "load_users = 3",
    "load_seconds = 8": "load_seconds = 2",
}

each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def code_cells(path):
    """The code cells of a notebook."""
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


@each
def test_cells_are_few_and_short(path) -> None:
    """At most 12 code cells of at most 10 lines; what is longer belongs into the package."""
    cells = code_cells(path)
    assert len(cells) <= 12
    assert all(len(cell.source.splitlines()) <= 10 for cell in cells)


@each
def test_cells_compute_nothing(path) -> None:
    """No definition, loop or arithmetic stands in a notebook."""
    nodes = [node for cell in code_cells(path) for node in ast.walk(ast.parse(cell.source))]
    assert not [ast.dump(node) for node in nodes if isinstance(node, FORBIDDEN)]


@each
def test_parameters_are_literals_with_help(path) -> None:
    """One tagged cell, a literal a line, each with its help behind it."""
    (cell,) = [cell for cell in code_cells(path) if TAG in cell.metadata.get("tags", ())]
    found = parameters_of(nbformat.read(path, 4))
    assert len(found) == len(cell.source.splitlines())
    assert all(parameter.help for parameter in found.values())


@each
def test_cells_have_names(path) -> None:
    """Every id is a word that an error message can name, used once."""
    ids = [cell.id for cell in nbformat.read(path, 4).cells]
    assert len(set(ids)) == len(ids)
    assert all(name.replace("-", "").isalpha() for name in ids)


@each
def test_a_notebook_says_beside_what_it_may_run(path) -> None:
    """A summary is read first and runs last; any other is usual or names a kind."""
    stated = nbformat.read(path, 4).metadata.get("workbench", {})
    assert stated.keys() <= {"cases", "kind"}
    assert stated.get("kind", Kind.USUAL) in set(Kind) - {Kind.LAST}


@each
def test_only_documented_numbers_are_kept(path) -> None:
    """A cell has outputs if, and only if, they are compared when the notebooks are tested."""
    for cell in code_cells(path):
        tags = KEEPS_OUTPUT & set(cell.metadata.get("tags", ()))
        assert tags in (set(), KEEPS_OUTPUT)
        assert bool(cell.outputs) == bool(tags)


def test_notebooks_share_the_defaults_of_their_parameters() -> None:
    """A parameter means the same and has the same default in every notebook that declares it."""
    notebooks = [nbformat.read(path, 4) for path in PATHS]
    declared = [
        parameter
        for notebook in notebooks
        for name, parameter in parameters_of(notebook).items()
        if name != "case" or "cases" not in notebook.metadata.get("workbench", {})
    ]
    assert len({parameter.name for parameter in declared}) == len(set(declared))


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """A shell, and a folder through which the notebooks share results as they do in a run."""
    folder = tmp_path_factory.mktemp("run")
    settings = Config({"HistoryManager": {"enabled": False}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(RECORDS_VARIABLE, str(folder / "records"))
        yield InteractiveShell.instance(config=settings, ipython_dir=str(folder / "ipython"))
    InteractiveShell.clear_instance()


def made_small(cell):
    """The code of a cell; of the parameters with few users, requests and seconds."""
    if TAG not in cell.metadata.get("tags", ()):
        return cell.source
    return "\n".join(SMALL.get(line.partition("  #")[0], line) for line in cell.source.splitlines())


@pytest.mark.timeout(900)
@each
def test_a_notebook_runs_on_little_data(path, small_run) -> None:
    """Every cell runs, and what it shows can be shown; the one that needs the case's trial first makes it."""
    small_run.reset()
    for cell in code_cells(path):
        small_run.run_cell(made_small(cell)).raise_error()


@pytest.mark.timeout(900)
def test_notebooks_show_the_numbers_that_they_keep(tmp_path) -> None:
    """In a kernel of their own, the cells with kept outputs show these again."""
    for path in PATHS:
        notebook = nbformat.read(path, 4)
        kept = [cell for cell in notebook.cells if cell.get("outputs")]
        for cell in kept:
            cell.execution_count = 1  # as nbval asks
        if kept:
            nbformat.write(notebook, tmp_path / path.name)
    environment = {**os.environ, RECORDS_VARIABLE: str(tmp_path / "records"), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=840
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
