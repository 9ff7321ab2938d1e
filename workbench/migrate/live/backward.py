"""From DynamoDB to PostgreSQL: each change leaves itself as an item and is made in SQL, once, in order.

The order is that of the items: a change names the changes before it on each item that it touches, and waits
for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.engines.failures import POSTGRES_REFUSED, POSTGRES_UNDO
from workbench.errors import MigrationError
from workbench.items import Item
from workbench.migrate.live.chained import SHARDS
from workbench.migrate.live.connections import persistent
from workbench.migrate.live.forward import Applier, as_change
from workbench.migrate.live.recorded import load
from workbench.migrate.live.relational_side import PostgresRepository, explained_failure
from workbench.migrate.live.side_table import PENDING, SideTable
from workbench.migrate.live.touched import Touching

PREDECESSORS = "SELECT count(*) FROM migration.changes WHERE change_id = ANY(%s)"

KEEP_VERSION = """
INSERT INTO migration.versions AS known (item, version) VALUES (%s, %s)
ON CONFLICT (item) DO UPDATE SET version = GREATEST(known.version, EXCLUDED.version)
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of DynamoDB that PostgreSQL does not have yet.

    Args:
        key: Key of its note.
        pattern: The pattern.
        parameters: Its parameters.
        after: Changes that come before it.
        versions: Name of each item to the version that it has by this change.
    """

    key: Item
    pattern: str
    parameters: Mapping[str, Any]
    after: tuple[str, ...]
    versions: Mapping[str, int]

    @property
    def change_id(self) -> str:
        """The change's id."""
        return str(self.key["SK"]["S"])

    @staticmethod
    def of(item: Item) -> Change:
        """Returns the change that a note tells of."""
        return Change(
            {"PK": item["PK"], "SK": item["SK"]},
            item["pattern"]["S"],
            load(item["parameters"]["S"]),
            tuple(part["S"] for part in item["after"]["L"]),
            {name: int(number["N"]) for name, number in item["versions"]["M"].items()},
        )


def _depth(change: Change) -> int:
    return max(change.versions.values(), default=0)


class BackApplier:
    """Makes the changes of DynamoDB in PostgreSQL.

    Args:
        repository: The patterns in SQL, as the owner.
        side: The migration's table.
        applier: Knows how items are by their rows.
        touching: Writing pattern to what tells its items.
    """

    def __init__(
        self,
        repository: PostgresRepository,
        side: SideTable,
        applier: Applier,
        touching: Mapping[str, Touching],
    ) -> None:
        self._repository, self._side, self._applier, self._touching = repository, side, applier, touching

    def drain(self) -> int:
        """Makes all pending changes and returns how many there were.

        Raises:
            MigrationError: PostgreSQL takes none of those that are left.
            EngineError: One of the databases does not answer.
        """
        made, stuck = 0, frozenset[str]()
        while left := self.pending():
            waiting = [change for change in sorted(left, key=_depth) if not self._brought(change)]
            made += len(left) - len(waiting)
            names = frozenset(change.change_id for change in waiting)
            again = self._passed_over(waiting) if names == stuck else 0
            made += again
            if names and names == stuck and not again:
                raise MigrationError(
                    f"{len(names)} changes of DynamoDB cannot be made in PostgreSQL, first "
                    f"{waiting[0].pattern} {waiting[0].change_id}: its SQL changes no row. "
                    "Compare both sides with `workbench migrate verify`."
                )
            stuck = names
        return made

    def _passed_over(self, changes: Sequence[Change]) -> int:
        """Takes changes as made that wrote again what was there, and returns how many there were.

        SQL refuses a row that exists already, where DynamoDB puts the same item once more.
        """
        again = [change for change in changes if self._is_repetition(change)]
        for change in again:
            self._brought(change, again=True)
        return len(again)

    def _is_repetition(self, change: Change) -> bool:
        items = self._touching[change.pattern].items(change.parameters)
        return all(persistent(lambda item=item: self._applier.as_stored(item)) for item in items)  # type: ignore[misc] # the default binds the item

    def _brought(self, change: Change, *, again: bool = False) -> bool:
        if not persistent(lambda: self._make(change, again=again)):
            return False
        self._side.call("DeleteItem", TableName=self._side.name, Key=change.key)
        return True

    def pending(self) -> list[Change]:
        """Returns the changes that PostgreSQL does not have yet."""
        return [Change.of(item) for shard in range(SHARDS) for item in self._shard(shard)]

    def _shard(self, shard: int) -> list[Item]:
        items: list[Item] = []
        arguments: dict[str, Any] = {
            "TableName": self._side.name,
            "KeyConditionExpression": "PK = :shard",
            "ExpressionAttributeValues": {":shard": {"S": f"{PENDING}{shard}"}},
            "ConsistentRead": True,
        }
        while True:
            answer = self._side.call("Query", **arguments)
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return items
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _make(self, change: Change, *, again: bool) -> bool:
        """Makes one change and returns whether it is made; not when it must wait for others.

        Args:
            change: The change.
            again: Whether it only repeats what is there, so that there is nothing to run.
        """
        made = False
        try:
            with explained_failure(change.pattern), self._repository.connections.transaction() as connection:
                made = self._ordered(connection, change, again=again)
                if not made:
                    raise POSTGRES_UNDO
        except POSTGRES_REFUSED:
            return False
        return made

    def _ordered(self, connection: Any, change: Change, *, again: bool) -> bool:
        if not as_change(connection, change.change_id):
            return True
        after = sorted(set(change.after))
        if connection.execute(PREDECESSORS, (after,)).fetchone()[0] != len(after):
            return False
        connection.cursor().executemany(KEEP_VERSION, [*change.versions.items()])
        return again or bool(self._repository.change(connection, change.pattern, change.parameters))
