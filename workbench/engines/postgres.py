"""PostgreSQL: embedded for one block of code, or a server of the user's named by URL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from workbench.engines.exact_types import load_exactly
from workbench.engines.lifetime import running_child
from workbench.engines.postgres_files import SUPERUSER
from workbench.errors import EngineError

NAME = "postgres"
SERVER = "workbench.engines.postgres_server"
HIDDEN = "***"
CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class PostgresEngine:
    """An open PostgreSQL server.

    Args:
        url: Connection URL; it may hold a password, so it is never printed.
        version: Version of the server.
        shown_url: The same place without the password, for people.
        pid: Process of an embedded server; None for one that was named by URL.
        name: Name of the engine.
        connection_class: What its connections are made of; faults use one of their own.
    """

    url: str = field(repr=False)
    version: str
    shown_url: str
    pid: int | None = None
    name: str = NAME
    connection_class: type[psycopg.Connection[Any]] = field(default=psycopg.Connection, repr=False)

    def connect(self, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """Returns a new connection, which commits only when told to.

        Args:
            **options: Parameters of the connection, such as `application_name`.

        Raises:
            EngineError: The server does not answer or refuses.
        """
        return _connect(self.url, self.connection_class, **options)


@contextlib.contextmanager
def open_postgres(
    url: str | None = None, data_directory: Path | str | None = None
) -> Iterator[PostgresEngine]:
    """Opens PostgreSQL for a block of code.

    Args:
        url: Server to use; None starts an embedded one, on a Unix socket only, which ends with this process.
        data_directory: Folder of a cluster that is kept and durable; None makes one that is removed.

    Raises:
        EngineError: The server did not start or does not answer.
    """
    if url is not None:
        yield _engine(url, None)
        return
    kept = str(Path(data_directory).resolve()) if data_directory is not None else None
    with running_child(SERVER, {"data_directory": kept}, "PostgreSQL") as child:
        yield _engine(_socket_url(child.ready["socket"]), child.ready["pid"])


def _socket_url(folder: str) -> str:
    return f"postgresql://{SUPERUSER}@/{SUPERUSER}?host={quote(folder, safe='')}"


def _engine(url: str, pid: int | None) -> PostgresEngine:
    with _connect(url) as connection:
        version = connection.info.parameter_status("server_version") or ""
    return PostgresEngine(url, version.split()[0], _shown(url), pid)


def _connect(
    url: str, made_of: type[psycopg.Connection[Any]] = psycopg.Connection, **options: Any
) -> psycopg.Connection[tuple[Any, ...]]:
    try:
        connection = made_of.connect(url, connect_timeout=CONNECT_SECONDS, **options)
    except psycopg.Error as error:
        raise EngineError(
            f"PostgreSQL at {_shown(url)} cannot be used: {_without_password(str(error), url)}. "
            "Check the URL (postgresql://user:password@host:port/database), or leave it out "
            "for the embedded server."
        ) from None
    load_exactly(connection)
    return connection


def _shown(url: str) -> str:
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "an address that is not a PostgreSQL URL"
    return make_conninfo("", **{**parts, **({"password": HIDDEN} if "password" in parts else {})})


def _without_password(text: str, url: str) -> str:
    try:
        password = conninfo_to_dict(url).get("password")
    except psycopg.Error:
        return "it is malformed"
    line = " ".join(text.split())
    return line.replace(str(password), HIDDEN) if password else line
