"""The bytes that storage is billed for: items and index entries with their overhead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.model.item_size import Item, item_bytes
from workbench.model.table import TableShape

OVERHEAD_BYTES = 100
"""What billed storage adds to each item and each index entry [bytes].

Source: dg-capacity-units, dg-gsi, dg-lsi
"""


def stored_bytes(size_bytes: int) -> int:
    """Returns the billed storage of an item or an entry of a size [bytes].

    Source: dg-capacity-units, dg-gsi, dg-lsi
    """
    return size_bytes + OVERHEAD_BYTES


def entry_bytes(table: TableShape, item: Item) -> dict[str, int]:
    """Returns the size of the entry in each index that holds an item [bytes], without overhead."""
    entries = ((index.name, index.entry(item)) for index in table.indexes.values())
    return {name: item_bytes(entry) for name, entry in entries if entry is not None}


def storage_bytes(table: TableShape, items: Iterable[Item]) -> Mapping[str, int]:
    """Returns the billed storage of a table under its name and of each index under the index's name [bytes].

    Args:
        table: The table.
        items: All its items.
    """
    totals = dict.fromkeys((table.name, *table.indexes), 0)
    for item in items:
        totals[table.name] += stored_bytes(item_bytes(item))
        for name, size_bytes in entry_bytes(table, item).items():
            totals[name] += stored_bytes(size_bytes)
    return totals
