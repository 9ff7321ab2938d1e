"""Fills an empty PostgreSQL database with a case's schema and test data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.engines import PostgresEngine
from workbench.engines.statements import copy_into, explained, next_value
from workbench.errors import InputError, Problem
from workbench.population import generate
from workbench.spec.case import Case, shown_path

SEQUENCES = """
SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)
FROM information_schema.columns
WHERE table_schema = current_schema()
  AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Draw:
    """Which population is drawn.

    Args:
        users: Its size [users].
        seed: Chooses one among those of that size.
        hostile: Whether rows are added that no item can hold.
    """

    users: int
    seed: int
    hostile: bool = False

    def __str__(self) -> str:
        return f"users {self.users}, seed {self.seed}{', hostile rows' if self.hostile else ''}"


def _absent(case: Case) -> Iterator[Problem]:
    """Yields a problem for each file of a relational source that a case lacks."""
    parts = {"mapping.yaml": case.mapping, "population.yaml": case.population, "source.sql": case.source_sql}
    for name in (name for name, part in parts.items() if part is None):
        message = "is not there, and without its relational source a case can be neither moved nor measured"
        step = "Add it; `workbench new FOLDER` shows one."
        yield Problem(shown_path(case.directory / name), 0, "", message, step)


def load_source(
    case: Case, postgres: PostgresEngine, users: int, seed: int, *, hostile: bool = False
) -> dict[str, int]:
    """Makes the relational schema, fills it with drawn rows and returns the rows of each table.

    Everything happens in one transaction: a load that is cut off leaves the database empty.

    Args:
        case: A case with a relational source.
        postgres: An engine whose database has no table of the case.
        users: Size of the population [users].
        seed: Chooses the population.
        hostile: Whether rows are added that no item can hold.

    Raises:
        InputError: The case has no relational source; each file that is not there.
    """
    if case.population is None or case.source_sql is None:
        raise InputError(_absent(case))
    with postgres.connect() as connection, connection.cursor() as cursor:
        with explained(f"{case.name}: source.sql"):
            cursor.execute(case.source_sql.encode())
        rows = {
            data.table: _copy(cursor, data.table, data.columns, data.blocks)
            for data in generate(case.population, users, seed, hostile=hostile)
        }
        _reset_sequences(cursor)
    _analyze(postgres)
    return rows


def _copy(cursor: Any, table: str, columns: tuple[str, ...], blocks: Any) -> int:
    with explained(f"{table}: the load of its rows"), cursor.copy(copy_into(table, columns)) as copy:
        for block in blocks:
            copy.write(block)
    count: int = cursor.rowcount
    return count


def _reset_sequences(cursor: Any) -> None:
    cursor.execute(SEQUENCES)
    for table, column, sequence in cursor.fetchall():
        cursor.execute(next_value(table, column), (sequence,))


def _analyze(postgres: PostgresEngine) -> None:
    with postgres.connect() as connection:
        connection.autocommit = True
        connection.execute("ANALYZE")


def is_loaded(case: Case, postgres: PostgresEngine) -> bool:
    """Returns whether the tables of a case's population exist."""
    tables = list(case.population.tables) if case.population else []
    with postgres.connect() as connection:
        found = connection.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NOT NULL",
            (tables,),
        ).fetchall()
    return bool(tables) and len(found) == len(tables)
