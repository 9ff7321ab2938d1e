"""A thing wrong with a value of an input, before the file and the line are known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]
"""Where a value is: field names and list positions from the top of the file."""

LONGEST_SHOWN = 60
LONGEST_COMPARED = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, at a place in a file.

    Args:
        path: Where.
        problem: What is wrong, in a few words.
        next_step: The sentence that says what to do.
        got: What was found, see `shown`; empty where nothing can be quoted.
        allowed: What would be right, in words or as a list.
        refers: Section and name that the value refers to; the finding is void when that was unreadable.
    """

    path: Path
    problem: str
    next_step: str
    got: str = ""
    allowed: str = ""
    refers: tuple[str, str] | None = None

    @property
    def message(self) -> str:
        """The problem with what was found and what is allowed."""
        got = f"; got {self.got}" if self.got else ""
        allowed = f", allowed {self.allowed}" if self.allowed else ""
        return f"{self.problem}{got}{allowed}"


def dotted(path: Path) -> str:
    """Returns a path as text.

    >>> dotted(("patterns", "by_day", "filter", 0, "value"))
    'patterns.by_day.filter[0].value'
    """
    parts = (f"[{part}]" if isinstance(part, int) else f".{_name(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def _name(part: str) -> str:
    text = part if part.isprintable() else json.dumps(part)
    return cut(text)


def cut(text: str) -> str:
    """Returns text of at most `LONGEST_SHOWN` characters, the end marked where some are left out."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def shown(value: object) -> str:
    """Returns a value as a reader of YAML knows it, short and without characters that a terminal obeys.

    >>> shown({"a": 1}), shown(None), shown("x"), shown(True)
    ('a mapping of a', 'nothing', '"x"', 'true')
    """
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return cut(f"a mapping of {', '.join(map(_name, value))}") if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    text = value[: 2 * LONGEST_SHOWN] if isinstance(value, str) else value
    return cut(json.dumps(text, ensure_ascii=not str(text).isprintable()))


def listed(names: Iterable[str], most: int = 40) -> str:
    """Returns names in order, separated by commas; the number of those left out past `most`."""
    every = list(names)
    rest = f" and {len(every) - most} more" if len(every) > most else ""
    return f"{', '.join(every[:most])}{rest}" if every else "none"


def nearest(name: str, names: Iterable[str]) -> str:
    """Returns the name that `name` was probably meant to be; empty when none is near."""
    if len(name) > LONGEST_COMPARED:
        return ""
    folded = {_folded(known): known for known in names}
    started = [known for text, known in folded.items() if name and text.startswith(_folded(name))]
    close = get_close_matches(name, folded.values(), n=1, cutoff=0.75)
    return folded.get(_folded(name)) or next(iter(close or started), "")


def _folded(name: str) -> str:
    """Returns a name without what people mix up: case, spaces, underscores and hyphens."""
    return re.sub("[^a-z0-9]", "", name.lower())


def unknown(path: Path, kind: str, name: str, names: Iterable[str], section: str | None = None) -> Finding:
    """Returns the finding that a value names something that does not exist.

    Args:
        path: Where the name stands.
        kind: What it should name, such as `table`.
        name: The name.
        names: The names that exist.
        section: The section of the file in which such things are declared, when they are.
    """
    known = list(names)
    near = nearest(name, known)
    step = f"Write `{near}` if that is meant." if near else "Name one of them, or declare it first."
    refers = (section, name) if section else None
    return Finding(path, f"no {kind} has this name", step, shown(name), listed(known), refers)
