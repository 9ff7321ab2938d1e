"""The parameters cell of a notebook: what may be set, checked before anything runs."""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nbformat import NotebookNode

Literal = str | int | float | bool

TAG = "parameters"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of the parameters cell.

    Args:
        name: Its name.
        default: The literal it is set to.
        help: The comment behind it, with the unit in brackets.
    """

    name: str
    default: Literal
    help: str


def parameters_of(notebook: NotebookNode) -> dict[str, Parameter]:
    """Returns the parameters of a notebook by name, in the order of its cell tagged `parameters`."""
    sources = [cell.source for cell in notebook.cells if TAG in cell.metadata.get("tags", ())]
    return {parameter.name: parameter for source in sources for parameter in _parse(source)}


def _parse(source: str) -> Iterator[Parameter]:
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            comment = lines[node.lineno - 1][node.end_col_offset or 0 :]
            yield Parameter(node.targets[0].id, ast.literal_eval(node.value), comment.strip(" #"))


def check_parameters(file: str, declared: Mapping[str, Parameter], given: Mapping[str, object]) -> None:
    """Checks given values against a parameters cell.

    Args:
        file: Name of the notebook, for the message.
        declared: What the notebook's cell declares.
        given: Name to value.

    Raises:
        InputError: Every name that is not declared and every value of another type than the default.
    """
    problems = [*_unknown(file, declared, given), *_mistyped(file, declared, given)]
    if problems:
        raise InputError(problems)


def _unknown(file: str, declared: Iterable[str], given: Iterable[str]) -> Iterator[Problem]:
    names = sorted(declared)
    for name in sorted(set(given) - set(names)):
        near = difflib.get_close_matches(name, names, n=1)
        advice = f"Did you mean `{near[0]}`?" if near else "Use one of the allowed names."
        message = f"unknown parameter; got {name!r}, allowed {', '.join(names) or 'none'}"
        yield Problem(file, 0, f"parameters.{name}", message, advice)


def _mistyped(file: str, declared: Mapping[str, Parameter], given: Mapping[str, object]) -> Iterator[Problem]:
    for name, value in given.items():
        if name not in declared or _fits(value, declared[name].default):
            continue
        kind = type(declared[name].default).__name__
        message = f"wrong type; got {value!r} ({type(value).__name__}), allowed {kind}"
        advice = f"Give a value such as {declared[name].default!r}."
        yield Problem(file, 0, f"parameters.{name}", message, advice)


def _fits(value: object, default: Literal) -> bool:
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(default)
