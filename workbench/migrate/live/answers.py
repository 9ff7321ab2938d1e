"""What a repository answers, and how it fails: the same for both databases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from workbench.access.values import Parameters
from workbench.errors import EngineError
from workbench.items import Item


@dataclass(frozen=True, slots=True)
class Answer:
    """What a pattern answered.

    Args:
        items: Items read, with the attributes that the pattern's SQL returns, in canonical form.
        count: Items found, also where only the count was asked for; items changed, for a write.
        accepted: Whether a write took place; False where a condition or constraint refused it.
        side: The database that answered.
        compared_ns: Time that went into asking both databases to compare them, after the answer [ns].
    """

    items: tuple[Item, ...]
    count: int
    accepted: bool
    side: str
    compared_ns: int = 0


class OutcomeUnknownError(EngineError):
    """A write was sent and not answered: it may have taken place, or may yet do so."""


class NotAllowedError(EngineError):
    """A database takes no such write now; nothing was changed."""


class NoLongerAskedError(NotAllowedError):
    """The application calls this pattern only while PostgreSQL leads; nothing was sent."""


class Writer(Protocol):
    """Whatever takes writes."""

    def write(self, pattern: str, parameters: Parameters, change_id: str) -> Answer:
        """Makes a change once, however often it is called with the same id, and returns the answer."""


def refused(side: str) -> Answer:
    """Returns the answer to a write that a condition or constraint refused."""
    return Answer((), 0, accepted=False, side=side)


def done(side: str, count: int = 1) -> Answer:
    """Returns the answer to a write that took place."""
    return Answer((), count, accepted=True, side=side)


def first_line(error: Exception) -> Any:
    """Returns the first line of what a driver says."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0]
