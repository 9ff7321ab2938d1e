"""The table of the order processor: its patterns, and single items read and written under a condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import Any

from workbench.access.calls import Request
from workbench.access.execution import RequestRefusedError, Sender, consumed_entries, units_by_place
from workbench.access.repository import Repository
from workbench.items.codec import Item
from workbench.items.maker import ItemMaker
from workbench.orders.attempts import Attempts
from workbench.orders.instructions import VOID, IdTakenError, Order, Transfer
from workbench.orders.stored import StoredOrder
from workbench.spec.case import Case

TABLE = "OrderProcessor"
NEW = "attribute_not_exists(PK)"
USER = "USER#{}"

Key = dict[str, Any]


class OrderTable:
    """Sends requests, and counts what they consume and why they are repeated.

    Args:
        case: The order processor.
        engine: An open DynamoDB engine, or anything with a boto3 `client`.
    """

    def __init__(self, case: Case, engine: Any) -> None:
        self._patterns = Repository(case.design, engine).patterns
        self._sender = Sender(engine.client)
        self._makers = {name: ItemMaker(case.design, name) for name in ("Order", "LedgerEntry")}
        self._lock = Lock()
        self.consumed: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()

    def attempts(self) -> Attempts:
        """Returns the attempts at one instruction."""
        return Attempts(self._retried)

    def pattern(self, attempts: Attempts, name: str, fields: Mapping[str, Any]) -> tuple[Item, ...]:
        """Returns the items of a pattern, called with those fields that it knows."""
        bound = self._patterns[name]
        known = {key: value for key, value in fields.items() if key in bound.maker.allowed}
        result = attempts.run(lambda: bound(**known))
        self.spent(result.consumed)
        return result.items

    def get(self, key: Key) -> Item | None:
        """Returns an item as it is now, None where there is none."""
        arguments = {"TableName": TABLE, "Key": key, "ConsistentRead": True}
        found: Item | None = self._call("GetItem", arguments).get("Item")
        return found

    def put_new(self, item: Item) -> bool:
        """Writes an item unless there is one under its key, and returns whether there was none."""
        return self._written("PutItem", {"TableName": TABLE, "Item": item, "ConditionExpression": NEW})

    def update(self, key: Key, **arguments: Any) -> bool:
        """Changes an item, as boto3's `update_item` takes it, and returns whether its condition held."""
        return self._written("UpdateItem", {"TableName": TABLE, "Key": key, **arguments})

    def order_item(self, order: Order, status: str) -> Item:
        """Returns the item of an order; at the market it waits in no order book."""
        item = self._makers["Order"].item(order.fields(status))
        return {name: value for name, value in item.items() if name not in {"BOOK", "BOOK_PRICE"}}

    def stored_order(self, order_id: str) -> StoredOrder | None:
        """Returns the order under an id as it is now, None where there is none."""
        found = self.get(order_key(order_id))
        return StoredOrder.of(found) if found else None

    def kept_order(self, order: Order) -> StoredOrder | None:
        """Returns an order as it was when its id was first seen, None where it never was.

        Raises:
            IdTakenError: It is the id of another order.
        """
        stored = self.stored_order(order.order_id)
        if stored and not stored.asks_for(order):
            raise IdTakenError(f"{order.order_id} is the id of another order. Choose a new one.")
        return stored

    def entry_item(self, order: Order) -> Item:
        """Returns the ledger entry of an order."""
        return self._makers["LedgerEntry"].item(order.fields())

    def void_entry(self, transfer: Transfer) -> Item:
        """Returns a ledger entry that moves nothing and keeps a transfer's place taken."""
        fields = {
            "entry_id": transfer.entry_id,
            "username": transfer.username,
            "entry_type": VOID,
            "amount": 0,
            "created_at": transfer.at,
        }
        return self._makers["LedgerEntry"].item(fields)

    def _written(self, operation: str, arguments: dict[str, Any]) -> bool:
        try:
            self._call(operation, arguments)
        except RequestRefusedError as error:
            if not error.condition_failed:
                raise
            return False
        return True

    def _call(self, operation: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
        request = Request(operation, {**arguments, "ReturnConsumedCapacity": "INDEXES"})
        response = self.attempts().run(lambda: self._sender.call(request)).response
        self.spent(units_by_place(consumed_entries(response)))
        return response

    def spent(self, units: Mapping[str, float]) -> None:
        """Counts units by table and `table/index`."""
        with self._lock:
            for place, each in units.items():
                self.consumed[place] += each  # type: ignore[assignment]  # units come in halves

    def _retried(self, why: str) -> None:
        with self._lock:
            self.retries[why] += 1


def key_of(item: Item) -> Key:
    """Returns the primary key of an item."""
    return {name: item[name] for name in ("PK", "SK")}


def balance_key(username: str) -> Key:
    """Returns the key of a user's cash."""
    return {"PK": {"S": USER.format(username)}, "SK": {"S": "BALANCE"}}


def holding_key(username: str, asset_id: str) -> Key:
    """Returns the key of what a user has of an asset."""
    return {"PK": {"S": USER.format(username)}, "SK": {"S": f"HOLDING#{asset_id}"}}


def order_key(order_id: str) -> Key:
    """Returns the key of an order."""
    return {"PK": {"S": f"ORDER#{order_id}"}, "SK": {"S": "ORDER"}}
