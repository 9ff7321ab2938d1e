"""How many units each pattern asks of each table and index, measured or at least."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.lint.keys import asked_partition, key_path, key_template, template_domain
from workbench.lint.subject import Holder, Operation, Subject
from workbench.lint.wording import number, percent, several
from workbench.spec.findings import Path

READ_UNIT_BYTES = 4096
"""Bytes that one consistent read unit covers, half an eventual one; Source: dg-read-write-operations."""

PARTITION_WRITE_UNITS = 1_000
"""Write units a second that one partition, so one key value, takes; Source: dg-partition-limits."""

PARTITION_READ_UNITS = 3_000
"""Read units a second that one partition, so one key value, takes; Source: dg-partition-limits."""


def units_per_request(subject: Subject, operation: Operation, holder: Holder) -> float:
    """Returns the units that one request consumes at a table or index, measured or at least [units].

    What one transaction consumes at a place is divided evenly among its members there.
    """
    if subject.measurement is None:
        return least_units(subject, operation, holder)
    total = subject.measurement.units.get(operation.id, {}).get(holder.place, 0.0)
    siblings = [other for other in subject.operations if other.id == operation.id]
    here = [other for other in siblings if subject.holder(other).table_name == holder.table_name]
    return total / max(1, len(here))


def least_units(subject: Subject, operation: Operation, holder: Holder) -> float:
    """Returns the least that one request consumes at a table or index, for the smallest items [units]."""
    if operation.reads:
        return _least_read_units(operation)
    if holder.index_name is None:
        return operation.items * (2.0 if operation.transactional else 1.0)
    return operation.items if _adds_entry(subject, operation, holder) else 0.0


def _least_read_units(operation: Operation) -> float:
    items = operation.items if operation.action.operation == "BatchGetItem" else 1.0
    return items * (1.0 if getattr(operation.action, "consistent_read", False) else 0.5)


def _adds_entry(subject: Subject, operation: Operation, holder: Holder) -> bool:
    """Returns whether a write surely changes an index: puts an item that is always in it, or sets its key."""
    if operation.action.operation in {"PutItem", "BatchWriteItem"}:
        entity = subject.design.entities[operation.entity]
        index_keys = entity.index_keys.get(holder.index_name or "")
        always = index_keys is None or not index_keys.when
        return always and all(key_template(holder, entity, key) for key in holder.key_names)
    return any(name in getattr(operation.action, "set", {}) for name in holder.key_names)


@dataclass
class HotKey:
    """A partition key with few values, and the traffic on the busiest of them.

    Args:
        holder: The table or index.
        template: The partition key as a template.
        path: Where an entity fills it, or a pattern asks for it.
        count: How many values it has; 1 for a constant, and for a day.
        top_share: Share of the traffic on the busiest value.
        per_day: The values change each day.
        read_units: Of that value [units per DAU and day].
        write_units: Likewise.
    """

    holder: Holder
    template: str
    path: Path
    count: int
    top_share: float
    per_day: bool
    read_units: float = 0.0
    write_units: float = 0.0

    def breaks_at(self, subject: Subject) -> float:
        """Returns the users at which the busiest second reaches what a partition takes [DAU]."""
        return min(
            subject.breaks_at(PARTITION_WRITE_UNITS, self.write_units),
            subject.breaks_at(PARTITION_READ_UNITS, self.read_units),
        )


def hot_keys(subject: Subject) -> list[HotKey]:
    """Returns the partition keys with few values that any pattern reads or writes."""
    found: dict[tuple[str, str], HotKey] = {}
    for operation, holder, template, path in _partitions(subject):
        entity = subject.design.entities[operation.entity]
        domain = template_domain(subject, template, entity)
        if domain is None:
            continue
        fresh = HotKey(holder, template, path, domain.count, domain.top_share, domain.per_day)
        key = found.setdefault((holder.place, template), fresh)
        share = subject.rate(operation.id) * domain.top_share
        place = subject.holder(operation) if operation.reads else holder
        units = share * units_per_request(subject, operation, place)
        if operation.reads:
            key.read_units += units
        else:
            key.write_units += units
    return list(found.values())


def _partitions(subject: Subject) -> Iterator[tuple[Operation, Holder, str, Path]]:
    """Yields each operation with each place whose traffic it causes, and the partition key there."""
    for holder in subject.holders:
        if holder.local:
            continue
        for operation in (*subject.writes, *subject.reads):
            if subject.design.entities[operation.entity].table == holder.table_name:
                read, written = _read_key(operation, holder), _write_key(subject, operation, holder)
                found = read if operation.reads else written
                yield from [(operation, holder, *found)] if found else []


def _read_key(operation: Operation, holder: Holder) -> tuple[str, Path] | None:
    index = operation.index if operation.index not in holder.table.local_secondary_indexes else None
    key = holder.spec.partition_key.name
    template = asked_partition(operation, key)
    if template is None or index != holder.index_name:
        return None
    field = "partition" if operation.action.operation == "Query" else "key"
    return template, (*operation.path, field, key)


def _write_key(subject: Subject, operation: Operation, holder: Holder) -> tuple[str, Path] | None:
    key = holder.spec.partition_key.name
    entity = subject.design.entities[operation.entity]
    template = key_template(holder, entity, key)
    if template is None:
        return None
    return template, key_path(holder, operation.entity, entity, key)


def key_load(subject: Subject, key: HotKey) -> str:
    """Returns a sentence about the traffic on the busiest value of a key."""
    values = "a new value each day" if key.per_day else several(key.count, "value")
    busiest = "" if key.top_share == 1 else f", the busiest has {percent(key.top_share)} of the traffic"
    least = "" if subject.measurement else "at least "
    writes, reads = (number(subject.peak(units)) for units in (key.write_units, key.read_units))
    return (
        f'"{key.template}" has {values}{busiest}: at {number(subject.dau)} DAU its busiest second takes '
        f"{least}{writes} write units of {number(PARTITION_WRITE_UNITS)} and {least}{reads} read units of "
        f"{number(PARTITION_READ_UNITS)}; it breaks at {number(key.breaks_at(subject))} DAU"
    )


def read_bytes(units: float, *, consistent: bool) -> float:
    """Returns the bytes that some read units pay for [bytes]; Source: dg-read-write-operations."""
    return units * READ_UNIT_BYTES * (1 if consistent else 2)


def read_units(size_bytes: float, *, consistent: bool) -> float:
    """Returns the units that reading many bytes takes [units]; Source: dg-read-write-operations."""
    return size_bytes / READ_UNIT_BYTES / (1 if consistent else 2)
