"""Keeps the service below the table's capacity: units are counted as they are consumed, and callers wait."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from workbench.query.refusals import Busy
from workbench.query.settings import CapacitySettings

HALVES = 2
"""Steps of consumed capacity in a read unit."""
WAIT_SECONDS = (0.02, 0.08)
"""Bounds of the time between two looks, drawn anew each time [s]."""


class Shaper:
    """Shapes the reads of one service.

    Args:
        settings: The table's capacity.
        waited: Called for each wait.
    """

    def __init__(self, settings: CapacitySettings, waited: Callable[[], None] = lambda: None) -> None:
        self._whole = RateLimitItemPerSecond(int(settings.read_units_per_second * HALVES))
        self._partition = RateLimitItemPerSecond(int(settings.partition_read_units_per_second * HALVES))
        self._patience = settings.patience_ms / 1000
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._waited = waited

    def _open(self, partition: str) -> bool:
        whole = self._limiter.test(self._whole, "table")
        return whole and (not partition or self._limiter.test(self._partition, "partition", partition))

    async def admit(self, partition: str) -> None:
        """Waits until the table and a partition have capacity.

        Args:
            partition: Value of the partition key; empty for a scan.

        Raises:
            Busy: There was none in time.
        """
        left = self._patience
        while not self._open(partition):
            self._waited()
            pause = random.uniform(*WAIT_SECONDS)  # noqa: S311 - spreads callers, protects nothing
            if left < pause:
                raise Busy(["The capacity set aside for queries is used up."], {"Retry-After": "1"})
            await asyncio.sleep(pause)
            left -= pause

    def charge(self, partition: str, read_units: float) -> None:
        """Counts what a read consumed [read units]."""
        halves = math.ceil(read_units * HALVES)
        if halves:
            self._limiter.hit(self._whole, "table", cost=halves)
        if halves and partition:
            self._limiter.hit(self._partition, "partition", partition, cost=halves)
