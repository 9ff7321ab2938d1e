"""Counts requests, says which goes wrong, and remembers what happened."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workbench.engines.faults.schedule import ANY, Fault, FaultKind, FaultSchedule

SLOW_SECONDS = 0.02
"""How long a slow answer takes longer [s]."""

COMMIT_SECONDS = 0.05
"""How long after the client a server learns of a commit that comes late [s]."""

Restart = Callable[[], None]
"""Kills an engine and brings it back with its data."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the fault layer did.

    Args:
        target: `dynamodb` or `postgres`.
        operation: What was asked for.
        ordinal: Which request of this operation it was, from 1.
        kind: What happened to it; `landed` for a late request that took effect.
    """

    target: str
    operation: str
    ordinal: int
    kind: str


@dataclass(slots=True)
class _Late:
    """A request that was given up and will still take effect."""

    due: int
    event: Event
    send: Callable[[], Any]


@dataclass(slots=True)
class Injector:
    """The state of one run; threads share it.

    Args:
        schedule: What goes wrong.
        restarts: Target to what kills its engine and brings it back.
        slow_seconds: How long a slow answer takes longer [s].
    """

    schedule: FaultSchedule
    restarts: dict[str, Restart] = field(default_factory=dict)
    slow_seconds: float = SLOW_SECONDS
    events: list[Event] = field(default_factory=list)
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    _late: dict[str, list[_Late]] = field(default_factory=dict)
    _followers: list[threading.Thread] = field(default_factory=list)
    _faults: dict[tuple[str, str, int], Fault] = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._faults = {(f.target, f.operation, f.ordinal): f for f in reversed(self.schedule.faults)}

    def next(self, target: str, operation: str) -> Fault | None:
        """Counts one request and returns its fault; requests that are due by now take effect first."""
        with self._lock:
            for name in (operation, ANY):
                self.requests[target, name] += 1
            due = self._due(target, self.requests[target, ANY])
            fault = self._fault(target, operation)
        self._send(due)
        if fault:
            self._happen(fault)
        return fault

    def _fault(self, target: str, operation: str) -> Fault | None:
        for name in (operation, ANY):
            fault = self._faults.get((target, name, self.requests[target, name]))
            if fault:
                event = Event(target, operation, self.requests[target, operation], fault.kind)
                self.events.append(event)
                return fault
        return None

    def _due(self, target: str, requests: int) -> list[_Late]:
        waiting = self._late.get(target, [])
        self._late[target] = [late for late in waiting if late.due > requests]
        return [late for late in waiting if late.due <= requests]

    def _happen(self, fault: Fault) -> None:
        if fault.kind is FaultKind.PROCESS_KILLED:
            end_process()
        if fault.kind is FaultKind.ENGINE_KILLED:
            self.restarts[fault.target]()
        if fault.kind is FaultKind.SLOW:
            time.sleep(self.slow_seconds)

    def postpone(self, fault: Fault, operation: str, send: Callable[[], Any]) -> None:
        """Keeps a request that takes effect when so many others of its target have passed.

        Args:
            fault: The fault of the request.
            operation: What it asks for.
            send: Sends it.
        """
        with self._lock:
            event = Event(fault.target, operation, fault.ordinal, "landed")
            due = self.requests[fault.target, ANY] + fault.requests
            self._late.setdefault(fault.target, []).append(_Late(due, event, send))

    def follow(self, send: Callable[[], Any]) -> None:
        """Sends something a moment later, by itself: others may have to wait for it."""
        thread = threading.Timer(COMMIT_SECONDS, send)
        with self._lock:
            self._followers.append(thread)
        thread.start()

    def settle(self) -> None:
        """Lets every late request take effect now."""
        for thread in self._followers:
            thread.join()
        with self._lock:
            waiting = [late for each in self._late.values() for late in each]
            self._late.clear()
        self._send(waiting)

    def _send(self, due: list[_Late]) -> None:
        for late in due:
            self.events.append(late.event)
            late.send()


def end_process() -> None:
    """Kills this process as the kernel would for want of memory: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)
