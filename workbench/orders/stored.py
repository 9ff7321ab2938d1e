"""Orders that the table has: what was asked for under an id, at which price and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from workbench.items.codec import Item
from workbench.orders.instructions import MARKET, Order, Side


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order in the table.

    Args:
        order: What was asked for, at the price and time of the first attempt.
        kind: `MARKET` or `LIMIT`.
        status: What became of it so far.
        item: The whole item.
    """

    order: Order
    kind: str
    status: str
    item: Item

    @classmethod
    def of(cls, item: Item) -> StoredOrder:
        """Returns what an item holds."""
        order = Order(
            item["order_id"]["S"],
            item["username"]["S"],
            Side(item["side"]["S"]),
            item["asset_id"]["S"],
            Decimal(item["quantity"]["N"]),
            Decimal(item["price"]["N"]),
            datetime.fromisoformat(item["created_at"]["S"]),
        )
        return cls(order, item["order_type"]["S"], item["status"]["S"], item)

    def asks_for(self, other: Order) -> bool:
        """Returns whether it is the same instruction, whatever the price was in the meantime."""
        return self.kind == MARKET and _wanted(self.order) == _wanted(other)


def _wanted(order: Order) -> tuple[str, str, Side, str, Decimal]:
    return order.order_id, order.username, order.side, order.asset_id, order.quantity
