"""Turns rows into the items of one entity; built once from the design, then called for each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.items.codec import (
    AttributeValue,
    Item,
    Unrepresentable,
    Writer,
    attribute_format,
    encoder,
    key_writer,
)
from workbench.model.item_size import item_bytes, most_item_bytes
from workbench.spec.base import Scalar
from workbench.spec.design import Attribute, Design, Entity, SecondaryIndex, Table
from workbench.spec.templates import Placeholder, parse_template

MAX_ITEM_BYTES = 409_600
MAX_PARTITION_KEY_BYTES = 2048
MAX_SORT_KEY_BYTES = 1024

OPEN_FORMATS = frozenset({"text", "bytes", "json", "set"})
"""Formats that do not bound the size of a value."""

MOST_CLOSED_BYTES = 32
"""A value of any other format has fewer: a moment has 27, a number 21 [bytes]."""

Row = Mapping[str, Any]
Renderer = Callable[[Row], AttributeValue | None]


def renderer(template: str, key_type: str, attributes: Mapping[str, Attribute]) -> Renderer:
    """Returns the function that fills a template from a row; it returns None where a value is missing.

    Args:
        template: Literal text and placeholders.
        key_type: S, N or B, the type of the key attribute.
        attributes: Name to attribute, for each placeholder.
    """
    parts = parse_template(template)
    pattern = "".join("%s" if isinstance(part, Placeholder) else part.replace("%", "%%") for part in parts)
    writers = [_writer(part, attributes) for part in parts if isinstance(part, Placeholder)]

    def render(row: Row) -> AttributeValue | None:
        texts = []
        for name, write in writers:
            value = row.get(name)
            if value is None:
                return None
            texts.append(write(value))
        text = pattern % tuple(texts)
        return {key_type: text.encode() if key_type == "B" else text}

    return render


def _writer(part: Placeholder, attributes: Mapping[str, Attribute]) -> tuple[str, Writer]:
    """Returns the name of a column and the function that writes its value."""
    return part.name, key_writer(attributes[part.name], part.form)


def key_types(table: Table) -> dict[str, str]:
    """Returns the type of every key attribute of a table and its indexes."""
    holders: list[Table | SecondaryIndex] = [
        table,
        *table.global_secondary_indexes.values(),
        *table.local_secondary_indexes.values(),
    ]
    keys = [key for holder in holders for key in (holder.partition_key, holder.sort_key) if key]
    return {key.name: key.type for key in keys}


def _check_key(name: str, value: AttributeValue, limit_bytes: int) -> None:
    ((kind, inside),) = value.items()
    size_bytes = 1 if kind == "N" else len(inside if kind == "B" else inside.encode())
    if not size_bytes:
        raise Unrepresentable(f"key {name} is empty")
    if size_bytes > limit_bytes:
        raise Unrepresentable(f"key {name} has {size_bytes} bytes, at most {limit_bytes} are allowed")


def _rendered(name: str, render: Renderer, row: Row) -> AttributeValue | None:
    try:
        return render(row)
    except Unrepresentable as reason:
        raise Unrepresentable(f"key {name}: {reason}") from None


def matches(row: Row, when: Mapping[str, Scalar]) -> bool:
    """Returns whether a row has all the values that a sparse index asks for."""
    return all(row.get(name) == value for name, value in when.items())


class ItemMaker:
    """Makes items of one entity.

    Args:
        design: The design that has the entity.
        entity: The entity's name.
    """

    def __init__(self, design: Design, entity: str) -> None:
        self.entity: Entity = design.entities[entity]
        self.table: Table = design.entity_table(entity)
        self._types = key_types(self.table)
        attributes = self.entity.attributes
        self._stored = [(name, encoder(a)) for name, a in attributes.items() if a.stored]
        self._constants = {name: {"S": text} for name, text in self.entity.constants.items()}
        self._keys = self._renderers(self.entity.keys)
        self._index_keys = [(i.when, self._renderers(i.keys)) for i in self.entity.index_keys.values()]
        self._limits = self._key_limits()
        self._open = [
            name for name, a in attributes.items() if a.stored and attribute_format(a) in OPEN_FORMATS
        ]
        self._closed_bytes = self._most_closed_bytes()

    def _renderers(self, keys: Mapping[str, str]) -> list[tuple[str, Renderer]]:
        attributes = self.entity.attributes
        return [(name, renderer(text, self._types[name], attributes)) for name, text in keys.items()]

    def _key_limits(self) -> dict[str, int]:
        indexes = self.table.global_secondary_indexes | self.table.local_secondary_indexes
        candidates = [self.table.sort_key, *(index.sort_key for index in indexes.values())]
        sort_keys = {key.name for key in candidates if key}
        return {
            name: MAX_SORT_KEY_BYTES if name in sort_keys else MAX_PARTITION_KEY_BYTES for name in self._types
        }

    def _most_closed_bytes(self) -> int:
        """Returns what all but the attributes of open size have at most, all names included [bytes]."""
        names = self.entity.attributes.keys() | self._limits.keys()
        return (
            sum(4 * len(name) + MOST_CLOSED_BYTES for name in names)
            + most_item_bytes(self._constants)
            + sum(self._limits.values())
        )

    def key(self, row: Row) -> Item:
        """Returns the primary key of a row's item.

        Raises:
            Unrepresentable: A part of the key is missing, empty or too long.
        """
        key: Item = {}
        for name, render in self._keys:
            value = _rendered(name, render, row)
            if value is None:
                raise Unrepresentable(f"key {name} has a part that is NULL")
            key[name] = value
        return key

    def _add_index_keys(self, item: Item, row: Row) -> None:
        for when, renderers in self._index_keys:
            if when and not matches(row, when):
                continue
            keys: Item = {}
            for name, render in renderers:
                value = _rendered(name, render, row)
                if value is None:
                    break
                keys[name] = value
            else:
                item.update(keys)

    def item(self, row: Row) -> Item:
        """Returns the item of a row; a column that is NULL becomes no attribute.

        Raises:
            Unrepresentable: DynamoDB cannot hold the row; says why.
        """
        item: Item = {}
        name, get = "", row.get
        try:
            for name, encode in self._stored:
                value = get(name)
                if value is not None:
                    item[name] = encode(value)
        except Unrepresentable as reason:
            raise Unrepresentable(f"{name}: {reason}") from None
        item.update(self._constants)
        item.update(self.key(row))
        self._add_index_keys(item, row)
        self._check(item)
        return item

    def _check(self, item: Item) -> None:
        for name, limit_bytes in self._limits.items():
            value = item.get(name)
            if value is not None and not 0 < 4 * len(value.get("S", "")) <= limit_bytes:
                _check_key(name, value, limit_bytes)
        most_bytes = self._closed_bytes + most_item_bytes({n: item[n] for n in self._open if n in item})
        if most_bytes > MAX_ITEM_BYTES and (size_bytes := item_bytes(item)) > MAX_ITEM_BYTES:
            raise Unrepresentable(f"the item has {size_bytes} bytes, at most {MAX_ITEM_BYTES} are allowed")
