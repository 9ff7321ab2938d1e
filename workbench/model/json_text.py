"""JSON read strictly, so that a slip in a file is named and not guessed at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from workbench.errors import InputError, Problem


class Malformed(ValueError):  # noqa: N818 - says what the text is, the caller makes the error of it
    """A text that is not strict JSON; the text of the exception says why."""


def strict_json(text: str) -> Any:
    """Returns the value of a JSON text.

    Raises:
        Malformed: Not JSON, or a name twice in one object, NaN, infinity, or nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except RecursionError:
        raise Malformed("is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"is not JSON: {error.msg} at column {error.colno}") from None
    except ValueError as error:
        raise Malformed(str(error)) from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"has the name {json.dumps(twice)} twice in one object")
    return members


def _no_constant(text: str) -> Any:
    raise Malformed(f"holds {text}, which is not JSON")


def numbered_lines(content: bytes, file: str) -> Iterator[tuple[int, str]]:
    """Yields the lines of a file that are not blank, with their 1-based numbers.

    Args:
        content: The bytes of the file.
        file: Its path as the user gave it.

    Raises:
        InputError: A line is not UTF-8, or the file has no line.
    """
    empty = True
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            empty = False
            yield number, _decoded(line, file, number)
    if empty:
        raise InputError([Problem(file, 0, "", "has no lines", "Write one JSON object a line.")])


def _decoded(line: bytes, file: str, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not UTF-8; got 0x{line[error.start]:02x}"
        raise InputError([Problem(file, number, "", message, "Save the file as UTF-8.")]) from None
