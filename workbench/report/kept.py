"""`python -m workbench.report.kept`: runs the notebooks that keep numbers and keeps the new ones."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from workbench.report.build import NOTEBOOKS, reading_order
from workbench.report.runner import read_notebook, run_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

KEPT = "keep_output"
"""Tag of a cell whose output is committed, so that a test compares it."""


def keep_outputs(path: Path) -> bool:
    """Runs a notebook that has kept cells, stores their outputs in it, and returns whether it had any.

    Raises:
        ReportError: A cell failed; the notebook is as it was.
    """
    notebook = read_notebook(path)
    if not any(_is_kept(cell) for cell in notebook.cells):
        return False
    with tempfile.TemporaryDirectory() as records:
        done = {cell.id: cell for cell in run_notebook(path, {}, Path(records)).cells}
    for cell in filter(_is_kept, notebook.cells):
        cell.outputs = [_uncounted(output) for output in done[cell.id].outputs]
        cell.execution_count = None
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return True


def _is_kept(cell: NotebookNode) -> bool:
    return KEPT in cell.metadata.get("tags", ())


def _uncounted(output: NotebookNode) -> NotebookNode:
    if "execution_count" in output:
        output["execution_count"] = None
    return output


if __name__ == "__main__":
    for notebook_path in reading_order(NOTEBOOKS):
        keep_outputs(notebook_path)
