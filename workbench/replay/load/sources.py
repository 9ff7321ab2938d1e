"""Where the loop takes its next request from: a schedule, users who wait for answers, or a list."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from workbench.replay.load.arrivals import Arrivals

NEVER = 1 << 62

Due = tuple[int, int, int]
"""When a request is due [ns from the start], its pattern and its parameter set."""


class Source(Protocol):
    """What the loop asks for requests."""

    due_ns: int
    """When the next request is due; NEVER when there is none now."""

    def take(self) -> Due:
        """Returns the next request and moves on."""

    def finished(self, now_ns: int) -> None:
        """Hears that a request was answered or given up."""


def _singles(chunks: Iterator[Arrivals]) -> Iterator[Due]:
    for chunk in chunks:
        yield from zip(chunk.due_ns.tolist(), chunk.pattern.tolist(), chunk.parameters.tolist(), strict=True)


class OpenSource:
    """Arrivals that come when they are due, however slow the answers are.

    Args:
        chunks: The schedule.
        from_ns: Arrivals before this are left out: an earlier run has done them [ns].
    """

    def __init__(self, chunks: Iterator[Arrivals], from_ns: int = 0) -> None:
        self._rest = (one for one in _singles(chunks) if one[0] >= from_ns)
        self._next = next(self._rest, None)
        self.due_ns = self._next[0] if self._next else NEVER

    def take(self) -> Due:
        """Returns the next arrival and moves on."""
        taken = self._next
        if taken is None:
            raise StopIteration
        self._next = next(self._rest, None)
        self.due_ns = self._next[0] if self._next else NEVER
        return taken

    def finished(self, now_ns: int) -> None:
        """Does nothing: arrivals do not wait for answers."""


class ClosedSource:
    """Users of whom each asks again as soon as the answer is there, so that a slow answer delays its asking.

    Args:
        chunks: What is asked, in order; when it is due is not looked at.
        users: How many ask at once.
        until_ns: When nobody asks any more [ns from the start].
        from_ns: When all begin to ask [ns from the start].
    """

    def __init__(self, chunks: Iterator[Arrivals], users: int, until_ns: int, from_ns: int = 0) -> None:
        self._rest = _singles(chunks)
        self._until_ns = until_ns
        self._ready = deque([from_ns] * users)
        self._next = next(self._rest, None)
        self.due_ns = self._when()

    def _when(self) -> int:
        if self._next and self._ready and self._ready[0] < self._until_ns:
            return self._ready[0]
        return NEVER

    def take(self) -> Due:
        """Returns the next request, due since its user became free."""
        taken = self._next
        if taken is None:
            raise StopIteration
        due = self._ready.popleft()
        self._next = next(self._rest, None)
        self.due_ns = self._when()
        return due, taken[1], taken[2]

    def finished(self, now_ns: int) -> None:
        """Frees a user, who asks at once."""
        self._ready.append(now_ns)
        if self.due_ns == NEVER:
            self.due_ns = self._when()
