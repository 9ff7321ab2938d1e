"""Checks a CreateTable request as far as the model needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.model.attribute_json import Reader
from workbench.model.table import TableShape
from workbench.spec.findings import Path

PROJECTIONS = ("ALL", "KEYS_ONLY", "INCLUDE")
MAX_KEYS_OF_A_KIND = 4
_AS_CREATE_TABLE = "Write it as in a CreateTable request."

_LIMITS = {"table": (1, 1), "local": (1, 1), "global": (MAX_KEYS_OF_A_KIND, MAX_KEYS_OF_A_KIND)}
"""Holder to the largest number of partition and sort keys."""

_INDEXES = (("GlobalSecondaryIndexes", "global"), ("LocalSecondaryIndexes", "local"))

Fields = dict[str, Any]
Keys = dict[str, list[str]]
"""`HASH` and `RANGE` to the names of the attributes."""


def read_table(raw: object, path: Path, reader: Reader) -> TableShape | None:
    """Returns the shape of a table, None where the request has a problem.

    Args:
        raw: The CreateTable request as the file has it; fields that decide no units are not looked at.
        path: Where it is.
        reader: Takes the problems.
    """
    found = len(reader.findings)
    if not isinstance(raw, dict):
        reader.wrong(path, "is not a CreateTable request", _AS_CREATE_TABLE, raw, "a mapping")
        return None
    _Table(reader, raw, path).check()
    return None if len(reader.findings) > found else TableShape.from_create_table(raw)


class _Table:
    def __init__(self, reader: Reader, raw: Fields, path: Path) -> None:
        self._wrong = reader.wrong
        self._raw = raw
        self._path = path
        self._types: dict[str, str] = {}

    def check(self) -> None:
        self._name(self._raw, "TableName", self._path)
        self._types = dict(self._definitions())
        keys = self._keys(self._raw, "table", self._path)
        names = [name for field, kind in _INDEXES for name in self._index_names(field, kind, keys["HASH"])]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._wrong(self._path, "has two indexes of one name", "Name each index once.", name)

    def _name(self, holder: Fields, field: str, path: Path) -> str:
        name = holder.get(field)
        if not isinstance(name, str) or not name:
            self._wrong((*path, field), "is not a name", _AS_CREATE_TABLE, name)
            return ""
        return name

    def _list(self, holder: Fields, field: str, path: Path) -> list[Fields]:
        """Returns the members of a list that are mappings."""
        raw = holder.get(field)
        if not isinstance(raw, list) or not raw or not all(isinstance(member, dict) for member in raw):
            self._wrong((*path, field), "is not a list of mappings", _AS_CREATE_TABLE, raw)
            return []
        return raw

    def _definitions(self) -> Iterator[tuple[str, str]]:
        field = "AttributeDefinitions"
        for place, stated in enumerate(self._list(self._raw, field, self._path)):
            where = (*self._path, field, place)
            kind = stated.get("AttributeType")
            if kind not in ("S", "N", "B"):
                self._wrong((*where, "AttributeType"), "is no key type", _AS_CREATE_TABLE, kind, "S, N, B")
            yield self._name(stated, "AttributeName", where), str(kind)

    def _keys(self, holder: Fields, kind: str, path: Path) -> Keys:
        keys: Keys = {"HASH": [], "RANGE": []}
        parts = self._list(holder, "KeySchema", path)
        for place, part in enumerate(parts):
            where = (*path, "KeySchema", place)
            name, role = self._name(part, "AttributeName", where), part.get("KeyType")
            if role not in ("HASH", "RANGE"):
                self._wrong((*where, "KeyType"), "is no kind of key", _AS_CREATE_TABLE, role, "HASH, RANGE")
                continue
            if name and name not in self._types:
                self._wrong(where, "has no type", "Define it in AttributeDefinitions.", name)
            keys[role].append(name)
        if parts:
            self._check_numbers(keys, kind, (*path, "KeySchema"))
        return keys

    def _check_numbers(self, keys: Keys, kind: str, path: Path) -> None:
        for (role, names), most in zip(keys.items(), _LIMITS[kind], strict=True):
            least = int(role == "HASH" or kind == "local")
            if not least <= len(names) <= most:
                allowed = str(least) if least == most else f"{least} to {most}"
                self._wrong(path, f"has {len(names)} {role} keys", _AS_CREATE_TABLE, allowed=allowed)

    def _index_names(self, field: str, kind: str, partition_keys: list[str]) -> list[str]:
        """Returns the names of the indexes of one kind."""
        if self._raw.get(field) in (None, []):
            return []
        names = []
        for place, stated in enumerate(self._list(self._raw, field, self._path)):
            where = (*self._path, field, place)
            names.append(self._name(stated, "IndexName", where))
            keys = self._keys(stated, kind, where)
            if kind == "local" and partition_keys and keys["HASH"] != partition_keys:
                step = "Give a local index the table's partition key."
                self._wrong((*where, "KeySchema"), "has another partition key", step, ", ".join(keys["HASH"]))
            self._check_projection(stated, (*where, "Projection"))
        return names

    def _check_projection(self, stated: Fields, path: Path) -> None:
        projection = stated.get("Projection")
        kind = projection.get("ProjectionType") if isinstance(projection, dict) else None
        if not isinstance(projection, dict) or kind not in PROJECTIONS:
            allowed = ", ".join(PROJECTIONS)
            self._wrong((*path, "ProjectionType"), "is no projection", _AS_CREATE_TABLE, kind, allowed)
            return
        names, where = projection.get("NonKeyAttributes"), (*path, "NonKeyAttributes")
        if kind == "INCLUDE":
            if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
                self._wrong(where, "is not a list of names", _AS_CREATE_TABLE, names)
        elif names:
            self._wrong(where, f"does not belong to {kind}", "Use INCLUDE, or leave the names out.", names)
