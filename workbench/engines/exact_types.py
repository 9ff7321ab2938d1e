"""What PostgreSQL's values become in Python without loss."""

from __future__ import annotations

import functools
import json
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

MOMENTS = ("timestamptz", "timestamp", "date")


def load_exactly(connection: psycopg.Connection[Any]) -> None:
    """Makes a connection give numbers inside JSON as Decimal, and moments that Python lacks as text.

    Without it, `0.1` in JSON would become a binary fraction, and one `infinity` would fail the whole query.
    """
    set_json_loads(functools.partial(json.loads, parse_float=Decimal), connection)
    for name in MOMENTS:
        connection.adapters.register_loader(name, _lenient(name))


@functools.cache
def _lenient(name: str) -> type[Loader]:
    oid = psycopg.adapters.types[name].oid
    strict = psycopg.adapters.get_loader(oid, Format.TEXT) or TextLoader

    class Lenient(Loader):
        def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
            super().__init__(oid, context)
            self._strict = strict(oid, context)

        def load(self, data: Buffer) -> Any:
            try:
                return self._strict.load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return Lenient
