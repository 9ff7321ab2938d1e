"""Redis: embedded for one block of code, or a server of the user's named by URL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import psutil
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_delay,
    wait_fixed,
)

from workbench.engines.lifetime import running_child
from workbench.errors import EngineError

NAME = "redis"
SERVER = "workbench.engines.redis_server"
READY_SECONDS = 5
ANSWER_SECONDS = 0.25
"""How long a request waits for Redis; a cache that answers later than the table would is of no use."""

DEFAULT_BYTES = 64 * 2**20
LEAST_RECENTLY_USED = "allkeys-lru"


class CacheUnreachableError(EngineError):
    """Redis gave no answer."""


@dataclass(frozen=True, slots=True)
class RedisEngine:
    """An open Redis server; its methods raise `CacheUnreachableError` where it gives no answer.

    Args:
        version: Version of the server.
        shown_url: Where it is, without a password.
        pid: Process of an embedded server; None for one that was named by URL.
        name: Name of the engine.
    """

    client: Redis = field(repr=False)
    version: str
    shown_url: str
    pid: int | None = None
    name: str = NAME

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """Returns the values of some keys, None where there is none."""
        with _answered():
            return cast("list[bytes | None]", self.client.mget(keys))

    def put(self, key: str, value: bytes | str, seconds: float) -> None:
        """Keeps a value for a while [s]."""
        with _answered():
            self.client.set(key, value, px=max(1, round(seconds * 1000)))

    def put_new(self, key: str, value: bytes | str, seconds: float) -> bytes:
        """Keeps a value where there is none, for a while [s], and returns the one that is there now."""
        with _answered():
            pipeline = self.client.pipeline(transaction=True)
            pipeline.set(key, value, px=max(1, round(seconds * 1000)), nx=True)
            pipeline.get(key)
            return cast("bytes", pipeline.execute()[1])

    def remove(self, keys: Sequence[str]) -> None:
        """Removes keys, at once and together."""
        with _answered():
            self.client.delete(*keys)

    def facts(self) -> dict[str, Any]:
        """Returns the server's own counts: memory, evictions, hits and so on, by Redis's names."""
        with _answered():
            return self.client.info()

    def clear(self) -> None:
        """Removes everything."""
        with _answered():
            self.client.flushdb()

    def kill(self) -> None:
        """Ends an embedded server at once, as a crash would.

        Raises:
            EngineError: The server is not ours to kill.
        """
        if self.pid is None:
            raise EngineError(f"Redis at {self.shown_url} was not started here. Stop it where it runs.")
        psutil.Process(self.pid).kill()
        Retrying(retry=retry_if_result(bool), wait=wait_fixed(0.01), stop=stop_after_delay(READY_SECONDS))(
            self._answers
        )

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise CacheUnreachableError(f"Redis gave no answer: {error}. Look whether it runs.") from error


@contextlib.contextmanager
def open_redis(
    url: str | None = None, *, most_bytes: int = DEFAULT_BYTES, policy: str = LEAST_RECENTLY_USED
) -> Iterator[RedisEngine]:
    """Opens Redis for a block of code.

    Args:
        url: Server to use; None starts an embedded one, on a Unix socket only, which ends with this process.
        most_bytes: Memory of an embedded server [bytes].
        policy: What an embedded server removes when its memory is full.

    Raises:
        EngineError: The server did not start or does not answer.
    """
    if url is not None:
        with contextlib.closing(_client(url)) as client:
            yield _engine(client, _without_password(url), None)
        return
    settings = {"most_bytes": most_bytes, "policy": policy}
    with running_child(SERVER, settings, "Redis") as child:
        socket = f"unix://{child.ready['socket']}"
        with contextlib.closing(_client(socket)) as client:
            yield _engine(client, socket, child.ready["pid"])


def _client(url: str) -> Redis:
    return Redis.from_url(
        url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0)
    )


def _engine(client: Redis, shown_url: str, pid: int | None) -> RedisEngine:
    waiting = Retrying(
        retry=retry_if_exception_type(RedisError), wait=wait_fixed(0.02), stop=stop_after_delay(READY_SECONDS)
    )
    try:
        facts = waiting(lambda: client.info("server"))
    except RetryError as error:
        raise EngineError(
            f"Redis at {shown_url} does not answer: {error.last_attempt.exception()}. Start it, or leave the "
            "URL out to use an embedded one."
        ) from error
    return RedisEngine(client, str(facts["redis_version"]), shown_url, pid)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
