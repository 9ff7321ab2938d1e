"""The units of writes, in steps of 1 KB."""

from __future__ import annotations

from workbench.model.actions import Action, Consumed
from workbench.model.dialects import Dialect
from workbench.model.indexes import index_write_units, write_steps
from workbench.model.item_size import Item, item_bytes
from workbench.model.table import TableShape


def table_write_units(before: Item | None, after: Item | None) -> int:
    """Returns the units of a write to the table: the larger image in begun 1 KB, at least one.

    Source: dg-read-write-operations
    """
    return max(write_steps(item_bytes(image or {})) for image in (before, after))


def failed_condition_units(before: Item | None) -> int:
    """Returns the units of a write whose condition failed: the item that was there, at least one.

    Source: dg-working-with-items
    """
    return write_steps(item_bytes(before or {}))


def write_consumed(table: TableShape, action: Action, dialect: Dialect) -> Consumed:
    """Returns what one write outside a transaction consumes in the table and in each index."""
    if action.condition_failed:
        units = failed_condition_units(action.before) if dialect.failed_condition_reported else 0
        return Consumed(float(units))
    return Consumed(
        float(table_write_units(action.before, action.after)),
        _index_units(table, action, dialect, "global"),
        _index_units(table, action, dialect, "local"),
    )


def _index_units(table: TableShape, action: Action, dialect: Dialect, kind: str) -> dict[str, float]:
    units = {
        index.name: float(index_write_units(index, action.before, action.after, dialect))
        for index in table.indexes.values()
        if index.kind == kind
    }
    return {name: value for name, value in units.items() if value}
