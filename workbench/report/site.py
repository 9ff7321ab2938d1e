"""The folder of reports: one folder a case, one index; a run replaces a case whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from workbench.errors import ReportError
from workbench.report.pages import Link, Page
from workbench.report.templating import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ABOUT = "about.json"
"""File in a case's folder from which the index is made."""

_UNFINISHED = ".unfinished-"
_REPLACED = ".replaced-"


def prepare(reports: Path) -> None:
    """Makes the reports folder, proves that it can be written, and clears what a killed run left behind.

    Raises:
        ReportError: The folder cannot be written.
    """
    try:
        reports.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=reports):
            pass
    except OSError as error:
        raise _unwritable(reports, error) from error
    _recover(reports)


def _unwritable(reports: Path, error: OSError) -> ReportError:
    return ReportError(
        f"{error.filename or reports}: reports cannot be written here; got {error.strerror or error}. "
        "Free the folder or name another one with --output."
    )


def _recover(reports: Path) -> None:
    for left in reports.glob(f"{_REPLACED}*"):
        name, _, pid = left.name.removeprefix(_REPLACED).rpartition("-")
        if _is_dead(pid) and not (reports / name).exists():
            left.rename(reports / name)
    for left in [*reports.glob(f"{_REPLACED}*"), *reports.glob(f"{_UNFINISHED}*")]:
        if _is_dead(left.name.rpartition("-")[2]):
            shutil.rmtree(left)


def _is_dead(pid: str) -> bool:
    return not (pid.isdigit() and psutil.pid_exists(int(pid)))


@contextmanager
def replacing(reports: Path, case: str) -> Iterator[Path]:
    """Yields an empty folder that takes the place of a case's pages when the block ends well.

    Raises:
        ReportError: The pages could not be written; the former ones are still in place.
    """
    unfinished = reports / f"{_UNFINISHED}{case}-{os.getpid()}"
    try:
        unfinished.mkdir()
        yield unfinished
        _swap(unfinished, reports / case)
    except OSError as error:
        raise _unwritable(reports, error) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _swap(new: Path, place: Path) -> None:
    old = place.with_name(f"{_REPLACED}{place.name}-{os.getpid()}")
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def write_about(directory: Path, about: Mapping[str, Any]) -> None:
    """Writes what the index says about a case: name, title, verdict, pages, provenance."""
    text = json.dumps(about, indent=1, ensure_ascii=False)
    (directory / ABOUT).write_text(text, encoding="utf-8")


def write_index(reports: Path) -> Path:
    """Writes index.html over all cases that have pages, and returns its path."""
    abouts = sorted(path for path in reports.glob(f"*/{ABOUT}") if not path.parent.name.startswith("."))
    cases = [json.loads(path.read_text(encoding="utf-8")) for path in abouts]
    page = Page("DynamoDB workbench: reports", [Link("All reports", "index.html", current=True)])
    return _write(reports / "index.html", render("index.html.j2", page=page, cases=cases))


def _write(path: Path, text: str) -> Path:
    unfinished = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise _unwritable(path.parent, error) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path
