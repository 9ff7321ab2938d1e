"""Sizes of a case's items and index entries, measured on every row that would be moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from workbench.errors import InputError, Problem
from workbench.items.codec import Item, Unrepresentable
from workbench.items.maker import ItemMaker
from workbench.model.item_size import item_bytes
from workbench.model.storage import OVERHEAD_BYTES
from workbench.replay.results import ReplayResult
from workbench.replay.units import table_shapes
from workbench.spec.case import Case
from workbench.spec.measured import EntitySizes, Measurement, fingerprint

if TYPE_CHECKING:
    from workbench.engines.postgres import PostgresEngine

FETCH_ROWS = 500


@dataclass(frozen=True)
class Histogram:
    """How often each size occurs.

    Args:
        counts: Size [bytes] to how many items or entries have it.
    """

    counts: Mapping[int, int]

    @property
    def count(self) -> int:
        """Items or entries."""
        return sum(self.counts.values())

    @property
    def total_bytes(self) -> int:
        """Sum of all sizes [bytes]."""
        return sum(size * count for size, count in self.counts.items())

    @property
    def billed_bytes(self) -> int:
        """Sum of all sizes with the overhead that storage is billed for [bytes]."""
        return self.total_bytes + OVERHEAD_BYTES * self.count

    @property
    def mean_bytes(self) -> float:
        """Mean size [bytes]; 0 for none."""
        return self.total_bytes / self.count if self.counts else 0.0

    @property
    def max_bytes(self) -> int:
        """Largest size [bytes]; 0 for none."""
        return max(self.counts, default=0)

    def percentile_bytes(self, share: Fraction) -> int:
        """Returns the smallest size that at least `share` of the items do not exceed [bytes]; 0 for none.

        >>> Histogram({10: 1, 20: 3}).percentile_bytes(Fraction(1, 4))
        10
        """
        left = ceil(share * self.count)
        for size in sorted(self.counts):
            left -= self.counts[size]
            if left <= 0:
                return size
        return 0


@dataclass(frozen=True)
class Sizes:
    """Sizes of everything that a case would store.

    Args:
        items: Entity to the sizes of its items.
        entries: Entity to index to the sizes of its entries there.
        unrepresentable: Entity to rows that cannot become items.
        tables: Entity to its table.
    """

    items: Mapping[str, Histogram]
    entries: Mapping[str, Mapping[str, Histogram]]
    unrepresentable: Mapping[str, int]
    tables: Mapping[str, str]

    def billed_bytes(self) -> dict[str, int]:
        """Returns the bytes that storage is billed for, by table and `table/index` [bytes]."""
        billed: Counter[str] = Counter()
        for entity, table in self.tables.items():
            billed[table] += self.items[entity].billed_bytes
            for index, histogram in self.entries[entity].items():
                billed[f"{table}/{index}"] += histogram.billed_bytes
        return dict(billed)


def measure_sizes(case: Case, postgres: PostgresEngine) -> Sizes:
    """Returns the sizes of every item and index entry that a case's rows become.

    Args:
        case: A case with a mapping.
        postgres: Holds the rows.

    Raises:
        InputError: The case has no mapping.
    """
    if case.mapping is None:
        place = str(case.directory / "mapping.yaml")
        raise InputError([Problem(place, 0, "", "the case has no mapping", "Write one, sizes need rows")])
    queries = {entity: stated.query for entity, stated in case.mapping.entities.items()}
    measured = {entity: _measure(case, entity, query, postgres) for entity, query in queries.items()}
    return Sizes(
        {entity: found.items for entity, found in measured.items()},
        {entity: found.entries for entity, found in measured.items()},
        {entity: found.unrepresentable for entity, found in measured.items()},
        {entity: case.design.entities[entity].table for entity in measured},
    )


@dataclass(frozen=True)
class _Measured:
    items: Histogram
    entries: Mapping[str, Histogram]
    unrepresentable: int


def _measure(case: Case, entity: str, query: str, postgres: PostgresEngine) -> _Measured:
    shape = table_shapes(case.design)[case.design.entities[entity].table]
    maker = ItemMaker(case.design, entity)
    items: Counter[int] = Counter()
    entries: dict[str, Counter[int]] = {name: Counter() for name in shape.indexes}
    refused = 0
    for row in _rows(postgres, query):
        item = _item(maker, row)
        if item is None:
            refused += 1
            continue
        items[item_bytes(item)] += 1
        for name, index in shape.indexes.items():
            entry = index.entry(item)
            if entry is not None:
                entries[name][item_bytes(entry)] += 1
    held = {name: Histogram(dict(sizes)) for name, sizes in entries.items()}
    return _Measured(Histogram(dict(items)), held, refused)


def _item(maker: ItemMaker, row: Mapping[str, Any]) -> Item | None:
    try:
        return maker.item(row)
    except Unrepresentable:
        return None


def _rows(postgres: PostgresEngine, query: str) -> Iterator[dict[str, Any]]:
    """Yields the rows of a query, some hundred in memory at a time."""
    with postgres.connect() as connection, connection.cursor(name="sizes") as cursor:
        cursor.itersize = FETCH_ROWS
        cursor.execute(query)
        columns = [column.name for column in cursor.description or ()]
        for row in cursor:
            yield dict(zip(columns, row, strict=True))


def measurement(case: Case, sizes: Sizes, replayed: ReplayResult, users: int) -> Measurement:
    """Returns units and sizes of a case as they are kept beside its files.

    Args:
        case: The case.
        sizes: Of the rows of `users` registered users.
        replayed: Its patterns on the same data.
        users: Registered users in the data.
    """
    return Measurement(
        case=case.name,
        fingerprint=fingerprint(case.directory),
        engine=replayed.engine,
        users=users,
        seed=replayed.seed,
        samples=replayed.samples,
        units={row.pattern: dict(row.predicted["aws"]) for row in replayed.rows},
        entities={entity: _entity_sizes(sizes, entity, users) for entity in sizes.items},
    )


def _entity_sizes(sizes: Sizes, entity: str, users: int) -> EntitySizes:
    found, table = sizes.items[entity], sizes.tables[entity]
    billed = {f"{table}/{index}": entry.billed_bytes for index, entry in sizes.entries[entity].items()}
    billed[table] = found.billed_bytes
    return EntitySizes(
        items_per_user=found.count / users,
        mean_bytes=found.mean_bytes,
        p50_bytes=found.percentile_bytes(Fraction(1, 2)),
        p99_bytes=found.percentile_bytes(Fraction(99, 100)),
        max_bytes=found.max_bytes,
        billed_bytes_per_item={
            place: total / found.count for place, total in sorted(billed.items()) if total
        },
    )
