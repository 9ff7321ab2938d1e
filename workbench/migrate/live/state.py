"""All items that a database holds, read by nothing that the replication uses."""

from __future__ import annotations

import json
from collections.abc import Mapping

from workbench.engines import DynamoEngine, PostgresEngine
from workbench.items import Item, ItemMaker, Unrepresentable, canonical
from workbench.migrate.rows import RowReader, mapped_entities, snapshot
from workbench.spec.case import Case

Place = tuple[str, str]
"""Table and primary key as text."""

State = Mapping[Place, Item]


def place_of(case: Case, table: str, item: Mapping[str, object]) -> Place:
    """Returns where an item lies: its table, and the values of its primary key as JSON."""
    keys = (case.design.tables[table].partition_key, case.design.tables[table].sort_key)
    return table, json.dumps([item[key.name] for key in keys if key], ensure_ascii=False)


def engine_state(case: Case, engine: DynamoEngine) -> dict[Place, Item]:
    """Returns all items of a case's tables in DynamoDB."""
    state: dict[Place, Item] = {}
    for table in case.design.tables:
        pages = engine.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        for page in pages:
            for item in page["Items"]:
                plain = _canonical(item)
                state[place_of(case, table, plain)] = plain
    return state


def source_state(case: Case, postgres: PostgresEngine) -> dict[Place, Item]:
    """Returns the items that a case's rows in PostgreSQL make."""
    state: dict[Place, Item] = {}
    with snapshot(postgres) as connection:
        for entity, mapping in mapped_entities(case).items():
            maker, table = ItemMaker(case.design, entity), case.design.entities[entity].table
            for chunk in RowReader(connection, entity, mapping).chunks():
                for _, row in chunk.rows:
                    try:
                        item = _canonical(maker.item(row))
                    except Unrepresentable:
                        continue
                    state.setdefault(place_of(case, table, item), item)
    return state


def _canonical(item: Item) -> Item:
    return {name: canonical(value) for name, value in item.items()}
