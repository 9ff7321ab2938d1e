"""The size of every item of an entity, computed over Arrow columns: what one item at a time has, faster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from workbench.items.arrow_columns import Column
from workbench.items.codec import Unrepresentable
from workbench.items.column_rules import attribute_sizes, placeholder_lengths
from workbench.items.maker import (
    MAX_ITEM_BYTES,
    MAX_PARTITION_KEY_BYTES,
    MAX_SORT_KEY_BYTES,
    key_types,
    renderer,
)
from workbench.model.columnar import Flags, Integers, Measured
from workbench.model.item_size import value_bytes
from workbench.spec.design import Design, Entity, SecondaryIndex, Table
from workbench.spec.templates import Placeholder, parse_template, placeholders


@dataclass(frozen=True, slots=True)
class ColumnSizes:
    """The sizes of the items that some rows become.

    Args:
        item_bytes: Size of each row's item [bytes]; 0 where DynamoDB cannot hold the row.
        refused: Where it cannot.
        entry_bytes: Index to the size of each row's entry without overhead [bytes]; 0 for no entry.
    """

    item_bytes: Integers
    refused: Flags
    entry_bytes: Mapping[str, Integers]


@dataclass(slots=True)
class _Part:
    """One attribute of all items: its value's size, where it is present, and where it is refused."""

    size_bytes: Integers
    present: Flags
    refused: Flags


class ColumnSizer:
    """Measures items of one entity.

    Args:
        design: The design that has the entity.
        entity: The entity's name.
        omit_empty: Whether an empty text counts as NULL, as the mapping says.
        entries: Whether index entries are measured as well.
    """

    def __init__(
        self, design: Design, entity: str, *, omit_empty: bool = False, entries: bool = True
    ) -> None:
        self._entity: Entity = design.entities[entity]
        self._table: Table = design.entity_table(entity)
        self._types = key_types(self._table)
        self._omit_empty = omit_empty
        indexes = {**self._table.global_secondary_indexes, **self._table.local_secondary_indexes}
        measured = indexes if entries else {}
        self._entries = {name: _entry_names(self._table, index) for name, index in measured.items()}
        self._index_keys = {name: _key_names(index) for name, index in indexes.items()}
        self._limits = dict.fromkeys(self._types, MAX_PARTITION_KEY_BYTES) | dict.fromkeys(
            (key.name for key in (self._table.sort_key, *(i.sort_key for i in indexes.values())) if key),
            MAX_SORT_KEY_BYTES,
        )

    def sizes(self, batch: pa.RecordBatch) -> ColumnSizes:
        """Returns the sizes of the items of a batch of rows.

        Args:
            batch: The rows; its columns are named like the entity's attributes.
        """
        rows = _Rows(batch, self._entity, self._types, omit_empty=self._omit_empty)
        parts, refused = rows.parts()
        refused |= self._beyond_limits(parts)
        item_bytes = _total(parts, parts, batch.num_rows)
        refused |= item_bytes > MAX_ITEM_BYTES
        entries = {name: self._entry(name, parts, refused) for name in self._entries}
        return ColumnSizes(np.where(refused, 0, item_bytes), refused, entries)

    def each(self, batches: Iterable[pa.RecordBatch]) -> Iterator[ColumnSizes]:
        """Yields the sizes of each batch of rows."""
        return map(self.sizes, batches)

    def _beyond_limits(self, parts: Mapping[str, _Part]) -> Flags:
        beyond = np.zeros(len(next(iter(parts.values())).present), np.bool_)
        for name, limit_bytes in self._limits.items():
            if name in parts:
                part = parts[name]
                beyond |= part.present & ((part.size_bytes == 0) | (part.size_bytes > limit_bytes))
        return beyond

    def _entry(self, index: str, parts: Mapping[str, _Part], refused: Flags) -> Integers:
        names = self._entries[index]
        held = ~refused
        for key in self._index_keys[index]:
            held = held & parts[key].present if key in parts else np.zeros_like(held)
        return np.where(held, _total(parts, parts if names is None else names, len(refused)), 0)


def _key_names(holder: Table | SecondaryIndex) -> tuple[str, ...]:
    return tuple(key.name for key in (holder.partition_key, holder.sort_key) if key)


def _entry_names(table: Table, index: SecondaryIndex) -> frozenset[str] | None:
    """Returns the attributes that an entry holds; None for all."""
    if index.projection.type == "ALL":
        return None
    return frozenset({*_key_names(table), *_key_names(index), *index.projection.non_key_attributes})


def _total(parts: Mapping[str, _Part], names: Iterable[str], rows: int) -> Integers:
    total = np.zeros(rows, np.int64)
    for name in names:
        if name in parts:
            part, name_bytes = parts[name], len(name.encode())
            total += np.where(part.present, part.size_bytes + name_bytes, 0)
    return total


class _Rows:
    """The attributes that the rows of one batch become."""

    def __init__(
        self, batch: pa.RecordBatch, entity: Entity, types: Mapping[str, str], *, omit_empty: bool
    ) -> None:
        self._rows, self._entity, self._types = batch.num_rows, entity, types
        self._batch, self._omit_empty = batch, omit_empty
        self._columns: dict[str, Column] = {}

    def _column(self, name: str) -> Column:
        if name not in self._columns:
            place = self._batch.schema.get_field_index(name)
            empty = pa.nulls(self._rows, pa.string())
            field = self._batch.schema.field(place) if place >= 0 else pa.field(name, pa.string())
            array = self._batch.column(place) if place >= 0 else empty
            self._columns[name] = Column.of(field, array, omit_empty=self._omit_empty)
        return self._columns[name]

    def parts(self) -> tuple[dict[str, _Part], Flags]:
        """Returns the parts by attribute, and the rows that are refused whatever their size."""
        entity = self._entity
        parts = {name: self._attribute(name) for name, one in entity.attributes.items() if one.stored}
        refused = self._none()
        for part in parts.values():
            refused |= part.refused
        parts |= {name: self._constant(text) for name, text in entity.constants.items()}
        for name, template in entity.keys.items():
            parts[name] = self._key(name, template)
            refused |= parts[name].refused | ~parts[name].present
        for index in entity.index_keys.values():
            refused |= self._add_index_keys(parts, index.keys, self._matching(index.when))
        return parts, refused

    def _none(self) -> Flags:
        return np.zeros(self._rows, np.bool_)

    def _matching(self, when: Mapping[str, object]) -> Flags:
        matching = ~self._none()
        for name, wanted in when.items():
            matching &= self._column(name).equal_to(wanted)
        return matching

    def _attribute(self, name: str) -> _Part:
        column = self._column(name)
        return self._spread(column, attribute_sizes(self._entity.attributes[name], column))

    def _spread(self, column: Column, measured: Measured) -> _Part:
        """Returns what was measured of the values that are not NULL, at their rows."""
        if len(measured.size_bytes) == self._rows:
            return _Part(measured.size_bytes, column.present, measured.refused)
        size_bytes, refused = np.zeros(self._rows, np.int64), self._none()
        size_bytes[column.present], refused[column.present] = measured.size_bytes, measured.refused
        return _Part(size_bytes, column.present, refused)

    def _constant(self, text: str) -> _Part:
        return _Part(np.full(self._rows, len(text.encode()), np.int64), ~self._none(), self._none())

    def _key(self, name: str, template: str) -> _Part:
        pieces = parse_template(template)
        if self._types[name] == "N":
            return self._number_key(template)
        part = self._constant("".join(piece for piece in pieces if isinstance(piece, str)))
        for piece in pieces:
            if isinstance(piece, Placeholder):
                column = self._column(piece.name)
                attribute = self._entity.attributes[piece.name]
                more = self._spread(column, placeholder_lengths(attribute, piece.form, column))
                part.refused |= more.refused & part.present
                part.size_bytes += more.size_bytes
                part.present &= column.present
        return part

    def _number_key(self, template: str) -> _Part:
        """Returns a numeric key; one that is more than a plain number is filled in row by row."""
        piece, *more = parse_template(template)
        if isinstance(piece, Placeholder) and not (more or piece.form):
            attribute = self._entity.attributes[piece.name]
            if attribute.type == "N":
                column = self._column(piece.name)
                return self._spread(column, attribute_sizes(attribute, column))
        return self._filled_key(template)

    def _filled_key(self, template: str) -> _Part:
        part = _Part(np.zeros(self._rows, np.int64), self._none(), self._none())
        render = renderer(template, "N", self._entity.attributes)
        columns = {name: self._column(name).every() for name in placeholders(template)}
        for row in range(self._rows):
            try:
                value = render({name: values[row] for name, values in columns.items()})
            except Unrepresentable:
                part.refused[row] = True
                continue
            part.present[row] = value is not None
            part.size_bytes[row] = value_bytes(value) if value else 0
        return part

    def _add_index_keys(self, parts: dict[str, _Part], keys: Mapping[str, str], matching: Flags) -> Flags:
        """Adds the keys of an index where all of them are there; returns the rows that are refused."""
        made = {name: self._key(name, template) for name, template in keys.items()}
        refused, complete = self._none(), matching
        for part in made.values():
            refused |= part.refused & matching
            complete = complete & part.present
        for name, part in made.items():
            before = parts.get(name, _Part(np.zeros(self._rows, np.int64), self._none(), self._none()))
            size_bytes = np.where(complete, part.size_bytes, before.size_bytes)
            parts[name] = _Part(size_bytes, complete | before.present, before.refused)
        return refused
