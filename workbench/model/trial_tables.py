"""Tables that together have every kind of key and projection, for `workbench.model.trials`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

KEY_TYPES = {"pk": "S", "sk": "N", "g1": "S", "g2": "N", "g3": "B", "l1": "S", "l2": "N"}

Index = tuple[str, tuple[str, ...], str | list[str]]
"""Name, keys and projection: a kind, or the names that are included."""


def _schema(keys: Sequence[str]) -> list[dict[str, str]]:
    kinds = zip(keys, ("HASH", "RANGE"), strict=False)
    return [{"AttributeName": name, "KeyType": kind} for name, kind in kinds]


def _index(name: str, keys: tuple[str, ...], projection: str | list[str]) -> dict[str, Any]:
    stated: dict[str, Any] = {"ProjectionType": projection}
    if isinstance(projection, list):
        stated = {"ProjectionType": "INCLUDE", "NonKeyAttributes": projection}
    return {"IndexName": name, "KeySchema": _schema(keys), "Projection": stated}


def create_table(
    name: str,
    keys: tuple[str, ...],
    global_indexes: Sequence[Index] = (),
    local_indexes: Sequence[Index] = (),
) -> dict[str, Any]:
    """Returns a CreateTable request.

    Args:
        name: The table's name.
        keys: Names of its keys, all from `KEY_TYPES`.
        global_indexes: Its global indexes.
        local_indexes: Its local indexes.
    """
    used = {*keys, *(key for index in (*global_indexes, *local_indexes) for key in index[1])}
    request: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _schema(keys),
        "AttributeDefinitions": [
            {"AttributeName": key, "AttributeType": KEY_TYPES[key]} for key in sorted(used)
        ],
    }
    fields = {"GlobalSecondaryIndexes": global_indexes, "LocalSecondaryIndexes": local_indexes}
    stated = {field: [_index(*index) for index in indexes] for field, indexes in fields.items() if indexes}
    return request | stated


def trial_tables() -> list[dict[str, Any]]:
    """Returns the CreateTable requests of all trial tables."""
    return [
        create_table("plain", ("pk",)),
        create_table(
            "hash_with_globals",
            ("pk",),
            [
                ("keys_only", ("g1",), "KEYS_ONLY"),
                ("include", ("g1", "g2"), ["a1"]),
                ("all", ("g3", "g2"), "ALL"),
            ],
        ),
        create_table(
            "range_with_globals",
            ("pk", "sk"),
            [
                ("keys_only", ("g1", "g3"), "KEYS_ONLY"),
                ("include", ("g2",), ["pad"]),
                ("all", ("g1", "pk"), "ALL"),
            ],
        ),
        create_table(
            "range_with_locals",
            ("pk", "sk"),
            local_indexes=[
                ("keys_only", ("pk", "l1"), "KEYS_ONLY"),
                ("include", ("pk", "l2"), ["a1", "pad"]),
                ("all", ("pk", "g1"), "ALL"),
            ],
        ),
        create_table(
            "range_with_both",
            ("pk", "sk"),
            [("include", ("g1", "l1"), ["a2"]), ("on_sort_key", ("sk", "g2"), "KEYS_ONLY")],
            [("local", ("pk", "l2"), ["a1"])],
        ),
    ]
