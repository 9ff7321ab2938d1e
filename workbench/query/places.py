"""The table and its indexes as places that can be asked, with the keys that entities have there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from workbench.spec.design import Design, Entity, SecondaryIndex, Table
from workbench.spec.templates import Part, Placeholder, parse_template

Kind = Literal["table", "local", "global"]


@dataclass(frozen=True, slots=True)
class Place:
    """A table or an index that holds every record.

    Args:
        table: Name of the table.
        index: Name of the index; empty for the table.
        kind: Table, local or global index.
        partition: Name of the partition key.
        partition_parts: What its value is made of.
        sort: Name of the sort key; empty for none.
        sort_parts: What its value is made of.
        carries: Attributes that it holds; None for all.
        keys: Key attributes of the place and its table, which a position needs.
    """

    table: str
    index: str
    kind: Kind
    partition: str
    partition_parts: tuple[Part, ...]
    sort: str
    sort_parts: tuple[Part, ...]
    carries: frozenset[str] | None
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table's name, or `table/index`."""
        return f"{self.table}/{self.index}" if self.index else self.table

    def holds(self, attribute: str) -> bool:
        """Returns whether records have an attribute here."""
        return self.carries is None or attribute in self.carries

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """The values that the sort key is made of, in order."""
        return tuple(part for part in self.sort_parts if isinstance(part, Placeholder))


def places(design: Design, entity: str) -> tuple[Place, ...]:
    """Returns where all records of an entity can be read, the table first.

    A sparse index is left out, because it holds only some.
    """
    kind = design.entities[entity]
    table = design.entity_table(entity)
    found = [_place(kind, table, "", "table", table)]
    for name, index in table.local_secondary_indexes.items():
        found += _index_place(kind, table, name, "local", index)
    for name, index in table.global_secondary_indexes.items():
        found += _index_place(kind, table, name, "global", index)
    return tuple(found)


def _index_place(
    entity: Entity, table: Table, name: str, kind: Kind, index: SecondaryIndex
) -> Iterator[Place]:
    keys = entity.index_keys.get(name)
    if keys is None or not keys.when:
        yield _place(entity, table, name, kind, index)


def _place(entity: Entity, table: Table, index: str, kind: Kind, holder: Table | SecondaryIndex) -> Place:
    templates = entity.keys | (entity.index_keys[index].keys if index in entity.index_keys else {})
    sort = holder.sort_key.name if holder.sort_key else ""
    partition = holder.partition_key.name
    own = [table.partition_key, table.sort_key, holder.partition_key, holder.sort_key]
    keys = tuple(dict.fromkeys(key.name for key in own if key))
    return Place(
        table=entity.table,
        index=index,
        kind=kind,
        partition=partition,
        partition_parts=_parts(templates, partition),
        sort=sort,
        sort_parts=_parts(templates, sort) if sort else (),
        carries=_carried(holder, keys),
        keys=keys,
    )


def _parts(templates: dict[str, str], name: str) -> tuple[Part, ...]:
    """Returns what a key is made of; an attribute that is a key itself is made of its value."""
    return parse_template(templates.get(name, f"{{{name}}}"))


def _carried(holder: Table | SecondaryIndex, keys: tuple[str, ...]) -> frozenset[str] | None:
    if not isinstance(holder, SecondaryIndex) or holder.projection.type == "ALL":
        return None
    return frozenset([*keys, *holder.projection.non_key_attributes])
