"""Serves an application over HTTP until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from workbench.errors import EngineError
from workbench.service.limits import LimitSettings
from workbench.service.protocol import bounded_protocol

SPARE_FILES = 512
"""Files that the process needs besides its connections."""
CLOSING_SECONDS = 0.05
"""Time in which the loop notices that connections were closed [s]."""
BACKLOG = 4096
"""Connections that wait to be accepted."""


class _AnnouncingServer(uvicorn.Server):
    """A server that says where it listens as soon as it does."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[str], None], close: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._announce, self._close = announce, close

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        self._close()
        await asyncio.sleep(CLOSING_SECONDS)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            self._announce(f"http://{host}:{port}")


def listening(host: str, port: int) -> socket.socket:
    """Returns a socket that listens.

    Args:
        host: Address; the loopback one unless others shall reach the service.
        port: Port; 0 lets the system choose.

    Raises:
        EngineError: The address is taken or not this machine's.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise EngineError(
            f"{host}:{port} cannot be listened on: {error.strerror}. Name another --port or --host."
        ) from error
    return listener


def server(
    application: ASGIApp,
    limits: LimitSettings,
    announce: Callable[[str], None],
    close: Callable[[], None] = lambda: None,
) -> uvicorn.Server:
    """Returns a server that bounds connections and requests.

    Args:
        application: What answers.
        limits: What a connection may ask.
        announce: Called with the address when the server listens.
        close: Called in the event loop when the last request has been answered.
    """
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=bounded_protocol(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=5,
        backlog=BACKLOG,
    )
    return _AnnouncingServer(config, announce, close)


def allow_files(connections: int) -> None:
    """Raises this process's limit of open files, as far as the system allows it.

    Args:
        connections: Connections that it shall hold.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def serve(  # noqa: PLR0913, PLR0917 - what runs, where, and who hears of it
    application: ASGIApp,
    limits: LimitSettings,
    host: str,
    port: int,
    announce: Callable[[str], None],
    close: Callable[[], None],
) -> None:
    """Serves until Ctrl-C or SIGTERM.

    Args:
        application: What answers.
        limits: What a connection may ask.
        host: Address to listen on.
        port: Port; 0 lets the system choose.
        announce: Called with the address when the server listens.
        close: Called in the event loop when the last request has been answered.

    Raises:
        EngineError: The address cannot be listened on.
    """
    allow_files(limits.connections)
    listener = listening(host, port)
    with contextlib.suppress(KeyboardInterrupt):
        server(application, limits, announce, close).run(sockets=[listener])
