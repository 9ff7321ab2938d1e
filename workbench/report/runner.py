"""Runs one notebook in its own kernel and says where it failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

from workbench.errors import InputError, Problem, ReportError
from workbench.report.kernel import Place, kernel_manager
from workbench.report.parameters import check_parameters, parameters_of
from workbench.report.record import RECORDS_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nbformat import NotebookNode
    from papermill.engines import NotebookExecutionManager

CELL_TIMEOUT_SECONDS = 1800
"""A cell that runs longer has hung [s]."""

ENGINE_NAME = "workbench"

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class _OwnKernelEngine(Engine):  # type: ignore[misc]  # the base has no types
    """Runs cells in a kernel of this interpreter; the first cell that fails ends the notebook by name."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        environment: Mapping[str, str],
        notebook_name: str,
        place: Place,
        **_options: object,
    ) -> None:
        """Runs all cells.

        Raises:
            ReportError: Names the notebook, the cell and the error.
        """
        with kernel_manager(environment, place) as manager:
            try:
                client = PapermillNotebookClient(
                    nb_man, km=manager, kernel_name=kernel_name, timeout=CELL_TIMEOUT_SECONDS
                )
                client.execute(cleanup_kc=True)
            except (DeadKernelError, CellTimeoutError) as error:
                raise ReportError(_lost(nb_man.nb, notebook_name, error)) from error
        for cell in nb_man.nb.cells:
            _raise_error_of(cell, notebook_name)


papermill_engines.register(ENGINE_NAME, _OwnKernelEngine)


def read_notebook(path: Path) -> NotebookNode:
    """Returns a notebook.

    Raises:
        InputError: The file is missing or no notebook.
    """
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        reason = str(error).splitlines()[0]
        problem = Problem(str(path), 0, "", f"not a readable notebook; got {reason}", "Restore the file.")
        raise InputError([problem]) from error
    return notebook


def run_notebook(
    path: Path,
    parameters: Mapping[str, Any],
    records: Path,
    *,
    progress: bool = True,
    place: Place = Place.ANYWHERE,
) -> NotebookNode:
    """Runs a notebook with parameters and returns it with its outputs.

    Args:
        path: The notebook.
        parameters: Name to value; the notebook's own defaults hold for the others.
        records: Folder through which the notebooks of a run share results.
        progress: Show a bar of the cells on stderr.
        place: On which processors its kernel runs.

    Raises:
        InputError: A parameter that the notebook does not declare, or of another type; nothing has run then.
        ReportError: A cell failed, hung or lost its kernel.
    """
    notebook = read_notebook(path)
    check_parameters(path.name, parameters_of(notebook), parameters)
    executed: NotebookNode = papermill.execute_notebook(
        notebook,
        None,
        parameters=dict(parameters),
        engine_name=ENGINE_NAME,
        kernel_name="python3",
        language="python",
        progress_bar={"desc": path.stem, "leave": True} if progress else False,
        environment={RECORDS_VARIABLE: str(records.resolve())},
        notebook_name=path.name,
        place=place,
    )
    return executed


def _raise_error_of(cell: NotebookNode, notebook_name: str) -> None:
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            message = _COLOUR.sub("", output.evalue).strip()
            raise ReportError(f"{notebook_name}: cell {cell.id}: {output.ename}: {message}")


def _lost(notebook: NotebookNode, notebook_name: str, error: Exception) -> str:
    started = [cell.id for cell in notebook.cells if cell.metadata.papermill.get("start_time")]
    place = f"cell {started[-1]}" if started else "before the first cell"
    reason = str(error).splitlines()[0] if str(error) else "it gave no reason"
    return f"{notebook_name}: {place}: {type(error).__name__}: {reason}"
