"""Starts a case: copies the smallest useful one into a new folder, under the folder's name."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from workbench.errors import InputError, Problem
from workbench.spec.case import shown_path

TEMPLATE = Path(__file__).parents[2] / "data" / "template" / "tasks"
SCHEMAS = Path(__file__).parents[2] / "data" / "designs" / "schemas"

_NAME = re.compile(r"[a-z][a-z0-9-]{1,62}")
_SCHEMA = re.compile(r"(?<=\$schema=)\S*(?=/[a-z]+\.schema\.json)")


def start_case(folder: Path) -> Path:
    """Returns the folder of a new case, which has all that pages are made from.

    Args:
        folder: Where it goes; its last part is the case's name.

    Raises:
        InputError: The name is none, or the folder is there already.
    """
    problems = [*_name_problems(folder), *_folder_problems(folder)]
    if problems:
        raise InputError(problems)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for path in sorted(TEMPLATE.iterdir()):
        text = _renamed(path.read_text(encoding="utf-8"), folder)
        (part / path.name).write_text(text, encoding="utf-8")
    part.replace(folder)
    return folder


def _name_problems(folder: Path) -> list[Problem]:
    if _NAME.fullmatch(folder.name):
        return []
    message = f"names no case; got {folder.name!r}, allowed small letters, digits and hyphens, a letter first"
    return [Problem(shown_path(folder), 0, "", message, "Choose another name for the folder.")]


def _folder_problems(folder: Path) -> list[Problem]:
    if not folder.exists():
        return []
    message = "there is such a file or folder already"
    return [Problem(shown_path(folder), 0, "", message, "Choose another one, or remove it first.")]


def _renamed(text: str, folder: Path) -> str:
    """Returns a file of the template for another case, which editors know the schema of."""
    named = text.replace(f"\ncase: {TEMPLATE.name}\n", f'\ncase: "{folder.name}"\n', 1)
    schemas = Path(os.path.relpath(SCHEMAS, folder.resolve())).as_posix()
    return _SCHEMA.sub(lambda _: schemas, named)
