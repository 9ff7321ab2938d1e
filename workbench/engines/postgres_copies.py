"""Databases of one server that begin as a copy of another, for trials that must not disturb each other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from psycopg.sql import SQL, Identifier

from workbench.engines.postgres import PostgresEngine, open_postgres


def database_of(postgres: PostgresEngine) -> str:
    """Returns the name of the database that an engine is connected to."""
    with postgres.connect() as connection:
        return connection.info.dbname


@contextlib.contextmanager
def new_database(
    postgres: PostgresEngine, name: str, template: str | None = None
) -> Iterator[PostgresEngine]:
    """Opens a new database of the same server and drops it afterwards.

    Args:
        postgres: A database of the server.
        name: Name of the new one; one that an earlier, killed call left is dropped first.
        template: Database that it copies, to which nobody may be connected; None for an empty one.

    Raises:
        EngineError: The server does not answer.
    """
    drop_database(postgres, name)
    statement = SQL("CREATE DATABASE {}").format(Identifier(name))
    if template:
        statement += SQL(" TEMPLATE {}").format(Identifier(template))
    with postgres.connect(autocommit=True) as connection:
        connection.execute(statement)
    try:
        with open_postgres(urlunsplit(urlsplit(postgres.url)._replace(path=f"/{name}"))) as database:
            yield database
    finally:
        drop_database(postgres, name)


def drop_database(postgres: PostgresEngine, name: str) -> None:
    """Drops a database, with the connections to it, if it exists."""
    with postgres.connect(autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
