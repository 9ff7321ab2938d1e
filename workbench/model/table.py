"""The parts of a table that decide what requests cost: its keys and what its indexes project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.model.item_size import Item

IndexKind = Literal["global", "local"]


@dataclass(frozen=True, slots=True)
class IndexShape:
    """A secondary index.

    Args:
        name: The index's name.
        kind: `global` or `local`.
        keys: Name to type (S, N or B) of its key attributes, partition keys first; up to four of each kind.
        projection: `ALL`, `KEYS_ONLY` or `INCLUDE`.
        projected: Names of all attributes that an entry holds; not used when the projection is `ALL`.
    """

    name: str
    kind: IndexKind
    keys: Mapping[str, str]
    projection: str
    projected: frozenset[str]

    def holds(self, item: Item | None) -> bool:
        """Returns whether an item has an entry: all key attributes of the right type.

        Source: dg-gsi
        """
        return item is not None and all(kind in item.get(key, ()) for key, kind in self.keys.items())

    def entry(self, item: Item | None) -> dict[str, Any] | None:
        """Returns the entry of an item, None where the item has none."""
        if item is None or not self.holds(item):
            return None
        return self.project(item)

    def project(self, item: Item) -> dict[str, Any]:
        """Returns the attributes of an item that an entry would hold."""
        if self.projection == "ALL":
            return dict(item)
        return {name: value for name, value in item.items() if name in self.projected}

    def covers(self, names: set[str]) -> bool:
        """Returns whether an entry holds all of these attributes."""
        return self.projection == "ALL" or names <= self.projected


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table with its indexes.

    Args:
        name: The table's name.
        keys: Names of its key attributes, the partition key first.
        key_types: Name to type (S, N or B) of every key attribute of the table and its indexes.
        indexes: Name to index.
    """

    name: str
    keys: tuple[str, ...]
    key_types: Mapping[str, str]
    indexes: Mapping[str, IndexShape]

    @classmethod
    def from_create_table(cls, request: Mapping[str, Any]) -> TableShape:
        """Returns the shape of the table that a CreateTable request makes.

        Args:
            request: The request's fields as boto3 takes them; a description from DescribeTable does as well.
        """
        keys = _key_names(request)
        types = {d["AttributeName"]: d["AttributeType"] for d in request["AttributeDefinitions"]}
        indexes = {index.name: index for index in _indexes(request, keys, types)}
        return cls(request["TableName"], keys, types, indexes)


def _key_names(holder: Mapping[str, Any]) -> tuple[str, ...]:
    parts = sorted(holder["KeySchema"], key=lambda part: str(part["KeyType"]))
    return tuple(part["AttributeName"] for part in parts)


def _indexes(
    request: Mapping[str, Any], table_keys: tuple[str, ...], types: Mapping[str, str]
) -> Iterator[IndexShape]:
    kinds: dict[str, IndexKind] = {"GlobalSecondaryIndexes": "global", "LocalSecondaryIndexes": "local"}
    for field, kind in kinds.items():
        for stated in request.get(field) or ():
            keys = {name: types[name] for name in _key_names(stated)}
            projection = stated.get("Projection") or {}
            kept = frozenset({*table_keys, *keys, *(projection.get("NonKeyAttributes") or ())})
            yield IndexShape(stated["IndexName"], kind, keys, projection.get("ProjectionType", "ALL"), kept)
