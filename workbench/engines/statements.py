"""SQL statements that name tables and columns; the names are quoted, never pasted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Placeholder

from workbench.errors import EngineError


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Turns an error of PostgreSQL within a block into one that names what failed.

    Args:
        what: What was tried, such as `Problem: its mapping query`.

    Raises:
        EngineError: PostgreSQL refused.
    """
    try:
        yield
    except psycopg.Error as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise EngineError(f"{what} failed: {lines[0]}. Check it against the tables of the source.") from error


def copy_into(table: str, columns: tuple[str, ...]) -> Composed:
    """Returns the COPY statement that takes rows of a table in text format."""
    names = SQL(", ").join(map(Identifier, columns))
    return SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), names)


def next_value(table: str, column: str) -> Composed:
    """Returns the statement that sets the sequence of its argument behind a column's largest value."""
    return SQL("SELECT setval(%s, COALESCE(max({}), 0) + 1, false) FROM {}").format(
        Identifier(column), Identifier(table)
    )


def key_facts(query: str, key: str) -> Composed:
    """Returns the statement that counts the rows, the keys and the distinct keys of a query."""
    return SQL("SELECT count(*), count({0}), count(DISTINCT {0}) FROM ({1}) AS source").format(
        Identifier(key), _inner(query)
    )


def key_range(query: str, key: str, *, after: bool, until: bool, limit: bool) -> Composed:
    """Returns the statement that reads rows of a query by ascending key.

    Args:
        query: A SELECT.
        key: A unique column of it.
        after: Whether only keys above `%(after)s` are read.
        until: Whether only keys up to `%(until)s` are read.
        limit: Whether at most `%(limit)s` rows are read.
    """
    template = "SELECT * FROM ({query}) AS source WHERE TRUE"
    template += " AND {key} > %(after)s" if after else ""
    template += " AND {key} <= %(until)s" if until else ""
    template += " ORDER BY {key}"
    template += " LIMIT %(limit)s" if limit else ""
    return SQL(template).format(query=_inner(query), key=Identifier(key))


def _inner(query: str) -> SQL:
    return SQL(query.rstrip().rstrip(";").replace("%", "%%"))


def matching(query: str, columns: tuple[str, ...]) -> Composed:
    """Returns the statement that reads the rows of a query that have given values in some columns."""
    conditions = SQL(" AND ").join(
        SQL("{} = {}").format(Identifier(name), Placeholder(name)) for name in columns
    )
    return SQL("SELECT * FROM ({}) AS source WHERE {}").format(_inner(query), conditions)
