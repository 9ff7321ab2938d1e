"""Tables of the experiments, in a database of their own, removed afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from workbench.engines.base import DynamoEngine
from workbench.errors import EngineError
from workbench.replay.factors.experiments import (
    INDEX,
    INDEX_COUNTS,
    LIST,
    LIST_ITEMS,
    READ_TABLE,
    base_bytes,
    make_item,
    size_levels,
    write_table,
)

DATABASE = "factors"
BATCH = 25


@contextmanager
def scratch_tables(engine: DynamoEngine, sizes: Sequence[int]) -> Iterator[DynamoEngine]:
    """Makes the tables with their items for a block of code and gives the engine that sees them.

    Args:
        engine: An open engine of this machine.
        sizes: Item sizes of interest [bytes].

    Raises:
        EngineError: The engine is AWS, where tables cost money.
    """
    if engine.endpoint_url is None:
        raise EngineError("The experiments fill tables of their own; run them on an embedded engine.")
    own = replace(engine, database=DATABASE, client=engine.connect(DATABASE))
    tables = {READ_TABLE: 1} | {write_table(count): count for count in INDEX_COUNTS}
    try:
        for name, indexes in tables.items():
            own.client.create_table(**table_request(name, indexes))
        _fill(own, sizes)
        yield own
    finally:
        for name in set(tables) & set(own.client.list_tables()["TableNames"]):
            own.client.delete_table(TableName=name)
        own.client.close()


def table_request(name: str, indexes: int) -> dict[str, Any]:
    """Returns the request that makes a table with a number of indexes on the same key, all projecting all."""
    kinds = {"pk": "S", "sk": "N"} | ({"gpk": "S", "gsk": "N"} if indexes else {})
    request: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": key, "AttributeType": kind} for key, kind in kinds.items()
        ],
        "KeySchema": _schema("pk", "sk"),
    }
    entries = [
        {
            "IndexName": INDEX if not number else f"{INDEX}{number}",
            "KeySchema": _schema("gpk", "gsk"),
            "Projection": {"ProjectionType": "ALL"},
        }
        for number in range(indexes)
    ]
    return {**request, "GlobalSecondaryIndexes": entries} if entries else request


def _schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def _fill(engine: DynamoEngine, sizes: Sequence[int]) -> None:
    base = base_bytes(sizes)
    items = [make_item(LIST, number, base) for number in range(1, LIST_ITEMS + 1)]
    items += [make_item(f"size{size}", 0, size, "sizes") for size in size_levels(sizes)]
    for some in _some(items):
        puts = [{"PutRequest": {"Item": item}} for item in some]
        answer = engine.client.batch_write_item(RequestItems={READ_TABLE: puts})
        if answer.get("UnprocessedItems"):
            raise EngineError("The items of the experiments were not all taken. Run them again.")


def _some(items: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    return (items[first : first + BATCH] for first in range(0, len(items), BATCH))
