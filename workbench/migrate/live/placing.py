"""What writes the items of a backfill while the application writes them too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.items import Item
from workbench.migrate.live.side_table import Placement, SideTable, version_key
from workbench.migrate.live.touched import item_name
from workbench.migrate.writer import BatchWriter


class GuardedWriter:
    """Writes items in transactions that the engine refuses for those that have a version.

    Args:
        batches: Would write them in plain batches.
        side: The migration's table.
    """

    def __init__(self, batches: BatchWriter, side: SideTable) -> None:
        self._batches, self._side = batches, side

    def parts(self, items: Sequence[Item]) -> Iterable[Sequence[Item]]:
        """Returns the batches that items are written in."""
        return self._batches.parts(items)

    def write(self, items: Sequence[Item]) -> int:
        """Writes a batch, all but items that have a version, and returns how many there were."""
        self._side.place([self._placement(item) for item in items])
        return len(items)

    def _placement(self, item: Item) -> Placement:
        key = {name: item[name] for name in self._batches.key_names}
        return Placement(item_name(self._batches.table, key), self._batches.table, key, item, 0)

    def missing(self, items: Sequence[Item]) -> list[Item]:
        """Returns all items: to write one again does nothing."""
        return list(items)

    def key(self, item: Item) -> bytes:
        """Returns the digest of an item's primary key."""
        return self._batches.key(item)


class PassingWriter(GuardedWriter):
    """Writes items in plain batches and passes over those that have a version.

    At a quarter of the write units, it is right only while nothing else brings items over.
    """

    def write(self, items: Sequence[Item]) -> int:
        """Writes a batch, all but items that have a version, and returns how many there were."""
        names = [self._placement(item).name for item in items]
        known = self._side.records([version_key(name) for name in names])
        new = [i for i, name in zip(items, names, strict=True) if version_key(name)["PK"]["S"] not in known]
        if new:
            self._batches.write(new)
        return len(items)
