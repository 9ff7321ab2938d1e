"""Tells a process from a later one that was given the same id."""

from __future__ import annotations

from typing import Any, NamedTuple

import psutil

CLOCK_SECONDS = 1.0
STOP_SECONDS = 10


class Identity(NamedTuple):
    """What names a process for good.

    Args:
        pid: Process id.
        started: When it was created [s since 1970], as psutil tells it.
    """

    pid: int
    started: float

    @classmethod
    def of_this_process(cls) -> Identity:
        """Returns the identity of the process that calls."""
        process = psutil.Process()
        return cls(process.pid, process.create_time())

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Identity:
        """Returns the identity that a JSON record holds.

        Raises:
            KeyError: A field is missing.
        """
        return cls(int(record["pid"]), float(record["started"]))

    def process(self) -> psutil.Process | None:
        """Returns the process; None when it no longer runs."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started) < CLOCK_SECONDS
        except psutil.NoSuchProcess:
            return None
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None

    def end(self) -> None:
        """Asks the process to end, and kills it when it takes longer than ten seconds."""
        process = self.process()
        if process is None:
            return
        try:
            process.terminate()
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
        except psutil.NoSuchProcess:
            return
