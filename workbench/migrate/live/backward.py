"""From DynamoDB to PostgreSQL: each change leaves itself as an item and is made in SQL, once, in order.

The order is that of the items: a change names the changes before it on each item that it touches, and waits
for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from zlib import crc32

from workbench.access.execution import RequestRefusedError
from workbench.access.requests import RequestMaker
from workbench.access.values import Parameters
from workbench.engines.failures import POSTGRES_REFUSED, POSTGRES_UNDO
from workbench.errors import EngineError, MigrationError
from workbench.items import Item
from workbench.migrate.live.answers import Answer, OutcomeUnknownError, done, refused
from workbench.migrate.live.connections import persistent
from workbench.migrate.live.forward import as_change
from workbench.migrate.live.item_side import SIDE
from workbench.migrate.live.recorded import dump, load
from workbench.migrate.live.relational_side import PostgresRepository, explained_failure
from workbench.migrate.live.side_table import EPOCH, PENDING, SideTable, epoch_check, mark_key, version_key
from workbench.migrate.live.touched import Touching
from workbench.spec.case import Case

SHARDS = 4
"""Partitions that pending changes are spread over."""

ATTEMPTS = 50

MEMBERS = 100
"""Members of a transaction at most. Source: dg-constraints"""

PREDECESSORS = "SELECT count(*) FROM migration.changes WHERE change_id = ANY(%s)"

KEEP_VERSION = """
INSERT INTO migration.versions AS known (item, version) VALUES (%s, %s)
ON CONFLICT (item) DO UPDATE SET version = GREATEST(known.version, EXCLUDED.version)
"""


@dataclass(frozen=True, slots=True)
class Version:
    """What is known of an item's version.

    Args:
        name: The item's name.
        number: The version; None for an item that has none.
        change: The change of DynamoDB that it came by; empty when it came from PostgreSQL.
    """

    name: str
    number: int | None
    change: str

    @property
    def following(self) -> int:
        """The next version."""
        return (self.number or 0) + 1


class ChainedWriter:
    """Writes to DynamoDB, each change once, with a note of it for PostgreSQL.

    Args:
        case: The case.
        side: The migration's table.
        makers: Writing pattern to its requests.
        touching: Writing pattern to what tells its items.
    """

    def __init__(
        self,
        case: Case,
        side: SideTable,
        makers: Mapping[str, RequestMaker],
        touching: Mapping[str, Touching],
    ) -> None:
        self._case, self._side, self._makers, self._touching = case, side, makers, touching

    def write(self, pattern: str, parameters: Parameters, change_id: str) -> Answer:
        """Makes a change once, however often it is called with the same id.

        Raises:
            OutcomeUnknownError: DynamoDB did not answer in several attempts.
            EngineError: DynamoDB answered with an error that stays.
        """
        members = _members(self._makers[pattern], parameters)
        names = [item.name for item in self._touching[pattern].items(parameters)]
        for _ in range(ATTEMPTS):
            versions, epoch = self._versions(names)
            notes = [
                epoch_check(self._side.name, epoch),
                *self._notes(pattern, parameters, change_id, versions),
            ]
            verdict = self._send(members, notes)
            if verdict is not None:
                return verdict
        raise EngineError(f"{pattern}: others changed its items in each of {ATTEMPTS} attempts. Try again.")

    def _send(self, members: Sequence[Any], notes: Sequence[Any]) -> Answer | None:
        """Returns the answer; None when an item has another version by now."""
        try:
            self._side.call("TransactWriteItems", TransactItems=[*members, *notes])
        except RequestRefusedError as error:
            if not error.condition_failed:
                raise
            failed = [reason == "ConditionalCheckFailed" for reason in error.reasons]
            if failed[-1]:
                return done(SIDE)
            return None if any(failed[len(members) :]) else refused(SIDE)
        except EngineError as error:
            raise OutcomeUnknownError(str(error)) from error
        return done(SIDE)

    def _versions(self, names: Sequence[str]) -> tuple[list[Version], Item]:
        """Returns the version of each item, and the epoch's record."""
        keys = [*(version_key(name) for name in names), EPOCH]
        asked = {self._side.name: {"Keys": keys, "ConsistentRead": True}}
        found: dict[str, Item] = {}
        while asked:
            answer = self._side.call("BatchGetItem", RequestItems=asked)
            found |= {item["PK"]["S"]: item for item in answer["Responses"].get(self._side.name, ())}
            asked = answer.get("UnprocessedKeys") or {}
        versions = [_version(name, found.get(version_key(name)["PK"]["S"], {})) for name in names]
        return versions, found.get(EPOCH["PK"]["S"], {})

    def _notes(
        self, pattern: str, parameters: Parameters, change_id: str, versions: Sequence[Version]
    ) -> list[dict[str, Any]]:
        pending: Item = {
            "PK": {"S": f"{PENDING}{crc32(change_id.encode()) % SHARDS}"},
            "SK": {"S": change_id},
            "pattern": {"S": pattern},
            "parameters": {"S": dump(parameters)},
            "after": {"L": [{"S": version.change} for version in versions if version.change]},
            "versions": {"M": {v.name: {"N": str(v.following)} for v in versions}},
        }
        mark = {
            "TableName": self._side.name,
            "Item": mark_key(change_id),
            "ConditionExpression": "attribute_not_exists(PK)",
        }
        updates = [self._raised(version, change_id) for version in versions]
        return [*updates, {"Put": {"TableName": self._side.name, "Item": pending}}, {"Put": mark}]

    def _raised(self, version: Version, change_id: str) -> dict[str, Any]:
        values = {":next": {"N": str(version.following)}, ":change": {"S": change_id}}
        condition = "attribute_not_exists(version)"
        if version.number is not None:
            condition, values[":seen"] = "version = :seen", {"N": str(version.number)}
        return {
            "Update": {
                "TableName": self._side.name,
                "Key": version_key(version.name),
                "UpdateExpression": "SET version = :next, change = :change",
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
            }
        }


class AloneWriter:
    """Writes to DynamoDB when nothing follows it any more; each change once within ten minutes.

    Args:
        side: Sends the requests.
        makers: Writing pattern to its requests.
    """

    def __init__(self, side: SideTable, makers: Mapping[str, RequestMaker]) -> None:
        self._side, self._makers = side, makers

    def write(self, pattern: str, parameters: Parameters, change_id: str) -> Answer:
        """Makes a change; the engine knows its id for ten minutes. Source: dg-transaction-apis.

        Raises:
            OutcomeUnknownError: DynamoDB did not answer in several attempts.
            EngineError: DynamoDB answered with an error that stays.
        """
        token = blake2b(change_id.encode(), digest_size=16).hexdigest()
        members = _members(self._makers[pattern], parameters)
        try:
            self._side.call("TransactWriteItems", TransactItems=members, ClientRequestToken=token)
        except RequestRefusedError as error:
            if error.condition_failed:
                return refused(SIDE)
            raise
        except EngineError as error:
            raise OutcomeUnknownError(str(error)) from error
        return done(SIDE)


def _version(name: str, record: Item) -> Version:
    number = int(record["version"]["N"]) if "version" in record else None
    return Version(name, number, record.get("change", {"S": ""})["S"])


_SINGLE = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}


def _members(maker: RequestMaker, parameters: Parameters) -> list[dict[str, Any]]:
    """Returns the requests of a writing pattern as members of one transaction."""
    members: list[dict[str, Any]] = []
    for request in maker.requests(parameters):
        arguments = {n: v for n, v in request.arguments.items() if n != "ReturnConsumedCapacity"}
        if request.operation == "TransactWriteItems":
            members += arguments["TransactItems"]
        elif request.operation == "BatchWriteItem":
            for table, writes in arguments["RequestItems"].items():
                members += [{"Put": {"TableName": table, **write["PutRequest"]}} for write in writes]
        else:
            members.append({_SINGLE[request.operation]: arguments})
    if 2 * len(members) + 3 > MEMBERS:
        raise EngineError(f"{maker.pattern_id}: {len(members)} items are too many for one transaction.")
    return members


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
    """

    def __init__(self, repository: PostgresRepository, side: SideTable) -> None:
        self._repository, self._side = repository, side

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
            if names and names == stuck:
                raise MigrationError(
                    f"{len(names)} changes of DynamoDB cannot be made in PostgreSQL, first "
                    f"{waiting[0].pattern} {waiting[0].change_id}: its SQL changes no row. "
                    "Compare both sides with `workbench migrate verify`."
                )
            stuck = names
        return made

    def _brought(self, change: Change) -> bool:
        if not persistent(lambda: self._make(change)):
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

    def _make(self, change: Change) -> bool:
        """Makes one change and returns whether it is made; not when it must wait for others."""
        made = False
        try:
            with explained_failure(change.pattern), self._repository.connections.transaction() as connection:
                made = self._ordered(connection, change)
                if not made:
                    raise POSTGRES_UNDO
        except POSTGRES_REFUSED:
            return False
        return made

    def _ordered(self, connection: Any, change: Change) -> bool:
        if not as_change(connection, change.change_id):
            return True
        after = sorted(set(change.after))
        if connection.execute(PREDECESSORS, (after,)).fetchone()[0] != len(after):
            return False
        connection.cursor().executemany(KEEP_VERSION, [*change.versions.items()])
        return bool(self._repository.change(connection, change.pattern, change.parameters))
