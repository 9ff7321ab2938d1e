"""The error tree.

WorkbenchError            something the user can act on; the command line prints it without a traceback
|- InputError             what the user wrote is wrong; every problem at once; exit code 2
|- EngineError            an engine could not start, answer or stop
|  `- DownloadError       an engine's file could not be fetched or did not match its hash
|- MigrationError         rows and items could not be brought to agree
`- ReportError            a notebook failed or its page could not be written
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with an input, told in the words of that input.

    Args:
        file: Path as the user gave it.
        line: 1-based line, 0 where the file has no lines.
        path: Dotted path of the value, such as `tables.Main.sort_key`; empty for the whole file.
        message: What is wrong, with what was found and what is allowed.
        next_step: The sentence that says what to do.
    """

    file: str
    line: int
    path: str
    message: str
    next_step: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f"{place}: {self.path}" if self.path else place
        return f"{where}: {self.message}. {self.next_step}"


class WorkbenchError(Exception):
    """A failure that the user can act on; `str()` of it is the whole message."""

    exit_code = 1


class InputError(WorkbenchError):
    """All problems of one input, one line each, sorted by file and line."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def together(*makers: Callable[[], Any]) -> tuple[Any, ...]:
    """Returns what each maker returns, in their order.

    Raises:
        InputError: Makers raised one; the problems of all of them, each once.
    """
    made: list[Any] = []
    problems: dict[Problem, None] = {}
    for make in makers:
        try:
            made.append(make())
        except InputError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise InputError(problems)
    return tuple(made)


class EngineError(WorkbenchError):
    """An engine could not start, answer or stop."""


class DownloadError(EngineError):
    """A file of an engine could not be fetched, or its SHA-256 did not match the lock."""


class MigrationError(WorkbenchError):
    """Rows and items could not be brought to agree."""


class ReportError(WorkbenchError):
    """A notebook failed, or its page could not be written."""
