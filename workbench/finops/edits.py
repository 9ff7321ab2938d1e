"""Changed cases: an index dropped, reads relaxed, items expiring, names shortened, a projection narrowed.

What a change does to the measured units and bytes follows from the design alone, without a new measurement;
where that leaves something open, the side is taken on which the saving is smaller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from workbench.finops.operated import Operated
from workbench.lint.subject import Subject
from workbench.spec.access import UpdateItem
from workbench.spec.design import Entity, Projection
from workbench.spec.measured import EntitySizes
from workbench.spec.templates import placeholders

SHORT_NAME_BYTES = 2
"""Bytes of a shortened attribute name; two letters tell some 700 names apart [bytes]."""

EXPIRY_BYTES = len("expires_at") + 6
"""Bytes of an added expiry: its name, and a number of ten digits. Source: dg-capacity-units."""


def with_table(operated: Operated, name: str, **changes: Any) -> Operated:
    """Returns the case with fields of a table changed."""
    tables = operated.design.tables
    changed = {**tables, name: tables[name].model_copy(update=changes)}
    return replace(operated, design=operated.design.model_copy(update={"tables": changed}))


def without_index(operated: Operated, table: str, index: str) -> Operated:
    """Returns the case without a secondary index: neither its writes nor its storage."""
    place = f"{table}/{index}"
    stated = operated.design.tables[table]
    kinds = {
        kind: {name: spec for name, spec in getattr(stated, kind).items() if name != index}
        for kind in ("global_secondary_indexes", "local_secondary_indexes")
    }
    units = {pattern: _without(each, place) for pattern, each in operated.measured.units.items()}
    bare = _with_units(with_table(operated, table, **kinds), units)
    return _with_bytes(bare, {name: {place: 0.0} for name in bare.measured.entities})


def eventually_consistent(operated: Operated, pattern: str) -> Operated:
    """Returns the case with a read that asks for eventual consistency, at half the units.

    Source: dg-read-write-operations
    """
    patterns = operated.design.patterns
    relaxed = patterns[pattern].model_copy(update={"consistent_read": False})
    design = operated.design.model_copy(update={"patterns": {**patterns, pattern: relaxed}})
    units = operated.measured.units
    halved = {place: each / 2 for place, each in units[pattern].items()}
    return _with_units(replace(operated, design=design), {**units, pattern: halved})


def days_kept(subject: Subject, entity: str) -> float:
    """Returns the days of writes that the stored items of an entity amount to [days]; infinity for none."""
    sizes = subject.sizes(entity)
    added = sum(
        subject.rate(each.id) * each.items
        for each in subject.writes
        if each.entity == entity and each.action.operation in {"PutItem", "BatchWriteItem"}
    )
    if sizes is None or not added:
        return float("inf")
    return subject.workload.items_per_dau(entity, sizes.items_per_user) / added


def expiring(operated: Operated, entity: str, share_left: float) -> Operated:
    """Returns the case in which items of an entity expire, so that a share of them is left.

    Args:
        operated: The case.
        entity: The entity.
        share_left: Stored items over those of today, 0 to 1; each is longer by its expiry.
    """
    table = operated.design.entities[entity].table
    sizes = operated.measured.entities[entity]
    longer = {table: EXPIRY_BYTES}
    left = {
        place: (size + longer.get(place, 0)) * share_left
        for place, size in sizes.billed_bytes_per_item.items()
    }
    expiry = operated.design.tables[table].time_to_live or "expires_at"
    return _with_bytes(with_table(operated, table, time_to_live=expiry), {entity: left})


def long_names(entity: Entity) -> tuple[str, ...]:
    """Returns the stored attributes of an entity that are no keys and have names worth shortening."""
    keys = {*entity.keys, *(key for each in entity.index_keys.values() for key in each.keys)}
    stored = [name for name, attribute in entity.attributes.items() if attribute.stored]
    return tuple(
        name
        for name in (*stored, *entity.constants)
        if name not in keys and len(name.encode()) > SHORT_NAME_BYTES
    )


def with_short_names(operated: Operated, entity: str) -> Operated:
    """Returns the case with short attribute names in the items of an entity; its index entries stay."""
    stated = operated.design.entities[entity]
    saved = sum(len(name.encode()) - SHORT_NAME_BYTES for name in long_names(stated))
    sizes = operated.measured.entities[entity].billed_bytes_per_item
    left = max(0.0, sizes.get(stated.table, 0.0) - saved)
    return _with_bytes(operated, {entity: {stated.table: left}})


def with_narrower(operated: Operated, table: str, index: str, dropped: Iterable[str]) -> Operated:
    """Returns the case with an index that copies fewer attributes.

    Entries lose at least the names; writes that change only dropped attributes leave the index alone.

    Args:
        operated: The case.
        table: The table.
        index: A global index of it.
        dropped: Attributes that it no longer copies.
    """
    gone, place = frozenset(dropped), f"{table}/{index}"
    narrow = _with_projection(operated, table, index, gone)
    left = {
        name: {place: max(0.0, sizes.billed_bytes_per_item.get(place, 0.0) - _name_bytes(entity, gone))}
        for name, entity in operated.design.entities.items()
        if (sizes := operated.measured.entities.get(name)) and place in sizes.billed_bytes_per_item
    }
    units = {
        pattern: _without(each, place) if _only_touches(operated, pattern, index, gone) else each
        for pattern, each in operated.measured.units.items()
    }
    return _with_bytes(_with_units(narrow, units), left)


def _with_projection(operated: Operated, table: str, index: str, gone: frozenset[str]) -> Operated:
    stated = operated.design.tables[table]
    spec = stated.global_secondary_indexes[index]
    kept = tuple(name for name in _projected(operated, table, index) if name not in gone)
    projection = Projection(type="INCLUDE" if kept else "KEYS_ONLY", non_key_attributes=kept)
    narrow = spec.model_copy(update={"projection": projection})
    indexes = {**stated.global_secondary_indexes, index: narrow}
    return with_table(operated, table, global_secondary_indexes=indexes)


def _projected(operated: Operated, table: str, index: str) -> tuple[str, ...]:
    spec = operated.design.tables[table].global_secondary_indexes[index]
    if spec.projection.type != "ALL":
        return spec.projection.non_key_attributes
    entities = (entity for entity in operated.design.entities.values() if entity.table == table)
    names = (name for entity in entities for name, each in entity.attributes.items() if each.stored)
    return tuple(dict.fromkeys(names))


def _name_bytes(entity: Entity, gone: frozenset[str]) -> int:
    return sum(len(name.encode()) for name in gone if name in entity.attributes)


def _only_touches(operated: Operated, pattern: str, index: str, gone: frozenset[str]) -> bool:
    """Returns whether an update changes dropped attributes and neither others nor keys of the index."""
    action = operated.design.patterns[pattern]
    if not isinstance(action, UpdateItem):
        return False
    touched = {*action.set, *action.add, *action.remove}
    keys = operated.design.entities[action.entity].index_keys.get(index)
    filled = {name for text in (keys.keys.values() if keys else ()) for name in placeholders(text)}
    return bool(touched) and touched <= gone - filled


def _without(units: Mapping[str, float], place: str) -> dict[str, float]:
    return {name: each for name, each in units.items() if name != place}


def _with_units(operated: Operated, units: Mapping[str, Mapping[str, float]]) -> Operated:
    return replace(operated, measured=operated.measured.model_copy(update={"units": dict(units)}))


def _with_bytes(operated: Operated, changed: Mapping[str, Mapping[str, float]]) -> Operated:
    """Returns the case with other billed bytes of some entities at some places."""
    entities = {
        name: _resized(sizes, changed.get(name, {})) for name, sizes in operated.measured.entities.items()
    }
    return replace(operated, measured=operated.measured.model_copy(update={"entities": entities}))


def _resized(sizes: EntitySizes, changed: Mapping[str, float]) -> EntitySizes:
    billed = {**sizes.billed_bytes_per_item, **changed}
    return sizes.model_copy(
        update={"billed_bytes_per_item": {place: each for place, each in billed.items() if each}}
    )
