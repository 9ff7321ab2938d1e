"""Reads a query of PostgreSQL as Arrow columns, by its binary COPY; no Python object for each value."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import adbc_driver_manager
from adbc_driver_postgresql import StatementOptions, dbapi

from workbench.errors import EngineError

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.engines.postgres import PostgresEngine

BATCH_BYTES = 4 * 2**20
"""About so much of the rows becomes one batch [bytes]."""


@contextlib.contextmanager
def arrow_batches(
    postgres: PostgresEngine, query: str, batch_bytes: int = BATCH_BYTES
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Opens a query as batches of rows for a block of code.

    Numbers of PostgreSQL's `numeric` and documents of `json` and `jsonb` come as texts; the metadata of
    their columns says what they are.

    Args:
        postgres: An open server.
        query: A SELECT.
        batch_bytes: About so much of the rows becomes one batch [bytes].

    Raises:
        EngineError: PostgreSQL refused.
    """
    with _explained(postgres), dbapi.connect(postgres.url) as connection, connection.cursor() as cursor:
        option = StatementOptions.BATCH_SIZE_HINT_BYTES.value
        cursor.adbc_statement.set_options(**{option: str(batch_bytes)})
        cursor.execute(query)
        yield _explained_batches(postgres, cursor.fetch_record_batch())


def _explained_batches(
    postgres: PostgresEngine, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    with _explained(postgres):
        yield from batches


@contextlib.contextmanager
def _explained(postgres: PostgresEngine) -> Iterator[None]:
    try:
        yield
    except (adbc_driver_manager.Error, OSError) as error:
        line = str(error).splitlines()[0]
        raise EngineError(f"PostgreSQL at {postgres.shown_url} cannot be read as columns: {line}") from None
