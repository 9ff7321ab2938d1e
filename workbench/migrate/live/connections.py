"""Connections to PostgreSQL, one a thread, made anew when one is lost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from workbench.engines import PostgresEngine
from workbench.engines.failures import POSTGRES_SILENT
from workbench.errors import EngineError

ATTEMPTS = 6
BACKOFF = wait_random_exponential(multiplier=0.02, max=1)

Given = TypeVar("Given")


class UnansweredError(EngineError):
    """The server did not answer: what was sent may have taken effect."""


class NotConnectedError(UnansweredError):
    """The server takes no connection; nothing was sent."""


class Connections:
    """The connections of one role.

    Args:
        postgres: The server.
        role: Role that statements run as; empty for the owner of everything.
    """

    def __init__(self, postgres: PostgresEngine, role: str = "") -> None:
        self._postgres = postgres
        self._options = {"options": f"-c role={role}"} if role else {}
        self._local = threading.local()
        self._open: list[Any] = []
        self._lock = threading.Lock()

    def get(self) -> Any:
        """Returns this thread's connection; statements outside of a transaction commit by themselves."""
        connection = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            self._local.connection = connection = self._connect()
            with self._lock:
                self._open = [other for other in self._open if not other.closed] + [connection]
        return connection

    def _connect(self) -> Any:
        try:
            return self._postgres.connect(autocommit=True, **self._options)
        except EngineError as error:
            raise NotConnectedError(str(error)) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Any]:
        """Gives this thread's connection within a transaction; a connection that fails is closed."""
        connection = self.get()
        try:
            with connection.transaction():
                yield connection
        except POSTGRES_SILENT:
            connection.close()
            raise

    def close(self) -> None:
        """Closes the connections of all threads."""
        with self._lock:
            for connection in self._open:
                connection.close()


def persistent(action: Callable[[], Given]) -> Given:
    """Returns what an action gives, which is repeated while the server does not answer.

    Raises:
        UnansweredError: It did not answer in several attempts.
    """
    silent = retry_if_exception_type((*POSTGRES_SILENT, NotConnectedError))
    retrying = Retrying(retry=silent, wait=BACKOFF, stop=stop_after_attempt(ATTEMPTS), reraise=True)
    try:
        return retrying(action)
    except POSTGRES_SILENT as error:
        raise UnansweredError(
            f"PostgreSQL did not answer in {ATTEMPTS} attempts: {error}. Try again."
        ) from error
