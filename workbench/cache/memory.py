"""Kept answers, in the memory of this process."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from cachetools import LRUCache, TTLCache

MOST_TAGS = 100_000
"""Tags whose versions are remembered; one that is forgotten gets a version that was never used."""


@dataclass
class CacheCount:
    """What became of the questions to a cache so far."""

    hits: int = 0
    misses: int = 0
    invalidations: int = 0

    @property
    def hit_ratio(self) -> float:
        """Share of the questions that were answered; 0 before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0


class Cache(Protocol):
    """Keeps answers under keys, each with a tag whose answers can be made void at once."""

    @property
    def count(self) -> CacheCount:
        """What became of the questions so far."""

    def version(self, tag: str) -> str:
        """Returns what the tag's valid answers have in their keys; read it before the answer is."""

    def get(self, tag: str, version: str, key: str) -> bytes | None:
        """Returns a kept answer; None where there is none that is valid."""

    def put(self, tag: str, version: str, key: str, value: bytes) -> None:
        """Keeps an answer for a while."""

    def invalidate(self, tags: Iterable[str]) -> None:
        """Makes every answer of some tags void, those included that are being read just now."""


class MemoryCache:
    """A cache in this process, bounded in time and size; the least recently used answers leave first.

    Args:
        seconds: How long an answer is kept [s].
        most_bytes: Size of all answers and keys [bytes].
        clock: Gives the time [s].
    """

    def __init__(self, seconds: float, most_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = CacheCount()
        self._kept: TTLCache[tuple[str, str, str], bytes] = TTLCache(most_bytes, seconds, clock, _size)
        self._versions: LRUCache[str, str] = LRUCache(MOST_TAGS)
        self._numbers = itertools.count()
        self._lock = Lock()

    def version(self, tag: str) -> str:
        """Returns what the tag's valid answers have in their keys; read it before the answer is."""
        with self._lock:
            found: str | None = self._versions.get(tag)
            return self._renewed(tag) if found is None else found

    def _renewed(self, tag: str) -> str:
        version = self._versions[tag] = str(next(self._numbers))
        return version

    def get(self, tag: str, version: str, key: str) -> bytes | None:
        """Returns a kept answer; None where there is none that is valid."""
        with self._lock:
            found: bytes | None = self._kept.get((tag, version, key))
            if found is None:
                self.count.misses += 1
            else:
                self.count.hits += 1
        return found

    def put(self, tag: str, version: str, key: str, value: bytes) -> None:
        """Keeps an answer for a while; one that is larger than the cache is not kept."""
        if _size(value) <= self._kept.maxsize:
            with self._lock:
                self._kept[tag, version, key] = value

    def invalidate(self, tags: Iterable[str]) -> None:
        """Makes every answer of some tags void, those included that are being read just now."""
        with self._lock:
            for tag in tags:
                self._renewed(tag)
                self.count.invalidations += 1


ENTRY_BYTES = 400
"""Keys and bookkeeping of an answer, about [bytes]."""


def _size(value: bytes) -> int:
    return len(value) + ENTRY_BYTES
