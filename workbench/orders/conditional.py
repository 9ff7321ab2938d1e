"""Orders by single conditional writes, as the document's constraints ask: small steps that can be resumed.

An order is put as pending; cash and holding are changed one after the other, each under the version and the
amount that were read, with the order's id in a set of open orders; then the order is completed, the ledger
written, and the id taken out of the sets. Between the steps the balance does not agree with the ledger:
readers can see that. Whoever finds an order that was begun, after a crash or a lost answer, goes on with it.

The item that pays decides: under one version the id goes either into its open orders, with the amount, or
into its refused ones. So of two that go on with one order at once, neither can fail what the other pays.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from workbench.items.codec import Item, number_text
from workbench.orders.attempts import OutcomeUnknownError
from workbench.orders.instructions import COMPLETED, EXACT, FAILED, PENDING, Order, Outcome, Side
from workbench.orders.table import Key, OrderTable, balance_key, holding_key, key_of

VERSION, OPEN_ORDERS, REFUSED_ORDERS = "version", "open_orders", "refused_orders"
ORDER_SETS = (OPEN_ORDERS, REFUSED_ORDERS)
"""Sets of an item that name orders which are being carried out."""

RACES = 60
"""Attempts at a step that another order's write comes before."""


class _Raced(Exception):  # noqa: N818 - no error: another order was faster
    """The item changed between read and write."""


class ConditionalOrders:
    """Carries out orders, each write under a condition of its own item.

    Args:
        table: The table of the order processor.
    """

    name = "conditional writes"

    def __init__(self, table: OrderTable) -> None:
        self.table = table

    def execute(self, order: Order) -> Outcome:
        """Buys or sells, or goes on with an order that was begun, at the price of then.

        Raises:
            OutcomeUnknownError: A step was not answered; asking again with the same id goes on with it.
            IdTakenError: Another order has the id.
            RequestRefusedError: DynamoDB refused for another reason than a condition.
        """
        order = self._begun(order)
        steps: list[Callable[[], bool]] = [
            lambda: self._move(order, balance_key(order.username), "available", order.amount),
            lambda: self._move(order, holding_key(order.username, order.asset_id), "quantity", order.gained),
        ]
        if order.side is Side.SELL:
            steps.reverse()
        if all(step() for step in steps):
            self._finish(order, COMPLETED)
        return self._ended(order)

    def _begun(self, order: Order) -> Order:
        """Puts an order and returns it, or as it was put before; nobody without an account can begin one."""
        account = self.table.get(balance_key(order.username))
        if self.table.put_new(self.table.order_item(order, PENDING if account else FAILED)):
            return order
        kept = self.table.kept_order(order)
        return kept.order if kept else order

    def _ended(self, order: Order) -> Outcome:
        """Returns what became of an order, after what follows from that."""
        done = self._status(order) == COMPLETED
        if done:
            self.table.put_new(self.table.entry_item(order))
        for key in (balance_key(order.username), holding_key(order.username, order.asset_id)):
            self._race(partial(self._released, order, key))
        return Outcome.DONE if done else Outcome.REFUSED

    def _status(self, order: Order) -> str:
        stored = self.table.stored_order(order.order_id)
        return stored.status if stored else FAILED

    def _move(self, order: Order, key: Key, attribute: str, amount: Decimal) -> bool:
        """Returns whether the amount was added, now or before; False where the order is over or refused."""
        return self._race(lambda: self._moved(order, key, attribute, amount))

    def _moved(self, order: Order, key: Key, attribute: str, amount: Decimal) -> bool:
        item = self.table.get(key) or {}
        if order.order_id in _ids(item, OPEN_ORDERS):
            return True
        if self._status(order) != PENDING:
            return False
        held = Decimal(item.get(attribute, {}).get("N", "0"))
        refused = order.order_id in _ids(item, REFUSED_ORDERS)
        if not refused:
            after = EXACT.add(held, amount)
            refused = after < 0
            after = held if refused else after
            self._change(order, key, item, (attribute, after), REFUSED_ORDERS if refused else OPEN_ORDERS)
        if refused:
            self._finish(order, FAILED)
        return not refused

    def _change(self, order: Order, key: Key, item: Item, changed: tuple[str, Decimal], ids: str) -> None:
        """Sets an amount that is still what was read, and adds the order to a set."""
        attribute, value = changed
        sets = {attribute: {"N": number_text(value)}, "updated_at": self._time(order)}
        if not item:
            sets |= {"asset_id": {"S": order.asset_id}, "entity_type": {"S": "Holding"}}
        self._versioned(order, key, item, f"ADD {ids}", sets)

    def _released(self, order: Order, key: Key) -> bool:
        """Takes an order out of the set that it is in."""
        item = self.table.get(key) or {}
        for ids in ORDER_SETS:
            if order.order_id in _ids(item, ids):
                self._versioned(order, key, item, f"DELETE {ids}", {})
        return True

    def _versioned(self, order: Order, key: Key, item: Item, clause: str, sets: dict[str, Any]) -> None:
        """Sets attributes and changes a set, where version and first attribute are still as read."""
        version = int(item.get(VERSION, {}).get("N", 0))
        sets = {**sets, VERSION: {"N": str(version + 1)}}
        names = {f"#s{n}": name for n, name in enumerate(sets)}
        values = {f":s{n}": value for n, value in enumerate(sets.values())}
        conditions = []
        for n, name in enumerate(sets):
            if n and name != VERSION:
                continue
            if name in item:
                values[f":r{n}"] = item[name]
                conditions.append(f"#s{n} = :r{n}")
            else:
                conditions.append(f"attribute_not_exists(#s{n})")
        written = ", ".join(f"#s{n} = :s{n}" for n in range(len(sets)))
        arguments = {
            "UpdateExpression": f"SET {written} {clause} :o",
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {**values, ":o": {"SS": [order.order_id]}},
        }
        if not self.table.update(key, **arguments):
            raise _Raced

    def _finish(self, order: Order, status: str) -> None:
        item = self.table.order_item(order, status)
        arguments = {
            "UpdateExpression": "SET #s = :s, updated_at = :t",
            "ConditionExpression": "#s = :p",
            "ExpressionAttributeNames": {"#s": "status"},
            "ExpressionAttributeValues": {":s": {"S": status}, ":p": {"S": PENDING}, ":t": self._time(order)},
        }
        self.table.update(key_of(item), **arguments)

    def _time(self, order: Order) -> Any:
        return self.table.order_item(order, PENDING)["updated_at"]

    def _race(self, step: Callable[[], bool]) -> bool:
        def attempt() -> bool | None:
            try:
                return step()
            except _Raced:
                self.table.retries["version changed"] += 1
                return None

        def give_up(_: object) -> bool:
            raise OutcomeUnknownError(
                f"A step lost {RACES} races. Ask again with the same id when there is less traffic."
            )

        retrying = Retrying(
            retry=retry_if_result(lambda found: found is None),
            wait=wait_random_exponential(multiplier=0.005, max=0.2),
            stop=stop_after_attempt(RACES),
            retry_error_callback=give_up,
        )
        return bool(retrying(attempt))


def _ids(item: Item, name: str) -> Any:
    """Returns the orders of a set of an item."""
    return item.get(name, {}).get("SS", ())
