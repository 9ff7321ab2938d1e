"""Item collections that only grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.lint.subject import Operation, Subject
from workbench.spec.design import Entity
from workbench.spec.findings import Path
from workbench.spec.templates import placeholders

_ADDING = {"PutItem", "BatchWriteItem"}


@dataclass(frozen=True)
class Growth:
    """An item collection that items are added to and never removed from.

    Args:
        entity: Name of the entity.
        template: Its partition key.
        path: Where the entity fills it.
        items_per_day: Items that each daily active user adds [items per DAU and day].
    """

    entity: str
    template: str
    path: Path
    items_per_day: float


def growths(subject: Subject) -> Iterator[Growth]:
    """Yields the collections that patterns add items to, and that neither deletion nor expiry ends."""
    for name, entity in subject.design.entities.items():
        table = subject.design.tables[entity.table]
        key = table.partition_key.name
        if not _collects(entity, key, table.sort_key.name if table.sort_key else None):
            continue
        mine = [operation for operation in subject.writes if operation.entity == name]
        if table.time_to_live not in entity.attributes and not _deleted(mine):
            added = sum(subject.rate(each.id) * each.items for each in mine if _adds(each))
            yield Growth(name, entity.keys[key], ("entities", name, "keys", key), added)


def _collects(entity: Entity, partition_key: str, sort_key: str | None) -> bool:
    """Returns whether one partition key can hold many items of an entity."""
    sort = set(placeholders(entity.keys.get(sort_key or "", "")))
    return bool(sort - set(placeholders(entity.keys.get(partition_key, ""))))


def _adds(operation: Operation) -> bool:
    return operation.action.operation in _ADDING


def _deleted(operations: list[Operation]) -> bool:
    return any(operation.action.operation == "DeleteItem" for operation in operations)
