"""The migration's own table in DynamoDB: versions of items, changes to bring back, marks of those made.

An item's version lies beside it and changes with it in one transaction. Whatever comes late, twice or out of
order finds a version that is not older than its own, and the engine refuses it, deleted items included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from workbench.access.calls import Request
from workbench.access.execution import RequestRefusedError, Sender
from workbench.access.tables import apply_schema, describe, drop_tables
from workbench.engines import DynamoEngine
from workbench.engines.failures import DYNAMODB_SILENT
from workbench.errors import EngineError
from workbench.items import Item
from workbench.migrate.live.item_side import patient
from workbench.model.item_size import item_bytes
from workbench.spec.case import Case
from workbench.spec.design import Design, Table

PAIRS = 50
"""Items of a transaction with their versions; it has 100 members at most. Source: dg-constraints"""

BYTES = 3 * 2**20
"""Items of a transaction together [bytes]; it has 4 MiB at most. Source: dg-constraints"""

ATTEMPTS = 25

TABLE = Table.model_validate(
    {
        "partition_key": {"name": "PK", "type": "S"},
        "sort_key": {"name": "SK", "type": "S"},
        "billing_mode": "PAY_PER_REQUEST",
    }
)

VERSION, MARK, PENDING = "VERSION#", "CHANGE#", "PENDING#"

EPOCH = "EPOCH#"
"""The times that DynamoDB stopped leading, counted in several records."""

EPOCHS = 16
"""Records of the epoch; a change checks one of them, so that changes at the same time seldom meet in one."""


@dataclass(frozen=True, slots=True)
class Placement:
    """An item as it is to be stored.

    Args:
        name: Its name, table and key as text.
        table: Its table.
        key: Its primary key.
        item: The whole item; None where there is to be none.
        version: Its version; 0 for one that only fills a gap.
    """

    name: str
    table: str
    key: Item
    item: Item | None
    version: int


class SideTable:
    """The table of a case's migration.

    Args:
        case: The case.
        engine: Holds its items.
    """

    def __init__(self, case: Case, engine: DynamoEngine) -> None:
        self.name = f"{case.name}-migration"
        self.engine = engine
        self._design: Design = case.design.model_copy(update={"tables": {self.name: TABLE}})
        self._sender = Sender(engine.client)

    def create(self) -> None:
        """Makes the table where it does not exist."""
        if not describe(self._design, self.engine):
            apply_schema(self._design, self.engine)

    def drop(self) -> None:
        """Deletes the table where it exists."""
        drop_tables(self._design, self.engine)

    def call(self, operation: str, **arguments: Any) -> Any:
        """Returns the answer to one request, which is sent again after passing errors.

        Raises:
            RequestRefusedError: DynamoDB answered with an error that stays.
            EngineError: DynamoDB does not answer.
        """
        try:
            return patient(lambda: self._sender.call(Request(operation, arguments)).response)
        except DYNAMODB_SILENT as error:
            raise EngineError(f"{operation}: DynamoDB does not answer: {error}. Try again.") from error

    def raise_epoch(self) -> None:
        """Makes the engine refuse every change that was sent before and has not arrived yet."""
        for number in range(EPOCHS):
            self.call(
                "UpdateItem",
                TableName=self.name,
                Key=_key(f"{EPOCH}{number}"),
                UpdateExpression="ADD epoch :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    def records(self, keys: Sequence[Item]) -> dict[str, Item]:
        """Returns the records that some keys, at most 100, have, by their partition key."""
        asked: Any = {self.name: {"Keys": list(keys), "ConsistentRead": True}}
        found: dict[str, Item] = {}
        while asked:
            answer = self.call("BatchGetItem", RequestItems=asked)
            found |= {item["PK"]["S"]: item for item in answer["Responses"].get(self.name, ())}
            asked = answer.get("UnprocessedKeys")
        return found

    def place(self, placements: Sequence[Placement]) -> int:
        """Stores items unless they have a newer version, and returns how many were stored.

        Args:
            placements: Each of another item; those that fit one transaction are stored together or not.

        Raises:
            EngineError: DynamoDB took some of them neither nor refused them as old.
        """
        return sum(self._place(part) for part in parts(placements))

    def _place(self, placements: Sequence[Placement]) -> int:
        left = list(placements)
        for _ in range(ATTEMPTS):
            if not left:
                return 0
            try:
                self.call("TransactWriteItems", TransactItems=[m for p in left for m in self._members(p)])
            except RequestRefusedError as error:
                if not error.condition_failed:
                    raise
                failed = error.reasons[1::2]
                left = [
                    p for p, reason in zip(left, failed, strict=True) if reason != "ConditionalCheckFailed"
                ]
            else:
                return len(left)
        raise EngineError(f"{self.name}: versions kept changing in {ATTEMPTS} attempts. Try again.")

    def _members(self, placement: Placement) -> tuple[dict[str, Any], dict[str, Any]]:
        if placement.item is None:
            change: dict[str, Any] = {"Delete": {"TableName": placement.table, "Key": placement.key}}
        else:
            change = {"Put": {"TableName": placement.table, "Item": placement.item}}
        newer = " OR version < :version" if placement.version else ""
        version = {
            "TableName": self.name,
            "Key": version_key(placement.name),
            "UpdateExpression": "SET version = :version",
            "ConditionExpression": f"attribute_not_exists(version){newer}",
            "ExpressionAttributeValues": {":version": {"N": str(placement.version)}},
        }
        return change, {"Update": version}


def parts(placements: Sequence[Placement]) -> Iterator[list[Placement]]:
    """Cuts placements into those that one transaction can carry."""
    part: list[Placement] = []
    size_bytes = 0
    for placement in placements:
        added_bytes = item_bytes(placement.item) if placement.item else 0
        if part and (len(part) == PAIRS or size_bytes + added_bytes > BYTES):
            yield part
            part, size_bytes = [], 0
        part.append(placement)
        size_bytes += added_bytes
    if part:
        yield part


def epoch_key(change_id: str) -> Item:
    """Returns the key of the record of the epoch that a change checks."""
    return _key(f"{EPOCH}{crc32(change_id.encode()) % EPOCHS}")


def epoch_check(table: str, change_id: str, record: Item) -> dict[str, Any]:
    """Returns the member of a transaction that refuses it in a later epoch than it was made in."""
    check: dict[str, Any] = {
        "TableName": table,
        "Key": epoch_key(change_id),
        "ConditionExpression": "attribute_not_exists(epoch)",
    }
    if record:
        check |= {
            "ConditionExpression": "epoch = :epoch",
            "ExpressionAttributeValues": {":epoch": record["epoch"]},
        }
    return {"ConditionCheck": check}


def version_key(name: str) -> Item:
    """Returns the key of an item's version."""
    return _key(f"{VERSION}{name}")


def mark_key(change_id: str) -> Item:
    """Returns the key of the mark that a change was made."""
    return _key(f"{MARK}{change_id}")


def _key(name: str) -> Item:
    return {"PK": {"S": name}, "SK": {"S": "-"}}
