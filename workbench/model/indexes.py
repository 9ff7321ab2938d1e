"""The units that a write costs in an index: they follow the change of the projected entry."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbench.model.dialects import Dialect
from workbench.model.item_size import AttributeValue, Item, begun, item_bytes
from workbench.model.table import IndexShape

WRITE_STEP_BYTES = 1024


def write_steps(size_bytes: int) -> int:
    """Returns the number of begun 1 KB, at least one.

    Source: dg-read-write-operations
    """
    return begun(size_bytes, WRITE_STEP_BYTES)


def index_write_units(index: IndexShape, before: Item | None, after: Item | None, dialect: Dialect) -> int:
    """Returns the units that one write costs in an index.

    A new entry and a removed entry cost their size, a moved one both; an entry that changes in place the
    larger of its two sizes; an unchanged entry nothing.

    Args:
        index: The index.
        before: The item of the table before the write; None when there was none.
        after: The item after it; None when there is none.
        dialect: The service's differences.

    Source: dg-gsi-writes, dynoxide-index-units
    """
    old, new = index.entry(before), index.entry(after)
    if old is None and new is None:
        swapped = dialect.half_keyed_entry_counts and _swapped(index, before or {}, after or {})
        return _entry_steps(index, index.project(before or {}), dialect) if swapped else 0
    if old is None or new is None:
        return _entry_steps(index, old or new or {}, dialect)
    if not _same(old, new, index.keys):
        return _entry_steps(index, old, dialect) + _entry_steps(index, new, dialect)
    if _same(old, new, {*old, *new}):
        return 0
    return max(_entry_steps(index, old, dialect), _entry_steps(index, new, dialect))


def _swapped(index: IndexShape, before: Item, after: Item) -> bool:
    """Returns whether an item had some of the index's keys and now has only others."""
    held, now = ({key for key in index.keys if key in item} for item in (before, after))
    return bool(held) and bool(now) and held.isdisjoint(now)


def _entry_steps(index: IndexShape, entry: Item, dialect: Dialect) -> int:
    overhead = dialect.lsi_entry_overhead_bytes if index.kind == "local" else 0
    return write_steps(item_bytes(entry) + overhead)


def _same(old: Item, new: Item, names: Any) -> bool:
    return all(name in old and name in new and same_value(old[name], new[name]) for name in names)


def same_value(left: AttributeValue, right: AttributeValue) -> bool:
    """Returns whether DynamoDB holds two values to be equal: numbers by value, sets without their order."""
    if left.keys() != right.keys():
        return False
    ((kind, mine),) = left.items()
    ((_, theirs),) = right.items()
    if kind == "N":
        return Decimal(mine) == Decimal(theirs)
    if kind == "NS":
        return {Decimal(member) for member in mine} == {Decimal(member) for member in theirs}
    if kind in {"SS", "BS"}:
        return set(mine) == set(theirs)
    return _same_document(mine, theirs)


def _same_document(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, Mapping):
        return mine.keys() == theirs.keys() and all(same_value(mine[name], theirs[name]) for name in mine)
    if isinstance(mine, list):
        return len(mine) == len(theirs) and all(map(same_value, mine, theirs))
    return bool(mine == theirs)
