"""Tells a process from a later one that was given the same id."""

from __future__ import annotations

import contextlib
import time
from typing import Any, NamedTuple

import psutil

CLOCK_SECONDS = 1.0
STOP_SECONDS = 10
POLL_SECONDS = 0.05


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
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
            if not self._gone_within(STOP_SECONDS):
                process.kill()

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.process() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True
