"""Reads the rows of an entity from PostgreSQL by ascending key, in one snapshot."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.engines import PostgresEngine
from workbench.engines.statements import explained, key_facts, key_range
from workbench.errors import MigrationError
from workbench.spec.case import Case
from workbench.spec.mapping import EntityMapping

Row = dict[str, Any]

CHUNK_ROWS = 1000
"""Rows of a chunk at most."""

CHUNK_BYTES = 4 * 2**20
"""Text of a chunk that the number of rows is chosen for [bytes]."""

WEIGHED = 8
"""Every how many-th row is weighed for the size of the next chunk."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of one entity.

    Args:
        rows: The rows, ascending by key, each with its key.
    """

    rows: tuple[tuple[int, Row], ...]

    @property
    def first(self) -> int:
        """Key of the first row."""
        return self.rows[0][0]

    @property
    def last(self) -> int:
        """Key of the last row."""
        return self.rows[-1][0]


@contextlib.contextmanager
def snapshot(postgres: PostgresEngine) -> Iterator[Any]:
    """Opens a connection that sees one state of the database and cannot change it."""
    with explained("The snapshot of the source"), postgres.connect() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection


class RowReader:
    """Reads the rows of one entity.

    Args:
        connection: An open snapshot.
        entity: The entity's name, for messages.
        mapping: The entity's query and key.
    """

    def __init__(self, connection: Any, entity: str, mapping: EntityMapping) -> None:
        self._connection = connection
        self._entity = entity
        self._mapping = mapping

    def count(self) -> int:
        """Returns the number of rows.

        Raises:
            MigrationError: The key is NULL or not unique, so that rows would be passed over.
        """
        statement = key_facts(self._mapping.query, self._mapping.key)
        with explained(f"{self._entity}: its mapping query"):
            rows, keys, distinct = self._connection.execute(statement).fetchone()
        if not rows == keys == distinct:
            raise MigrationError(
                f"{self._entity}: column {self._mapping.key} of its mapping query has {rows - keys} NULLs "
                f"and {keys - distinct} repeated values. Name a unique column that is never NULL in `key`."
            )
        return int(rows)

    def between(self, first: int, last: int) -> Chunk | None:
        """Returns the rows whose keys lie in a range, both ends included; None without any."""
        return self._read({"after": first - 1, "until": last})

    def chunks(self, after: int | None = None) -> Iterator[Chunk]:
        """Yields the rows above a key, chunk by chunk.

        Args:
            after: Key below the first wanted one; None for all rows.
        """
        limit = CHUNK_ROWS // 10
        while chunk := self._read({"limit": limit} | ({} if after is None else {"after": after})):
            yield chunk
            after, limit = chunk.last, _rows_for(chunk)

    def _read(self, bounds: dict[str, int]) -> Chunk | None:
        flags = {name: name in bounds for name in ("after", "until", "limit")}
        statement = key_range(self._mapping.query, self._mapping.key, **flags)
        with explained(f"{self._entity}: its mapping query"):
            cursor = self._connection.execute(statement, bounds, prepare=True)
        names = [column.name for column in cursor.description]
        rows = [self._keyed(dict(zip(names, values, strict=True))) for values in cursor]
        return Chunk(tuple(rows)) if rows else None

    def _keyed(self, row: Row) -> tuple[int, Row]:
        key = row[self._mapping.key]
        if not isinstance(key, int):
            raise MigrationError(
                f"{self._entity}: column {self._mapping.key} of its mapping query is {type(key).__name__}. "
                "Name an integer column in `key`."
            )
        return key, kept_values(self._mapping, row)


def kept_values(mapping: EntityMapping, row: Row) -> Row:
    """Returns a row of a mapping query with NULL where a value is not kept."""
    if mapping.empty_strings == "omit":
        return {name: None if value == "" else value for name, value in row.items()}
    return row


def _rows_for(chunk: Chunk) -> int:
    """Returns how many rows like those of a chunk make a chunk of the wanted size."""
    rows = chunk.rows[::WEIGHED]
    text = sum(len(value) for _, row in rows for value in row.values() if isinstance(value, str))
    return max(1, min(CHUNK_ROWS, CHUNK_BYTES * len(rows) // max(text, 1)))


def mapped_entities(case: Case) -> dict[str, EntityMapping]:
    """Returns the mapping of each entity of a case, in the design's order.

    Raises:
        MigrationError: The case maps nothing.
    """
    if case.mapping is None:
        raise MigrationError(f"{case.name} has no mapping.yaml. Add one that says which rows become items.")
    mapped = case.mapping.entities
    return {entity: mapped[entity] for entity in case.design.entities if entity in mapped}
