"""What is kept of pages, for an event loop: in this process, or in Redis without anybody waiting for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from workbench.cache.memory import Cache, CacheCount, MemoryCache
from workbench.cache.redis_cache import RedisCache, RedisCount
from workbench.engines.redis import open_redis
from workbench.query.settings import ServiceSettings

T = TypeVar("T")

BYTES_PER_MB = 1_000_000
THREADS = 8
"""Calls to Redis at once."""
MEMORY, REDIS, NONE = "memory", "redis", "none"
"""Where pages are kept; a URL names another Redis."""


class PageCache:
    """Keeps pages under tags; nothing of it blocks the event loop.

    Args:
        cache: Where they are kept.
        pool: Threads that wait for the cache; None for a cache that answers at once.
    """

    def __init__(self, cache: Cache, pool: ThreadPoolExecutor | None = None) -> None:
        self._cache, self._pool = cache, pool

    @property
    def count(self) -> CacheCount:
        """What became of the questions so far."""
        return self._cache.count

    async def find(self, tag: str, key: str) -> tuple[str, bytes | None]:
        """Returns the tag's version, and the page that is kept under it; None where there is none."""
        return await self._run(self._found, tag, key)

    async def keep(self, tag: str, version: str, key: str, page: bytes) -> None:
        """Keeps a page that was read after the version was."""
        await self._run(self._cache.put, tag, version, key, page)

    async def forget(self, tags: Iterable[str]) -> None:
        """Makes void every page of some tags, unless the cache cannot be reached."""
        await self._run(self._cache.invalidate, list(tags))

    def _found(self, tag: str, key: str) -> tuple[str, bytes | None]:
        version = self._cache.version(tag)
        return version, self._cache.get(tag, version, key)

    async def _run(self, work: Callable[..., T], *given: object) -> T:
        if self._pool is None:
            return work(*given)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)


@contextlib.contextmanager
def page_cache(place: str, settings: ServiceSettings) -> Iterator[PageCache | None]:
    """Gives what keeps pages for the length of a block; None where none is kept.

    Args:
        place: `memory`, `redis` for an embedded server, its URL for another, or `none`.
        settings: For how long pages are kept, and how many.

    Raises:
        EngineError: Redis does not answer.
    """
    seconds, most_bytes = settings.cache.seconds, settings.cache.megabytes * BYTES_PER_MB
    if place == NONE or not seconds:
        yield None
    elif place == MEMORY:
        yield PageCache(MemoryCache(seconds, most_bytes))
    else:
        url = None if place == REDIS else place
        with open_redis(url, most_bytes=most_bytes) as redis, ThreadPoolExecutor(THREADS) as pool:
            yield PageCache(RedisCache(redis, seconds, f"{settings.case}:{settings.collection}"), pool)


def unreachable(cache: PageCache | None) -> float:
    """Returns how often the cache gave no answer so far; 0 for one that cannot fail."""
    count = cache.count if cache else None
    return float(count.unreachable) if isinstance(count, RedisCount) else 0.0
