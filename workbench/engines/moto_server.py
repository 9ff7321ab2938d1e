"""moto's server in this process: the API's shape for small data, neither capacity nor speed."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING

from workbench.engines.base import DynamoEngine
from workbench.engines.capabilities import MOTO
from workbench.engines.client import local_client
from workbench.engines.ports import check_port

if TYPE_CHECKING:
    from moto.server import ThreadedMotoServer

NAME = "moto"


@contextlib.contextmanager
def open_moto(region: str, database: str, *, port: int = 0) -> Iterator[DynamoEngine]:
    """Runs moto's server on the loopback interface for a block of code, and begins empty.

    Args:
        region: Region that the client signs for.
        database: Access key; moto keeps one database for all of them.
        port: Port to listen on; 0 lets the system choose.

    Raises:
        EngineError: The port is taken.
    """
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # slow, and other engines need none of it

    check_port(port)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    with _quiet():
        server.start()
        try:
            yield _engine(server, region, database)
        finally:
            server.stop()


def _engine(server: ThreadedMotoServer, region: str, database: str) -> DynamoEngine:
    url = "http://{}:{}".format(*server.get_host_and_port())
    _forget(url)
    connect = functools.partial(local_client, url, region)
    return DynamoEngine(
        NAME, version("moto"), region, url, database, MOTO, connect(database), connect, os.getpid()
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    access_log = logging.getLogger("werkzeug")
    level = access_log.level
    access_log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        access_log.setLevel(level)


def _forget(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()  # noqa: S310  our own loopback address
