"""Which actions an API call can have, and how many."""

from __future__ import annotations

from dataclasses import dataclass

WRITES = ("PutItem", "UpdateItem", "DeleteItem")

ALIASES = {
    "Get": "GetItem",
    "Put": "PutItem",
    "PutRequest": "PutItem",
    "Insert": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "DeleteRequest": "DeleteItem",
    "INSERT": "PutItem",
    "UPDATE": "UpdateItem",
    "DELETE": "DeleteItem",
}
"""Other names that requests use for an action, to the name used here."""

STATEMENTS = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")
"""The API calls of PartiQL."""

SELECT = "SELECT"
"""A statement that reads: a Query where the call can have one, else a GetItem."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What an API call can do.

    Args:
        members: Names of the actions that it can have.
        most: The largest number of them.
        conditions: Its writes can have conditions.
        distinct: No two of its actions may be on one item.
    """

    members: tuple[str, ...]
    most: int = 1
    conditions: bool = True
    distinct: bool = False


OPERATIONS = {
    **{name: Operation((name,)) for name in ("GetItem", "Query", "Scan", *WRITES)},
    "BatchGetItem": Operation(("GetItem",), 100),
    "BatchWriteItem": Operation(("PutItem", "DeleteItem"), 25, conditions=False, distinct=True),
    "TransactGetItems": Operation(("GetItem",), 100),
    "TransactWriteItems": Operation((*WRITES, "ConditionCheck"), 100, distinct=True),
    "ExecuteStatement": Operation(("GetItem", "Query", "Scan", *WRITES)),
    "BatchExecuteStatement": Operation(("GetItem", *WRITES), 25),
    "ExecuteTransaction": Operation(("GetItem", *WRITES, "ConditionCheck"), 100, distinct=True),
}
"""API call to what it can do.

Source: dg-constraints, dg-transaction-apis
"""


def action_name(stated: str, operation: str) -> str | None:
    """Returns the name used here for an action of an API call, None where the call cannot have it.

    >>> action_name("Put", "TransactWriteItems"), action_name("SELECT", "BatchExecuteStatement")
    ('PutItem', 'GetItem')
    """
    members = OPERATIONS[operation].members
    name = ALIASES.get(stated, stated)
    if name == SELECT and operation in STATEMENTS:
        name = "Query" if "Query" in members else "GetItem"
    return name if name in members else None
