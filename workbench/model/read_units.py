"""The units of reads, in steps of 4 KB."""

from __future__ import annotations

from workbench.model.actions import Action, Consumed
from workbench.model.dialects import Dialect
from workbench.model.item_size import begun, item_bytes
from workbench.model.table import IndexShape, TableShape

READ_STEP_BYTES = 4096
STRONG, EVENTUAL, TRANSACTIONAL = 1.0, 0.5, 2.0


def read_steps(size_bytes: int) -> int:
    """Returns the number of begun 4 KB, at least one.

    Source: dg-read-write-operations
    """
    return begun(size_bytes, READ_STEP_BYTES)


def consistency_factor(*, strong: bool) -> float:
    """Returns the units of one step: 1 strongly, 0.5 eventually consistent.

    Source: dg-read-write-operations
    """
    return STRONG if strong else EVENTUAL


def get_units(action: Action, factor: float) -> float:
    """Returns the units of reading items by their keys, each rounded by itself; a missing item is one step.

    Source: dg-read-write-operations
    """
    return factor * (sum(read_steps(item_bytes(item)) for item in action.evaluated) or 1)


def collection_consumed(table: TableShape, action: Action, dialect: Dialect) -> Consumed:
    """Returns what one page of a Query or Scan consumes: all evaluated bytes together, rounded once.

    Source: dg-read-write-operations, dg-gsi, dg-lsi
    """
    factor = consistency_factor(strong=action.consistent_read)
    index = table.indexes[action.index] if action.index else None
    if not action.evaluated and not dialect.empty_read_charged:
        return Consumed()
    units = factor * read_steps(_evaluated_bytes(action, index, dialect))
    if index is None:
        return Consumed(units)
    if index.kind == "global":
        return Consumed(0.0, {index.name: units})
    return Consumed(_fetch_units(action, index, dialect), {}, {index.name: units})


def _evaluated_bytes(action: Action, index: IndexShape | None, dialect: Dialect) -> int:
    whole = index is None or (action.operation == "Scan" and dialect.index_scan_at_item_bytes)
    if whole or index is None:
        return sum(map(item_bytes, action.evaluated))
    return sum(item_bytes(index.project(item)) for item in action.evaluated)


def _fetch_units(action: Action, index: IndexShape, dialect: Dialect) -> float:
    """Returns the units of reading the items of the table, each rounded by itself, behind a local index."""
    if not _fetches(action, index, dialect):
        return 0.0
    factor = consistency_factor(strong=action.consistent_read)
    return factor * sum(read_steps(item_bytes(item)) for item in action.evaluated)


def _fetches(action: Action, index: IndexShape, dialect: Dialect) -> bool:
    if action.attributes is None or index.projection == "ALL":
        return False
    if action.operation == "Scan":
        return dialect.lsi_scan_fetches and not _covered(action, index)
    return dialect.lsi_query_always_fetches or not _covered(action, index)


def _covered(action: Action, index: IndexShape) -> bool:
    return action.attributes != "ALL" and index.covers(set(action.attributes or ()))
