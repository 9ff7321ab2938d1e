"""Orders by single conditional writes, as the document's constraints ask: small steps that can be resumed.

An order is put as pending; cash and holding are changed one after the other, each under the version that was
read and with the order's id in a set of open orders; then the ledger is written, the order completed, and its
id taken out of the sets. Between the steps the balance does not agree with the ledger: readers can see that.
Whoever finds a pending order, after a crash or a lost answer, goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from workbench.errors import EngineError
from workbench.items.codec import Item
from workbench.orders.instructions import COMPLETED, FAILED, PENDING, Order, Outcome, Side
from workbench.orders.table import Key, OrderTable, balance_key, holding_key, key_of

VERSION, OPEN_ORDERS = "version", "open_orders"
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
        """Buys or sells, or goes on with an order that was begun.

        Raises:
            OutcomeUnknownError: A step was not answered; asking again with the same id goes on with it.
            RequestRefusedError: DynamoDB refused for another reason than a condition.
        """
        self.table.put_new(self.table.order_item(order, PENDING))
        if self.table.get(balance_key(order.username)) is None:
            self._finish(order, FAILED)
        steps: list[Callable[[], bool]] = [
            lambda: self._move(order, balance_key(order.username), "available", order.amount),
            lambda: self._move(order, holding_key(order.username, order.asset_id), "quantity", order.gained),
        ]
        if order.side is Side.SELL:
            steps.reverse()
        for step in steps:
            if not step():
                return self._ended(order)
        self.table.put_new(self.table.entry_item(order))
        self._finish(order, COMPLETED)
        return self._ended(order)

    def _ended(self, order: Order) -> Outcome:
        """Returns what became of an order, after its id was taken out of the sets of open orders."""
        for key in (balance_key(order.username), holding_key(order.username, order.asset_id)):
            self._release(order, key)
        return Outcome.DONE if self._status(order) == COMPLETED else Outcome.REFUSED

    def _status(self, order: Order) -> str:
        found = self.table.get(key_of(self.table.order_item(order, PENDING)))
        return FAILED if found is None else str(found["status"]["S"])

    def _move(self, order: Order, key: Key, attribute: str, amount: Decimal) -> bool:
        """Returns whether the amount was added, now or before; False where the order is over or refused."""
        return self._race(lambda: self._moved(order, key, attribute, amount))

    def _moved(self, order: Order, key: Key, attribute: str, amount: Decimal) -> bool:
        item = self.table.get(key) or {}
        if order.order_id in item.get(OPEN_ORDERS, {}).get("SS", ()):
            return True
        if self._status(order) != PENDING:
            return False
        held = Decimal(item.get(attribute, {}).get("N", "0"))
        if held + amount < 0:
            self._finish(order, FAILED)
            return False
        self._change(order, key, item, {attribute: held + amount})
        return True

    def _change(self, order: Order, key: Key, item: Item, changed: dict[str, Decimal]) -> None:
        (attribute, value), *_ = changed.items()
        sets = {attribute: {"N": str(value)}, "updated_at": self._time(order)}
        if not item:
            sets |= {"asset_id": {"S": order.asset_id}, "entity_type": {"S": "Holding"}}
        self._versioned(order, key, item, "ADD", sets)

    def _release(self, order: Order, key: Key) -> None:
        self._race(lambda: self._released(order, key))

    def _released(self, order: Order, key: Key) -> bool:
        item = self.table.get(key) or {}
        if order.order_id in item.get(OPEN_ORDERS, {}).get("SS", ()):
            self._versioned(order, key, item, "DELETE", {})
        return True

    def _versioned(self, order: Order, key: Key, item: Item, clause: str, sets: dict[str, Any]) -> None:
        """Sets attributes and adds the order to the open ones or takes it out, under the version read."""
        version = item.get(VERSION, {}).get("N")
        sets = {**sets, VERSION: {"N": str(int(version or 0) + 1)}}
        values = {f":s{n}": value for n, value in enumerate(sets.values())}
        written = ", ".join(f"#s{n} = :s{n}" for n in range(len(sets)))
        arguments = {
            "UpdateExpression": f"SET {written} {clause} {OPEN_ORDERS} :o",
            "ConditionExpression": f"{VERSION} = :v" if version else f"attribute_not_exists({VERSION})",
            "ExpressionAttributeNames": {f"#s{n}": name for n, name in enumerate(sets)},
            "ExpressionAttributeValues": {
                **values,
                ":o": {"SS": [order.order_id]},
                **({":v": {"N": version}} if version else {}),
            },
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
            raise EngineError(
                f"A step lost {RACES} races. Ask again with the same id when there is less traffic."
            )

        retrying = Retrying(
            retry=retry_if_result(lambda found: found is None),
            wait=wait_random_exponential(multiplier=0.005, max=0.2),
            stop=stop_after_attempt(RACES),
            retry_error_callback=give_up,
        )
        return bool(retrying(attempt))
