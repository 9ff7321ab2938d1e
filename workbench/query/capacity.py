"""Keeps the service below the table's capacity: units are counted as they are consumed, and callers wait."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from cachetools import LRUCache

from workbench.query.settings import CapacitySettings
from workbench.service.refusals import Busy

WAIT_SECONDS = (0.02, 0.08)
"""Bounds of the time between two looks, drawn anew each time [s]."""
MOST_PARTITIONS = 50_000
"""Partitions whose consumption is remembered; one that is forgotten has been quiet for long."""


class Bucket:
    """Capacity that refills evenly; a read takes what it consumed afterwards, so it can be in debt.

    Args:
        units_per_second: Capacity [units/s], of which a second's worth can be saved up.
        now: The time [s].
    """

    def __init__(self, units_per_second: float, now: float) -> None:
        self._rate = self._left = units_per_second
        self._seen = now

    def left(self, now: float) -> float:
        """Returns what may be consumed [units]; negative for debt."""
        self._left = min(self._rate, self._left + (now - self._seen) * self._rate)
        self._seen = now
        return self._left

    def take(self, units: float) -> None:
        """Counts what was consumed [units]."""
        self._left -= units


class Shaper:
    """Shapes the reads of one service.

    Args:
        settings: The table's capacity.
        waited: Called for each wait.
        clock: Gives the time [s].
    """

    def __init__(
        self,
        settings: CapacitySettings,
        waited: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waited, self._clock = waited, clock
        self._patience = settings.patience_ms / 1000
        self._partition_rate = settings.partition_read_units_per_second
        self._table = Bucket(settings.read_units_per_second, clock())
        self._partitions: LRUCache[str, Bucket] = LRUCache(MOST_PARTITIONS)

    def _buckets(self, partition: str) -> tuple[Bucket, ...]:
        if not partition:
            return (self._table,)
        bucket = self._partitions.get(partition)
        if bucket is None:
            bucket = self._partitions[partition] = Bucket(self._partition_rate, self._clock())
        return self._table, bucket

    async def admit(self, partition: str) -> None:
        """Waits until the table and a partition have capacity.

        Args:
            partition: Value of the partition key; empty for a scan.

        Raises:
            Busy: There was none in time.
        """
        buckets, end = self._buckets(partition), self._clock() + self._patience
        while any(bucket.left(self._clock()) <= 0 for bucket in buckets):
            self._waited()
            pause = random.uniform(*WAIT_SECONDS)  # noqa: S311 - spreads callers, protects nothing
            if self._clock() + pause > end:
                raise Busy(["The capacity set aside for queries is used up."], {"Retry-After": "1"})
            await asyncio.sleep(pause)

    def charge(self, partition: str, read_units: float) -> None:
        """Counts what a read consumed [read units]."""
        for bucket in self._buckets(partition):
            bucket.take(read_units)
