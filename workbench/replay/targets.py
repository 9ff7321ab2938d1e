"""The items that a request names: whose images tell what a write did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.access.calls import Request
from workbench.items.codec import Item
from workbench.replay.images import Address, key_of
from workbench.spec.access import AccessPattern
from workbench.spec.design import Design

_MEMBERS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheck",
}


@dataclass(frozen=True, slots=True)
class Target:
    """One item that a request writes or checks.

    Args:
        operation: `PutItem`, `UpdateItem`, `DeleteItem` or `ConditionCheck`.
        entity: The entity that the item is of.
        table: The table that holds it.
        key: Its primary key.
    """

    operation: str
    entity: str
    table: str
    key: Item

    @property
    def address(self) -> Address:
        """Where the item lives."""
        return Address.of(self.table, self.key)


def targets(design: Design, pattern: AccessPattern, request: Request) -> tuple[Target, ...]:
    """Returns what a request writes or checks, in the request's order; nothing for reads."""
    return tuple(_targets(design, pattern, request))


def _targets(design: Design, pattern: AccessPattern, request: Request) -> Iterator[Target]:
    arguments = request.arguments
    if request.operation in {"PutItem", "UpdateItem", "DeleteItem"}:
        yield _target(design, request.operation, pattern.entity, arguments)
    elif request.operation == "BatchWriteItem":
        for table, writes in arguments["RequestItems"].items():
            for write in writes:
                put = {"TableName": table, **write["PutRequest"]}
                yield _target(design, "PutItem", pattern.entity, put)
    elif request.operation == "TransactWriteItems":
        entities = [member.entity for member in getattr(pattern, "members", ())]
        for entity, member in zip(entities, arguments["TransactItems"], strict=True):
            ((kind, inside),) = member.items()
            yield _target(design, _MEMBERS[kind], entity, inside)


def _target(design: Design, operation: str, entity: str, arguments: dict[str, Item]) -> Target:
    table = str(arguments["TableName"])
    key = arguments["Key"] if "Key" in arguments else key_of(design, table, arguments["Item"])
    return Target(operation, entity, table, key)


def compared(pattern: AccessPattern, written: Sequence[Target]) -> tuple[Target, ...]:
    """Returns those targets whose items the pattern's SQL returns: of its entity, checks left out."""
    mine = (t for t in written if t.entity == pattern.entity and t.operation != "ConditionCheck")
    return tuple({target.address: target for target in mine}.values())
