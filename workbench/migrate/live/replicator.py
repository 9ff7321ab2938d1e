"""Replication in the background, in both directions, until it is stopped."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from workbench.errors import EngineError, MigrationError
from workbench.migrate.live.flags import FlagStore
from workbench.migrate.live.replication import Replication

PAUSE_SECONDS = 0.05


class Replicator:
    """Brings over what waits, again and again.

    Args:
        flags: Say which direction is on.
        replication: Knows what waits.
        pause_seconds: Between two rounds [s].
    """

    def __init__(
        self, flags: FlagStore, replication: Replication, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._flags, self._replication, self._pause = flags, replication, pause_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="replicator", daemon=True)
        self.failures = 0
        self.last_failure = ""

    def start(self) -> None:
        """Begins, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the round that is running."""
        self._ended.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._ended.wait(self._pause):
            try:
                self._round()
            except (EngineError, MigrationError) as error:
                self.failures += 1
                self.last_failure = str(error)

    def _round(self) -> None:
        """Brings over what waits; whoever changes flags waits for it, so that it never goes on unseen."""
        with self._flags.using() as flags:
            if flags.capture and flags.write_mode == "dual":
                self._replication.drain()
            if flags.reverse_replication:
                self._replication.drain_back()


@contextlib.contextmanager
def replicating(flags: FlagStore, replication: Replication) -> Iterator[Replicator]:
    """Replicates in the background during a block of code."""
    replicator = Replicator(flags, replication)
    replicator.start()
    try:
        yield replicator
    finally:
        replicator.stop()
