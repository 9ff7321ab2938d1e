"""Writes while DynamoDB leads: each change is made once, and leaves a note of itself for PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from zlib import crc32

from workbench.access.execution import RequestRefusedError
from workbench.access.requests import RequestMaker
from workbench.access.values import Parameters
from workbench.errors import EngineError
from workbench.items import Item
from workbench.migrate.live.answers import Answer, NotAllowedError, OutcomeUnknownError, done, refused
from workbench.migrate.live.item_side import SIDE
from workbench.migrate.live.recorded import dump
from workbench.migrate.live.side_table import (
    PENDING,
    SideTable,
    epoch_check,
    epoch_key,
    mark_key,
    version_key,
)
from workbench.migrate.live.touched import Touching

SHARDS = 4
"""Partitions that pending changes are spread over."""

ATTEMPTS = 50

MEMBERS = 100
"""Members of a transaction at most. Source: dg-constraints"""


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
        side: The migration's table.
        makers: Writing pattern to its requests.
        touching: Writing pattern to what tells its items.
    """

    def __init__(
        self,
        side: SideTable,
        makers: Mapping[str, RequestMaker],
        touching: Mapping[str, Touching],
    ) -> None:
        self._side, self._makers, self._touching = side, makers, touching

    def write(self, pattern: str, parameters: Parameters, change_id: str) -> Answer:
        """Makes a change once, however often it is called with the same id.

        Raises:
            NotAllowedError: DynamoDB leads no longer; nothing was changed.
            OutcomeUnknownError: DynamoDB did not answer in several attempts.
            EngineError: DynamoDB answered with an error that stays.
        """
        members = _members(self._makers[pattern], parameters)
        names = [item.name for item in self._touching[pattern].items(parameters)]
        for _ in range(ATTEMPTS):
            versions, epoch = self._versions(names, change_id)
            notes = [
                epoch_check(self._side.name, change_id, epoch),
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
            if failed[len(members)]:
                raise NotAllowedError("DynamoDB leads no longer; nothing was changed.") from error
            return None if any(failed[len(members) :]) else refused(SIDE)
        except EngineError as error:
            raise OutcomeUnknownError(str(error)) from error
        return done(SIDE)

    def _versions(self, names: Sequence[str], change_id: str) -> tuple[list[Version], Item]:
        """Returns the version of each item, and the epoch's record for a change."""
        epoch = epoch_key(change_id)
        found = self._side.records([*(version_key(name) for name in names), epoch])
        versions = [_version(name, found.get(version_key(name)["PK"]["S"], {})) for name in names]
        return versions, found.get(epoch["PK"]["S"], {})

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
