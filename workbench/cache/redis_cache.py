"""Kept answers in Redis, shared by all processes; without Redis every question goes on to the table."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from workbench.cache.memory import CacheCount
from workbench.engines.redis import CacheUnreachableError, RedisEngine

T = TypeVar("T")

REST_SECONDS = 1.0
"""How long Redis is left alone after it gave no answer, so that questions do not wait for it one by one."""

TAG_FACTOR = 2
"""A version outlives the answers under it, so that no answer can outlive its version."""


@dataclass
class RedisCount(CacheCount):
    """What became of the questions, and how often Redis failed.

    Args:
        unreachable: Times that Redis gave no answer.
        passed_by: Requests that left Redis alone after such a time.
        uncertain: Tags that could not be made void; their answers may be stale until their time is over.
    """

    unreachable: int = 0
    passed_by: int = 0
    uncertain: int = 0


class RedisCache:
    """A cache in Redis.

    An answer is kept under its tag's version. A reader takes the version before it reads the table, and a
    writer removes the version after its write: what was read before the write is then under a version that
    nobody asks for again. Only where Redis cannot be reached by the writer do older answers stay valid, for
    `seconds` at most: that is the bound of staleness.

    Args:
        redis: The server.
        seconds: How long an answer is kept [s].
        prefix: What all its keys begin with.
        clock: Gives the time [s].
    """

    def __init__(
        self,
        redis: RedisEngine,
        seconds: float,
        prefix: str = "workbench",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.count = RedisCount()
        self._redis, self._seconds, self._prefix, self._clock = redis, seconds, prefix, clock
        self._again = 0.0
        self._lock = Lock()

    def version(self, tag: str) -> str:
        """Returns what the tag's valid answers have in their keys; read it before the answer is.

        Without Redis it is one that was never used.
        """
        mine = uuid.uuid4().hex
        return self._try(lambda: self._versioned(self._tag(tag), mine), mine.encode()).decode()

    def _versioned(self, name: str, mine: str) -> bytes:
        """Returns the version that is there, asked for first because hardly ever none is."""
        (found,) = self._redis.get([name])
        return found or self._redis.put_new(name, mine, self._seconds * TAG_FACTOR)

    def get(self, tag: str, version: str, key: str) -> bytes | None:
        """Returns a kept answer; None where there is none that is valid, or no Redis."""
        nothing: list[bytes | None] = [None]
        (found,) = self._try(lambda: self._redis.get([self._answer(tag, version, key)]), nothing)
        with self._lock:
            if found is None:
                self.count.misses += 1
            else:
                self.count.hits += 1
        return found

    def put(self, tag: str, version: str, key: str, value: bytes) -> None:
        """Keeps an answer for a while."""
        self._try(lambda: self._redis.put(self._answer(tag, version, key), value, self._seconds), None)

    def invalidate(self, tags: Iterable[str]) -> None:
        """Makes every answer of some tags void, those included that are being read just now."""
        names = [self._tag(tag) for tag in tags]
        if not names:
            return
        reached = self._try(lambda: self._removed(names), default=False, always=True)
        with self._lock:
            self.count.invalidations += len(names) if reached else 0
            self.count.uncertain += 0 if reached else len(names)

    def _removed(self, names: list[str]) -> bool:
        self._redis.remove(names)
        return True

    def _try(self, ask: Callable[[], T], default: T, *, always: bool = False) -> T:
        if self._clock() < self._again and not always:
            with self._lock:
                self.count.passed_by += 1
            return default
        try:
            return ask()
        except CacheUnreachableError:
            with self._lock:
                self.count.unreachable += 1
                self._again = self._clock() + REST_SECONDS
            return default

    def _tag(self, tag: str) -> str:
        return f"{self._prefix}:version:{tag}"

    def _answer(self, tag: str, version: str, key: str) -> str:
        return f"{self._prefix}:answer:{tag}:{version}:{key}"
