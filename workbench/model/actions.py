"""What a request did, as the model is told it, and what it consumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.model.item_size import Item


@dataclass(frozen=True, slots=True)
class Action:
    """One read or write: a request of its own, or one member of a batch or transaction.

    Args:
        operation: `GetItem`, `Query`, `Scan`, `PutItem`, `UpdateItem`, `DeleteItem` or `ConditionCheck`.
        before: Writes: the item that was there; None when there was none.
        after: Writes: the item that is there now; None when there is none.
        condition_failed: Writes: the condition did not hold, so that nothing was written.
        index: Query and Scan: the name of the index; None for the table.
        consistent_read: Reads: strongly consistent.
        evaluated: Reads: the items of the table that were read, before any filter; behind an index the items
            of its entries.
        attributes: Reads: the names asked for, `ALL`, or None for what the table or index holds.
    """

    operation: str
    before: Item | None = None
    after: Item | None = None
    condition_failed: bool = False
    index: str | None = None
    consistent_read: bool = False
    evaluated: Sequence[Item] = ()
    attributes: Literal["ALL"] | Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Consumed:
    """Capacity that one request consumed, in DynamoDB's own split.

    Args:
        table: Units of the table itself.
        global_secondary_indexes: Name to units, indexes without units left out.
        local_secondary_indexes: Name to units, indexes without units left out.
        unattributed: Units that DynamoDB reports in the total and in no part: of statements that failed in a
            batch.
    """

    table: float = 0.0
    global_secondary_indexes: Mapping[str, float] = field(default_factory=dict)
    local_secondary_indexes: Mapping[str, float] = field(default_factory=dict)
    unattributed: float = 0.0

    @property
    def capacity_units(self) -> float:
        """All units."""
        indexes = (*self.global_secondary_indexes.values(), *self.local_secondary_indexes.values())
        return self.table + sum(indexes) + self.unattributed

    def as_flat(self) -> dict[str, Any]:
        """Returns the units under boto3's field names; both index fields are there even when empty."""
        return {
            "CapacityUnits": self.capacity_units,
            "Table": self.table,
            "GlobalSecondaryIndexes": dict(self.global_secondary_indexes),
            "LocalSecondaryIndexes": dict(self.local_secondary_indexes),
        }

    def as_boto3(self) -> dict[str, Any]:
        """Returns boto3's `ConsumedCapacity` without the table's name and without fields that are empty."""
        fields = {
            "CapacityUnits": self.capacity_units,
            "Table": {"CapacityUnits": self.table},
            "GlobalSecondaryIndexes": _units(self.global_secondary_indexes),
            "LocalSecondaryIndexes": _units(self.local_secondary_indexes),
        }
        return {name: value for name, value in fields.items() if value != {}}

    def __add__(self, other: Consumed) -> Consumed:
        return Consumed(
            self.table + other.table,
            _sum(self.global_secondary_indexes, other.global_secondary_indexes),
            _sum(self.local_secondary_indexes, other.local_secondary_indexes),
            self.unattributed + other.unattributed,
        )


def _units(indexes: Mapping[str, float]) -> dict[str, dict[str, float]]:
    return {name: {"CapacityUnits": units} for name, units in indexes.items()}


def _sum(left: Mapping[str, float], right: Mapping[str, float]) -> dict[str, float]:
    return {name: left.get(name, 0.0) + right.get(name, 0.0) for name in sorted({*left, *right})}
