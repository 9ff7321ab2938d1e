"""Reads a YAML file into a model; every problem carries the file, the line and the path, all at once."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workbench.errors import InputError, Problem
from workbench.spec.document import Document
from workbench.spec.findings import Finding, Path
from workbench.spec.translate import MOST_TRANSLATED, translate
from workbench.spec.yaml_reader import read_document

Model = TypeVar("Model", bound=BaseModel)

MOST_REPORTED = 100

STAND_INS: dict[str, Any] = {
    "schema_version": 1,
    "case": "unreadable",
    "title": "unreadable",
    "document": "unreadable",
    "diurnal": [1.0] * 24,
    "peak_to_average": "unreadable",
    "registered_users_per_dau": "unreadable",
}
"""Values put in place of refused ones, so that the rest of the file can still be checked."""


@dataclass
class Loaded(Generic[Model]):
    """What could be read of one file.

    Args:
        document: The file's content.
        model: The model, without the parts in `refused`; None when too little was left.
        findings: What is wrong with the file so far.
        refused: Paths whose values were wrong; nothing is said about them again.
        untold: How many more errors the model has than were put into words.
    """

    document: Document
    model: Model | None = None
    findings: list[Finding] = field(default_factory=list)
    refused: set[Path] = field(default_factory=set)
    untold: int = 0

    def names(self) -> set[tuple[str, str]]:
        """Returns section and name of each declaration that was refused."""
        return {(str(path[0]), str(path[1])) for path in self.refused if len(path) > 1}

    def add(self, findings: Iterable[Finding], unreadable: set[tuple[str, str]]) -> None:
        """Adds findings of checks, except those that follow from a refused value.

        Args:
            findings: What the checks found.
            unreadable: Section and name of declarations that were refused, of all files.
        """
        self.findings += [
            finding
            for finding in findings
            if finding.refers not in unreadable and not self._follows(finding.path)
        ]

    def _follows(self, path: Path) -> bool:
        return any(path[:length] in self.refused for length in range(1, len(path) + 1))

    def problems(self) -> list[Problem]:
        """Returns all problems of the file, at most `MOST_REPORTED` and one that counts the rest."""
        found = sorted({self.document.problem(finding) for finding in self.findings})
        rest = len(found) - MOST_REPORTED + self.untold
        if rest <= 0:
            return found
        more = Problem(self.document.file, 0, "", f"has {rest} more problems", "Correct these first.")
        return [*found[:MOST_REPORTED], more]


def read_model(path: FilePath, model: type[Model], shown_as: str | None = None) -> Loaded[Model]:
    """Returns what a YAML file states, as far as it can be read; raises nothing for a wrong one.

    Args:
        path: The file.
        model: The model of the whole file.
        shown_as: How the user named the file; its path when None.
    """
    document = read_document(path, shown_as)
    loaded: Loaded[Model] = Loaded(document, findings=list(document.findings))
    if document.readable:
        loaded.refused = {finding.path for finding in document.findings}
        _validate(loaded, model)
    return loaded


def _validate(loaded: Loaded[Model], model: type[Model]) -> None:
    try:
        loaded.model = _parsed(loaded.document.data, model)
        if loaded.refused:
            _repair(loaded, model)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        loaded.untold = max(0, len(details) - MOST_TRANSLATED)
        found = list(translate(details[:MOST_TRANSLATED], model, loaded.document))
        loaded.add(found or [_refused_without_words(details)], set())
        loaded.refused |= {finding.path for finding in loaded.findings}
        _repair(loaded, model)


def _refused_without_words(details: list[ErrorDetails]) -> Finding:
    return Finding((), f"is refused ({details[0]['msg']})", "Correct it.")


def _parsed(data: Any, model: type[Model]) -> Model:
    """Returns the model of plain data; JSON is the form in which strict models take lists for tuples."""
    return model.model_validate_json(json.dumps(data), strict=True)


def _repair(loaded: Loaded[Model], model: type[Model]) -> None:
    """Sets the model to what remains without the refused declarations; to None when too little does."""
    loaded.model = None
    if () in loaded.refused:
        return
    data = {name: dict(v) if isinstance(v, dict) else v for name, v in loaded.document.data.items()}
    for path in loaded.refused:
        _take_out(data, path)
    loaded.refused |= {path[:2] for path in loaded.refused if isinstance(data.get(str(path[0])), dict)}
    with contextlib.suppress(ValidationError):
        loaded.model = _parsed(data, model)


def _take_out(data: dict[str, Any], path: Path) -> None:
    section = str(path[0])
    if len(path) > 1 and isinstance(data.get(section), dict):
        data[section].pop(path[1], None)
        return
    data.pop(section, None)
    if section in STAND_INS:
        data[section] = STAND_INS[section]


def load_model(
    path: FilePath, model: type[Model], check: Callable[[Model], Iterable[Finding]] = lambda _: ()
) -> Model:
    """Returns the model that a YAML file states.

    Args:
        path: The file.
        model: The model of the whole file.
        check: What must hold between the parts of the model.

    Raises:
        InputError: The file, a value or a check is wrong; all problems at once.
    """
    loaded = read_model(path, model)
    if loaded.model is not None:
        loaded.add(check(loaded.model), loaded.names())
    problems = loaded.problems()
    if problems or loaded.model is None:
        raise InputError(problems)
    return loaded.model
