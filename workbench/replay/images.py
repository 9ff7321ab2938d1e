"""The items behind a request: read beside it, outside every measured section."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.access.calls import MAX_BATCH_KEYS, Request
from workbench.access.execution import Exchange, Sender, result_of
from workbench.items.codec import AttributeValue, Item
from workbench.spec.design import Design, SecondaryIndex, Table

_PLACEHOLDER = re.compile(r"[#:]\w+")
_HOLDS_BYTES = frozenset({"B", "BS", "M", "L"})
_ASKING = ("FilterExpression", "ProjectionExpression", "Select", "ReturnConsumedCapacity")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an item lives: its table and its key, comparable."""

    table: str
    key: str

    @classmethod
    def of(cls, table: str, key: Item) -> Address:
        """Returns the address of a primary key."""
        return cls(table, json.dumps(key, sort_keys=True, default=repr))


def key_names(holder: Table | SecondaryIndex) -> tuple[str, ...]:
    """Returns the key attributes of a table or index, partition key first."""
    return tuple(key.name for key in (holder.partition_key, holder.sort_key) if key)


def key_of(design: Design, table: str, item: Item) -> Item:
    """Returns the primary key of an item or index entry."""
    return {name: item[name] for name in key_names(design.tables[table])}


def secondary_index(design: Design, table: str, index: str) -> SecondaryIndex:
    """Returns an index of a table, global or local."""
    holder = design.tables[table]
    return (holder.global_secondary_indexes | holder.local_secondary_indexes)[index]


def with_bytes(item: Item) -> Item:
    r"""Returns an item whose binary values are bytes, as boto3 has them, where they were base64 text.

    >>> with_bytes({"a": {"B": "AAE="}, "b": {"L": [{"B": b"x"}, {"S": "y"}]}})
    {'a': {'B': b'\x00\x01'}, 'b': {'L': [{'B': b'x'}, {'S': 'y'}]}}
    """
    return {name: _with_bytes(value) for name, value in item.items()}


def _with_bytes(value: AttributeValue) -> AttributeValue:
    ((kind, inside),) = value.items()
    if kind not in _HOLDS_BYTES:
        return value
    if kind == "M":
        return {kind: with_bytes(inside)}
    if kind == "L":
        return {kind: [_with_bytes(member) for member in inside]}
    return {kind: _bytes(inside) if kind == "B" else [_bytes(member) for member in inside]}


def _bytes(value: str | bytes) -> bytes:
    return base64.b64decode(value) if isinstance(value, str) else value


class Images:
    """Reads whole items, strongly consistent; what reads evaluate is remembered until `forget`.

    Args:
        design: Knows keys and projections.
        sender: Sends to the engine that is replayed on; may go past boto3.
    """

    def __init__(self, design: Design, sender: Sender) -> None:
        self._design = design
        self._sender = sender
        self._evaluated: dict[str, list[Item]] = {}
        self._base: dict[Address, Item] = {}

    def forget(self) -> None:
        """Drops what was remembered; needed after writes."""
        self._evaluated.clear()
        self._base.clear()

    def read(self, table: str, keys: Iterable[Item]) -> dict[Address, Item]:
        """Returns those items that exist, by address."""
        wanted = list({Address.of(table, key): key for key in keys}.values())
        if len(wanted) == 1:
            found = self._single(table, wanted[0])
        else:
            found = [i for n in range(0, len(wanted), MAX_BATCH_KEYS) for i in self._batch(table, wanted, n)]
        return {Address.of(table, key_of(self._design, table, item)): item for item in found}

    def _single(self, table: str, key: Item) -> Sequence[Item]:
        arguments = {"TableName": table, "Key": key, "ConsistentRead": True}
        return self._items(Request("GetItem", arguments))

    def _batch(self, table: str, keys: list[Item], start: int) -> Sequence[Item]:
        asked = {"Keys": keys[start : start + MAX_BATCH_KEYS], "ConsistentRead": True}
        return self._items(Request("BatchGetItem", {"RequestItems": {table: asked}}))

    def _items(self, request: Request, limit: int | None = None) -> list[Item]:
        return [with_bytes(item) for item in result_of(self._sender.send([request], limit), limit).items]

    def evaluated(self, exchange: Exchange) -> list[Item]:
        """Returns the base items that one page of a Query or Scan read, before its filter."""
        arguments, scanned = exchange.request.arguments, exchange.response["ScannedCount"]
        if not scanned:
            return []
        if self._shows_base_items(arguments):
            return list(exchange.response["Items"])
        shadow = self._shadow(arguments)
        name = json.dumps([shadow, scanned], sort_keys=True, default=repr)
        if name not in self._evaluated:
            self._evaluated[name] = self._ask(Request(exchange.request.operation, shadow), scanned)
        return self._evaluated[name]

    def _projects_all(self, arguments: Mapping[str, Any]) -> bool:
        index = arguments.get("IndexName")
        return (
            index is None
            or secondary_index(self._design, arguments["TableName"], index).projection.type == "ALL"
        )

    def _shows_base_items(self, arguments: Mapping[str, Any]) -> bool:
        asks = any(name in arguments for name in _ASKING[:3])
        return not asks and self._projects_all(arguments)

    @staticmethod
    def _shadow(arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the same read without filter and projection, nor the placeholders that only they use."""
        used = set(_PLACEHOLDER.findall(arguments.get("KeyConditionExpression", "")))
        shadow = {name: value for name, value in arguments.items() if name not in _ASKING}
        for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            kept = {placeholder: v for placeholder, v in shadow.pop(name, {}).items() if placeholder in used}
            if kept:
                shadow[name] = kept
        return shadow

    def _ask(self, request: Request, scanned: int) -> list[Item]:
        limited = Request(request.operation, {**request.arguments, "Limit": scanned})
        entries = self._items(limited, scanned)
        if self._projects_all(request.arguments):
            return entries
        return self._base_items(request.arguments["TableName"], entries)

    def _base_items(self, table: str, entries: Sequence[Item]) -> list[Item]:
        keys = [key_of(self._design, table, entry) for entry in entries]
        addresses = [Address.of(table, key) for key in keys]
        unknown = [k for k, address in zip(keys, addresses, strict=True) if address not in self._base]
        if unknown:
            self._base |= self.read(table, unknown)
        return [self._base[address] for address in addresses if address in self._base]
