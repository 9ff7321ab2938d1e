"""The requests of a run, made before it: for each pattern its parameter sets as bytes that can be sent."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Step = tuple[str, bytes]
"""An operation and its body."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of a tape.

    Args:
        name: The pattern's id.
        limit: Items after which no further page is asked for; None for all pages.
        requests: For each parameter set the calls that it needs, in order.
    """

    name: str
    limit: int | None
    requests: tuple[tuple[Step, ...], ...]


@dataclass(frozen=True, slots=True)
class Tape:
    """The requests of all patterns of a case, in the design's order; a pattern may have none."""

    patterns: tuple[Pattern, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the patterns."""
        return tuple(pattern.name for pattern in self.patterns)

    @property
    def pools(self) -> tuple[int, ...]:
        """How many parameter sets each pattern has."""
        return tuple(len(pattern.requests) for pattern in self.patterns)

    @property
    def digest(self) -> str:
        """SHA-256 of all requests: equal for equal tapes."""
        total = hashlib.sha256()
        for line in _lines(self):
            total.update(line)
        return total.hexdigest()

    def save(self, path: Path) -> None:
        """Writes the tape, one pattern a line."""
        with path.open("wb") as file:
            file.writelines(_lines(self))


def _lines(tape: Tape) -> Iterator[bytes]:
    for pattern in tape.patterns:
        requests = [[[api, base64.b64encode(body).decode()] for api, body in r] for r in pattern.requests]
        yield json.dumps([pattern.name, pattern.limit, requests]).encode() + b"\n"


def load_tape(path: Path) -> Tape:
    """Returns a tape that was saved."""
    return Tape(tuple(_pattern(json.loads(line)) for line in path.read_bytes().splitlines()))


def _pattern(saved: Sequence[Any]) -> Pattern:
    name, limit, requests = saved
    decoded = (tuple((api, base64.b64decode(body)) for api, body in steps) for steps in requests)
    return Pattern(name, limit, tuple(decoded))
