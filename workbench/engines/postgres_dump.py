"""Archives of a PostgreSQL database: written by pg_dump, read back into a database of its own, compared."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from workbench.engines.postgres import PostgresEngine
from workbench.engines.postgres_copies import new_database
from workbench.engines.postgres_files import installed_programs
from workbench.errors import EngineError

TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name
"""
CONTENT = "SELECT count(*), md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM {} t"


def dump(postgres: PostgresEngine, path: Path) -> int:
    """Writes the whole database to a file that pg_restore reads, and returns its size [bytes].

    Args:
        postgres: The database.
        path: The file; it appears only when it is whole.

    Raises:
        EngineError: pg_dump failed; tells why.
    """
    part = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _run(postgres.url, "pg_dump", "--format=custom", "--file", str(part))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path.stat().st_size


@contextlib.contextmanager
def restored(postgres: PostgresEngine, path: Path, database: str) -> Iterator[PostgresEngine]:
    """Opens a new database of the same server that an archive was read back into, and drops it afterwards.

    Args:
        postgres: A database of the server.
        path: The archive.
        database: Name of the new database; one that an earlier, killed call left is dropped first.

    Raises:
        EngineError: pg_restore failed; tells why.
    """
    with new_database(postgres, database) as copy:
        _run(copy.url, "pg_restore", "--exit-on-error", str(path))
        yield copy


def contents(postgres: PostgresEngine) -> dict[str, tuple[int, str]]:
    """Returns the number of rows of each table and a digest of them, whatever their order."""
    with postgres.connect() as connection:
        names = [name for (name,) in connection.execute(TABLES).fetchall()]
        return {name: _content(connection, name) for name in names}


def _content(connection: Connection[Any], table: str) -> tuple[int, str]:
    rows, digest = connection.execute(SQL(CONTENT).format(Identifier(table))).fetchall()[0]
    return int(rows), str(digest)


def _run(url: str, program: str, *arguments: str) -> None:
    """Runs a program of PostgreSQL; a password goes by the environment, which nobody else can list."""
    address = conninfo_to_dict(url)
    secret = {"PGPASSWORD": str(address.pop("password"))} if "password" in address else {}
    place = make_conninfo("", **address)
    ended = subprocess.run(  # noqa: S603 - a program of the installed server, its arguments are ours
        [str(installed_programs() / program), *arguments, "--dbname", place],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C", **secret},
    )
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"]
        raise EngineError(f"{program} failed: {lines[0]}. Make room, or correct the address of the server.")
