"""What users ask the order processor to do, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

CENT = Decimal("0.01")
MICROS = 10**6

PENDING, COMPLETED, FAILED = "PENDING", "COMPLETED", "FAILED"
"""Statuses of an order at the market."""


class Side(StrEnum):
    """The sides of an order."""

    BUY = "BUY"
    SELL = "SELL"


@dataclass(frozen=True, slots=True)
class Order:
    """A market order at a price that was quoted.

    Args:
        order_id: Chosen by the client; sent again with the same id, an order is executed once.
        username: Whose order it is.
        side: Bought or sold.
        asset_id: What.
        quantity: How much.
        price: Of one [USD].
        at: When it was asked for.
    """

    order_id: str
    username: str
    side: Side
    asset_id: str
    quantity: Decimal
    price: Decimal
    at: datetime

    @property
    def total_usd(self) -> Decimal:
        """Quantity times price, to the cent [USD]."""
        return (self.quantity * self.price).quantize(CENT)

    @property
    def amount(self) -> Decimal:
        """What it adds to the user's cash [USD]."""
        return self.total_usd if self.side is Side.SELL else -self.total_usd

    @property
    def gained(self) -> Decimal:
        """What it adds to the user's holding of the asset."""
        return self.quantity if self.side is Side.BUY else -self.quantity

    @property
    def entry_id(self) -> str:
        """Name of its movement of cash."""
        return f"order-{self.order_id}"

    def fields(self, status: str = COMPLETED) -> dict[str, Any]:
        """Returns the values of the order's item and of its ledger entry."""
        return {
            "order_id": self.order_id,
            "username": self.username,
            "asset_id": self.asset_id,
            "side": self.side.value,
            "order_type": "MARKET",
            "status": status,
            "quantity": self.quantity,
            "price": self.price,
            "price_micros": int(self.price * MICROS),
            "total_usd": self.total_usd,
            "amount": self.amount,
            "entry_type": self.side.value,
            "entry_id": self.entry_id,
            "created_at": self.at,
            "updated_at": self.at,
        }


@dataclass(frozen=True, slots=True)
class Transfer:
    """Cash that comes or goes.

    Args:
        entry_id: Chosen by the client; with the same id and time it is counted once.
        username: Whose cash.
        amount: Positive where it comes [USD].
        at: When it was asked for; part of the entry's key, so the same in every attempt.
    """

    entry_id: str
    username: str
    amount: Decimal
    at: datetime

    @property
    def kind(self) -> str:
        """`DEPOSIT` or `WITHDRAWAL`."""
        return "DEPOSIT" if self.amount > 0 else "WITHDRAWAL"


class Outcome(StrEnum):
    """What became of an instruction."""

    DONE = "done"
    REFUSED = "refused"
