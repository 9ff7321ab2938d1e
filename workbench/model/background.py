"""Units that no request asks for: expiry, replicas in other Regions, readers of streams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.model.actions import Action, Consumed
from workbench.model.dialects import AWS
from workbench.model.indexes import write_steps
from workbench.model.item_size import Item, item_bytes
from workbench.model.table import TableShape
from workbench.model.write_units import write_consumed

STREAM_CALL_BYTES = 1024**2
"""The most that one GetRecords call returns [bytes]."""


@dataclass(frozen=True, slots=True)
class Replicated:
    """What one write costs in the Regions that it is copied to.

    Args:
        replicated_write_units: Replicated write units of the table, all replica Regions together.
        index_write_units: Ordinary write units of the global indexes, all replica Regions together.
    """

    replicated_write_units: float
    index_write_units: float


def ttl_delete_consumed() -> Consumed:
    """Returns what the deletion of an expired item consumes in its Region: nothing.

    Source: dg-ttl
    """
    return Consumed()


def replicated_write(table: TableShape, action: Action, replicas: int) -> Replicated:
    """Returns what a write costs in the other Regions of a global table (version 2019.11.21).

    Args:
        table: The table.
        action: The write; nothing is copied when its condition failed.
        replicas: Regions beside the one that took the write.

    Source: dg-global-tables-billing
    """
    if action.condition_failed:
        return Replicated(0.0, 0.0)
    consumed = write_consumed(table, action, AWS)
    indexes = (*consumed.global_secondary_indexes.values(), *consumed.local_secondary_indexes.values())
    return Replicated(replicas * consumed.table, replicas * sum(indexes))


def legacy_global_write_units(table: TableShape, action: Action, regions: int) -> float:
    """Returns the write units of a write to a global table of version 2017.11.29, all Regions together.

    That version writes each item twice in every Region: the item, then its replication attributes.

    Args:
        table: The table.
        action: The write.
        regions: All Regions of the table, the one that took the write among them.

    Source: dg-global-tables-legacy
    """
    return 2 * regions * write_consumed(table, action, AWS).table


def replicated_ttl_delete(item: Item, replicas: int) -> Replicated:
    """Returns what the expiry of an item costs in the other Regions of a global table.

    The pages say nothing of the removal from indexes there; none is charged.

    Args:
        item: The item that expired.
        replicas: Regions beside the one where it expired.

    Source: dg-ttl
    """
    return Replicated(float(replicas * write_steps(item_bytes(item))), 0.0)


def stream_calls(record_bytes: Iterable[int], readers: int = 1) -> int:
    """Returns the least number of GetRecords calls that read some records of one shard, one after another.

    Args:
        record_bytes: Sizes of the records in their order [bytes].
        readers: Readers that each read all records; triggers and global tables read free of charge.

    Source: dg-streams
    """
    calls = filled = 0
    for size_bytes in record_bytes:
        if not calls or filled + size_bytes > STREAM_CALL_BYTES:
            calls, filled = calls + 1, 0
        filled += size_bytes
    return readers * calls


def change_capture_units(action: Action) -> int:
    """Returns the change data capture units of a write to a Kinesis stream: its larger image in begun KB.

    Source: dg-kds
    """
    return max(write_steps(item_bytes(image or {})) for image in (action.before, action.after))
