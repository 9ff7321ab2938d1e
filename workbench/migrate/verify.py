"""Compares every row of the source with every item of the target: counts, keys and contents, both ways."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from workbench.access.tables import describe
from workbench.engines import DynamoEngine, PostgresEngine
from workbench.errors import MigrationError
from workbench.items import Item, ItemMaker, Unrepresentable
from workbench.migrate.digests import DIGEST_BYTES, content_digest, differing, key_digest, made_digest
from workbench.migrate.rows import RowReader, mapped_entities, snapshot
from workbench.migrate.scans import SCANS, SEGMENTS, scanned_part, wire_part
from workbench.spec.case import Case

SETS = frozenset({"SS", "NS", "BS"})

SHOWN = 100
"""Missing, extra and different items that are listed, of each kind; all are counted."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """An item that is not as the source says.

    Args:
        kind: `missing`, `misplaced` (an equal item is there under another key), `extra` or `different`.
        table: The table.
        key: The item's primary key.
        entity: The entity whose row makes the item; empty for an extra one.
        row_key: That row's key; None for an extra item.
        attributes: Names of the attributes that differ; empty for a missing or extra item.
    """

    kind: str
    table: str
    key: Item
    entity: str = ""
    row_key: int | None = None
    attributes: tuple[str, ...] = ()

    def __str__(self) -> str:
        key = ", ".join(f"{name}={next(iter(value.values()))}" for name, value in self.key.items())
        source = f" of {self.entity} row {self.row_key}" if self.entity else ""
        names = f": {', '.join(self.attributes)}" if self.attributes else ""
        return f"{self.kind} item{source} in {self.table}, {key}{names}"


@dataclass(frozen=True, slots=True)
class EntityVerdict:
    """The comparison of one entity.

    Args:
        entity: The entity's name.
        table: Its table.
        rows: Rows that its mapping gives.
        rejected: Rows that no item can hold, or whose key an earlier row has.
        equal: Items equal to their row in every attribute.
        different: Items whose content is not their row's.
        missing: Rows whose item is not there.
    """

    entity: str
    table: str
    rows: int
    rejected: int
    equal: int
    different: int
    missing: int


@dataclass(frozen=True, slots=True)
class Verification:
    """The comparison of source and target.

    Args:
        entities: One verdict an entity, in the design's order.
        table_items: Items that each table holds.
        extra: Items without a row, by table.
        discrepancies: The first missing, extra and different items.
    """

    entities: tuple[EntityVerdict, ...]
    table_items: dict[str, int]
    extra: dict[str, int]
    discrepancies: tuple[Discrepancy, ...]

    @property
    def equal(self) -> bool:
        """Whether every row that an item can hold has its item, and there is no other item."""
        return not any(self.extra.values()) and not any(e.different or e.missing for e in self.entities)

    @property
    def rows(self) -> int:
        """Rows of all entities."""
        return sum(entity.rows for entity in self.entities)

    @property
    def items(self) -> int:
        """Items of all tables."""
        return sum(self.table_items.values())

    @property
    def rejected(self) -> int:
        """Rows of all entities that are no item."""
        return sum(entity.rejected for entity in self.entities)


def verify(case: Case, postgres: PostgresEngine, engine: DynamoEngine) -> Verification:
    """Returns how the items of the target compare with the rows of the source.

    Nothing is taken from the backfill: rows are mapped anew, and tables are scanned whole meanwhile. Memory
    holds two fingerprints a row and 32 bytes an item. Only when they differ the tables are scanned once more,
    to name what differs.

    Args:
        case: A case with a mapping.
        postgres: The source.
        engine: The target.

    Raises:
        MigrationError: A table of the design does not exist.
        EngineError: A mapping query cannot be run.
    """
    require_tables(case, engine)
    with snapshot(postgres) as connection:
        source = _Source(case, connection)
        with _found(source, engine.client) as found:
            expected = source.fingerprints()
        scans = {table: _Scan(table, source.key_names(table), expected) for table in case.design.tables}
        for table, scan in scans.items():
            if not scan.same(found[table]):
                scan.run(engine.client, source.entities(table))
        return _verification(source, scans, expected)


@contextlib.contextmanager
def _found(source: _Source, client: Any) -> Iterator[dict[str, list[bytearray]]]:
    """Scans all tables while the block runs; then gives the digests of key and content of items, by table.

    They stand one after another, because so many objects would take five times as much memory.
    """
    found: dict[str, list[bytearray]] = {table: [] for table in source.case.design.tables}

    def read(table: str, segment: int) -> None:
        names, digests, (scan, digest) = source.key_names(table), bytearray(), source.reading(table)
        found[table].append(digests)
        for item in scan(client, table, segment):
            digests.extend(key_digest(table, names, item) + digest(item))

    with ThreadPoolExecutor(SCANS) as pool:
        jobs = [pool.submit(read, table, number) for table in found for number in range(SEGMENTS)]
        try:
            yield found
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def require_tables(case: Case, engine: DynamoEngine) -> None:
    """Checks that every table of a design exists.

    Raises:
        MigrationError: Some do not; names them.
    """
    existing = {state.name for state in describe(case.design, engine)}
    absent = [name for name in case.design.tables if name not in existing]
    if absent:
        raise MigrationError(
            f"{', '.join(absent)}: no such table. Make the tables with `workbench schema apply`."
        )


@dataclass(slots=True, eq=False)
class _Expected:
    """The item that a row makes, and whether its equal was found."""

    entity: str
    content: bytes
    equal: bool = False


@dataclass
class _Source:
    """The rows of a case, mapped to items."""

    case: Case
    connection: Any
    rows: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)

    def fingerprints(self) -> dict[bytes, _Expected]:
        """Returns what every row makes, by the digest of its item's key; the first row of a key counts."""
        expected: dict[bytes, _Expected] = {}
        for entity in mapped_entities(self.case):
            for _, row, maker in self._rows(entity):
                self.rows[entity] += 1
                item = _item(maker, row)
                key = self._key(entity, item) if item else b""
                if item is None or key in expected:
                    self.rejected[entity] += 1
                else:
                    expected[key] = _Expected(entity, made_digest(item))
        return expected

    def _rows(self, entity: str) -> Iterator[tuple[int, dict[str, Any], ItemMaker]]:
        maker = ItemMaker(self.case.design, entity)
        reader = RowReader(self.connection, entity, mapped_entities(self.case)[entity])
        for chunk in reader.chunks():
            for row_key, row in chunk.rows:
                yield row_key, row, maker

    def _key(self, entity: str, item: Item) -> bytes:
        table = self.table(entity)
        return key_digest(table, self.key_names(table), item)

    def table(self, entity: str) -> str:
        """Returns the name of an entity's table."""
        return self.case.design.entities[entity].table

    def entities(self, table: str) -> set[str]:
        """Returns the names of a table's entities."""
        return {name for name, entity in self.case.design.entities.items() if entity.table == table}

    def key_names(self, table: str) -> tuple[str, ...]:
        """Returns the names of a table's key attributes."""
        keys = (self.case.design.tables[table].partition_key, self.case.design.tables[table].sort_key)
        return tuple(key.name for key in keys if key)

    def reading(
        self, table: str
    ) -> tuple[Callable[[Any, str, int], Iterator[Item]], Callable[[Item], bytes]]:
        """Returns scan and digest for a first look: engines give all but sets back in canonical form."""
        held = (entity for entity in self.case.design.entities.values() if entity.table == table)
        types = {attribute.type for entity in held for attribute in entity.attributes.values()}
        return scanned_part if "BS" in types else wire_part, content_digest if types & SETS else made_digest

    def items(self, wanted: set[bytes], entities: set[str]) -> Iterator[tuple[bytes, str, int, Item]]:
        """Yields the items of wanted keys once more, each with key, entity and row key."""
        for entity in entities:
            for row_key, row, maker in self._rows(entity):
                item = _item(maker, row)
                key = self._key(entity, item) if item else b""
                if item and key in wanted:
                    wanted.discard(key)
                    yield key, entity, row_key, item


def _item(maker: ItemMaker, row: dict[str, Any]) -> Item | None:
    try:
        return maker.item(row)
    except Unrepresentable:
        return None


@dataclass
class _Scan:
    """The items of one table, compared while they are read; threads share it."""

    table: str
    key_names: tuple[str, ...]
    expected: dict[bytes, _Expected]
    items: int = 0
    different: dict[bytes, Item] = field(default_factory=dict)
    extra: list[Item] = field(default_factory=list)

    def same(self, found: list[bytearray]) -> bool:
        """Takes what was found; returns whether all of it is as expected."""
        for digests in found:
            for start in range(0, len(digests), 2 * DIGEST_BYTES):
                middle = start + DIGEST_BYTES
                expected = self.expected.get(bytes(digests[start:middle]))
                if expected is None or expected.content != digests[middle : middle + DIGEST_BYTES]:
                    return False
                self.items += not expected.equal
                expected.equal = True
        return True

    def run(self, client: Any, entities: AbstractSet[str]) -> None:
        """Reads the whole table anew and keeps what is not as expected.

        Args:
            client: boto3 low-level client.
            entities: The entities of the table.
        """
        for expected in self.expected.values():
            expected.equal &= expected.entity not in entities
        with ThreadPoolExecutor(SCANS) as pool:
            segments = [pool.submit(self._segment, client, number) for number in range(SEGMENTS)]
            self.items = sum(segment.result() for segment in segments)

    def _segment(self, client: Any, number: int) -> int:
        items = 0
        for item in scanned_part(client, self.table, number):
            items += 1
            self._compare(item)
        return items

    def _compare(self, item: Item) -> None:
        key = key_digest(self.table, self.key_names, item)
        expected = self.expected.get(key)
        if expected is None:
            self.extra.append(item if len(self.extra) < SHOWN else self.key_of(item))
        elif expected.content == content_digest(item):
            expected.equal = True
        else:
            self.different[key] = item

    def key_of(self, item: Item) -> Item:
        """Returns the primary key of an item."""
        return {name: item[name] for name in self.key_names}


def _verification(source: _Source, scans: dict[str, _Scan], expected: dict[bytes, _Expected]) -> Verification:
    different = {key: item for scan in scans.values() for key, item in scan.different.items()}
    missing = {key for key, one in expected.items() if not one.equal} - different.keys()
    sides = {
        "equal": Counter(one.entity for one in expected.values() if one.equal),
        "different": Counter(expected[key].entity for key in different),
        "missing": Counter(expected[key].entity for key in missing),
    }
    verdicts = (
        EntityVerdict(
            entity,
            source.table(entity),
            source.rows[entity],
            source.rejected[entity],
            **{name: counts[entity] for name, counts in sides.items()},
        )
        for entity in mapped_entities(source.case)
    )
    return Verification(
        tuple(verdicts),
        {name: scan.items for name, scan in scans.items()},
        {name: len(scan.extra) for name, scan in scans.items()},
        (*_explained(source, missing, different, scans, expected), *_extra(scans)),
    )


def _explained(
    source: _Source,
    missing: set[bytes],
    different: dict[bytes, Item],
    scans: dict[str, _Scan],
    expected: dict[bytes, _Expected],
) -> Iterator[Discrepancy]:
    wanted = {*sorted(missing)[:SHOWN], *sorted(different)[:SHOWN]}
    entities = {expected[key].entity for key in wanted}
    for key, entity, row_key, item in source.items(wanted, entities):
        table = source.table(entity)
        primary = {name: item[name] for name in source.key_names(table)}
        if key in different:
            kind, names = "different", differing(item, different[key])
        else:
            kind, names = _absent(item, scans[table])
        yield Discrepancy(kind, table, primary, entity, row_key, names)


def _absent(item: Item, scan: _Scan) -> tuple[str, tuple[str, ...]]:
    """Returns whether an item that is not there has an equal under another key, and where the keys differ."""
    for extra in scan.extra[:SHOWN]:
        names = differing(item, extra)
        if set(names) <= set(scan.key_names):
            return "misplaced", names
    return "missing", ()


def _extra(scans: dict[str, _Scan]) -> Iterator[Discrepancy]:
    for scan in scans.values():
        for item in scan.extra[:SHOWN]:
            yield Discrepancy("extra", scan.table, scan.key_of(item))
