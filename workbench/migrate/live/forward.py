"""From PostgreSQL to DynamoDB: what changed is kept beside the change, and brought over as it then is."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.access.values import Parameters
from workbench.engines.failures import POSTGRES_REFUSED, POSTGRES_UNDO
from workbench.engines.statements import matching
from workbench.errors import EngineError
from workbench.items import Item, ItemMaker, Unrepresentable
from workbench.migrate.digests import content_digest
from workbench.migrate.live.answers import Answer, OutcomeUnknownError, done, refused
from workbench.migrate.live.connections import Connections, UnansweredError, persistent
from workbench.migrate.live.relational_side import SIDE, PostgresRepository, explained_failure
from workbench.migrate.live.side_table import PAIRS, Placement, SideTable
from workbench.migrate.live.touched import Touched, Touching
from workbench.migrate.rows import kept_values, mapped_entities
from workbench.spec.case import Case

ONCE = "INSERT INTO migration.changes VALUES (%s) ON CONFLICT DO NOTHING"

CAPTURED = "SELECT set_config('migration.change', %s, true)"

OUTBOX = "INSERT INTO migration.outbox (item, entity, item_key, columns) VALUES (%s, %s, %s, %s)"

NEXT_VERSIONS = """
INSERT INTO migration.versions AS known (item, version)
SELECT name, 1 FROM unnest(%s::text[]) AS name ORDER BY name
ON CONFLICT (item) DO UPDATE SET version = known.version + 1
RETURNING item, version
"""
"""Locks each item's version, in one order for everybody, until the row behind it was read."""

SEEN = "SELECT COALESCE(array_agg(sequence), '{}') FROM migration.outbox WHERE item = ANY(%s)"

FORGET = "DELETE FROM migration.outbox WHERE sequence = ANY(%s)"

OLDEST = "SELECT entity, item_key, columns FROM migration.outbox ORDER BY sequence LIMIT %s"

WAITING = "SELECT count(*) FROM migration.outbox"

DEFER = """
INSERT INTO migration.deferred SELECT DISTINCT item FROM migration.outbox WHERE item = ANY(%s)
ON CONFLICT DO NOTHING
"""

CATCH_UP = """
DELETE FROM migration.deferred
WHERE NOT EXISTS (SELECT FROM migration.outbox WHERE outbox.item = deferred.item)
"""

BEHIND = "SELECT EXISTS (SELECT FROM migration.deferred)"

LATE_WRITERS = "LOCK TABLE migration.outbox IN SHARE MODE"
"""Waits for every transaction that left a note and has neither been committed nor undone."""


def as_change(connection: Any, change_id: str) -> bool:
    """Begins a change within a transaction and returns whether it was not made before."""
    connection.execute(CAPTURED, (change_id,))
    return bool(connection.execute(ONCE, (change_id,)).rowcount)


@dataclass
class Applier:
    """Brings items over as their rows are now.

    Args:
        case: A case with a mapping.
        connections: The owner's connections to PostgreSQL.
        side: The migration's table in DynamoDB.
    """

    case: Case
    connections: Connections
    side: SideTable

    def __post_init__(self) -> None:
        self._mappings = mapped_entities(self.case)
        self._makers = {entity: ItemMaker(self.case.design, entity) for entity in self._mappings}

    def apply(self, items: Sequence[Touched]) -> int:
        """Brings some items over and returns how many were stored.

        Killed or refused in between, it has done no harm: what was waiting still waits.

        Raises:
            EngineError: One of the databases does not answer, or refuses for another reason than age.
        """
        placements, seen = persistent(lambda: self._placements(items))
        stored = self.side.place(placements)
        persistent(lambda: self._forget(seen))
        return stored

    def _placements(self, items: Sequence[Touched]) -> tuple[list[Placement], list[int]]:
        by_name = {item.name: item for item in items}
        with explained_failure("replication"), self.connections.transaction() as connection:
            versions = dict(connection.execute(NEXT_VERSIONS, (list(by_name),)).fetchall())
            (seen,) = connection.execute(SEEN, (list(by_name),)).fetchone()
            placements = [
                Placement(name, item.table, item.key, self._current(connection, item), versions[name])
                for name, item in by_name.items()
            ]
        return placements, seen

    def _forget(self, seen: list[int]) -> None:
        with self.connections.transaction() as connection:
            connection.execute(FORGET, (seen,))
            connection.execute(CATCH_UP)

    def as_stored(self, touched: Touched) -> bool:
        """Returns whether an item in DynamoDB is as its row is now."""
        with self.connections.transaction() as connection:
            wanted = self._current(connection, touched)
        found = self.side.call("GetItem", TableName=touched.table, Key=touched.key, ConsistentRead=True).get(
            "Item"
        )
        if wanted is None or found is None:
            return bool(wanted is found)
        return content_digest(wanted) == content_digest(found)

    def _current(self, connection: Any, touched: Touched) -> Item | None:
        mapping = self._mappings[touched.entity]
        statement = matching(mapping.query, tuple(touched.columns))
        cursor = connection.execute(statement, touched.columns)
        values = cursor.fetchone()
        if values is None:
            return None
        row = dict(zip((column.name for column in cursor.description), values, strict=True))
        try:
            return self._makers[touched.entity].item(kept_values(mapping, row))
        except Unrepresentable:
            return None

    def drain(self) -> int:
        """Brings over all that waits, and returns the number of items that were stored.

        Raises:
            EngineError: One of the databases does not answer.
        """
        moved = 0
        while items := persistent(self._oldest):
            moved += self.apply(items)
        return moved

    def _oldest(self) -> list[Touched]:
        with self.connections.transaction() as connection:
            rows = connection.execute(OLDEST, (PAIRS,)).fetchall()
        table = {entity: self.case.design.entities[entity].table for entity in self._mappings}
        return [Touched(entity, table[entity], key, columns) for entity, key, columns in rows]

    def waiting(self) -> int:
        """Returns the number of changes to items that DynamoDB does not have yet."""
        return int(self._asked(WAITING))

    def behind(self) -> bool:
        """Returns whether a write was acknowledged that DynamoDB does not have yet."""
        return bool(self._asked(BEHIND))

    def defer(self, items: Sequence[Touched]) -> None:
        """Takes note that a write is acknowledged before DynamoDB has its items."""
        names = [item.name for item in items]
        persistent(lambda: self._run(DEFER, (names,)))

    def await_writers(self) -> None:
        """Waits until every write that began has ended, also those whose sender has gone."""
        persistent(lambda: self._run(LATE_WRITERS))

    def _asked(self, question: str) -> Any:
        return persistent(lambda: self._run(question).fetchone()[0])

    def _run(self, statement: str, values: tuple[Any, ...] = ()) -> Any:
        with self.connections.transaction() as connection:
            return connection.execute(statement, values)


class CapturingWriter:
    """Writes to PostgreSQL, where each change is made once and leaves a note of the items that it touches.

    Args:
        repository: The application's patterns in SQL.
        applier: Brings the items over.
        touching: Writing pattern to what tells its items.
        at_once: Whether items are brought over before the write is acknowledged.
    """

    def __init__(
        self,
        repository: PostgresRepository,
        applier: Applier,
        touching: Mapping[str, Touching],
        *,
        at_once: bool,
    ) -> None:
        self._repository, self._applier, self._touching = repository, applier, touching
        self._at_once = at_once
        self._lock = threading.Lock()
        self.deferred = 0

    def write(self, pattern: str, parameters: Parameters, change_id: str) -> Answer:
        """Makes a change once, however often it is called with the same id.

        An item that DynamoDB does not take now stays noted, and is brought over later.

        Raises:
            NotAllowedError: PostgreSQL takes no such write now.
            OutcomeUnknownError: PostgreSQL did not answer in several attempts.
            EngineError: The statement is wrong.
        """
        items = self._touching[pattern].items(parameters)
        try:
            changed = persistent(lambda: self._captured(pattern, parameters, change_id, items))
        except POSTGRES_REFUSED:
            return refused(SIDE)
        except UnansweredError as error:
            raise OutcomeUnknownError(f"{pattern}: {error}") from error
        if changed and self._at_once:
            self._bring(pattern, items)
        return done(SIDE, changed) if changed else refused(SIDE)

    def _captured(
        self, pattern: str, parameters: Parameters, change_id: str, items: Sequence[Touched]
    ) -> int:
        changed = 0
        with explained_failure(pattern), self._repository.connections.transaction() as connection:
            if not as_change(connection, change_id):
                return 1
            changed = self._repository.change(connection, pattern, parameters)
            if not changed:
                raise POSTGRES_UNDO
            connection.cursor().executemany(OUTBOX, [_note(item) for item in items])
        return changed

    def _bring(self, pattern: str, items: Sequence[Touched]) -> None:
        try:
            self._applier.apply(items)
        except EngineError:
            with self._lock:
                self.deferred += 1
            try:
                self._applier.defer(items)
            except UnansweredError as error:
                raise OutcomeUnknownError(f"{pattern}: {error}") from error


def _note(item: Touched) -> tuple[str, str, str, str]:
    columns = json.dumps(dict(item.columns), ensure_ascii=False, default=str)
    return item.name, item.entity, json.dumps(item.key, ensure_ascii=False), columns
