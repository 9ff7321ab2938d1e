"""What users ask the order processor to do, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_UP, Context, Decimal
from enum import StrEnum
from typing import Any

from workbench.errors import EngineError, InputError, Problem

CENT = Decimal("0.01")
MICROS = 10**6

EXACT = Context(prec=300)
"""Keeps every digit of a sum or product: a number of DynamoDB has 38, between 1E-130 and 9.9E125."""

PENDING, COMPLETED, FAILED = "PENDING", "COMPLETED", "FAILED"
"""Statuses of an order at the market."""

VOID = "VOID"
"""Type of a ledger entry that moves nothing: its transfer was refused."""

MARKET = "MARKET"
"""Type of an order that is carried out at once, at the last price."""


def value_usd(quantity: Decimal, price: Decimal, rounding: str) -> Decimal:
    """Returns quantity times price, rounded once and to the cent [USD]."""
    return EXACT.multiply(quantity, price).quantize(CENT, rounding, EXACT)


class IdTakenError(EngineError):
    """Another order or transfer has this id: nothing was done, and this one never will be under it."""


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

    Raises:
        InputError: Quantity or price are not above zero: who buys less than nothing would be paid for it.
    """

    order_id: str
    username: str
    side: Side
    asset_id: str
    quantity: Decimal
    price: Decimal
    at: datetime

    def __post_init__(self) -> None:
        numbers = (("quantity", self.quantity), ("price", self.price))
        _refuse(
            self.order_id,
            "a number above zero",
            [one for one in numbers if not one[1].is_finite() or one[1] <= 0],
        )

    @property
    def total_usd(self) -> Decimal:
        """Quantity times price to the cent, never to the user's favour: nothing is bought for 0.00 [USD]."""
        rounding = ROUND_UP if self.side is Side.BUY else ROUND_DOWN
        return value_usd(self.quantity, self.price, rounding)

    @property
    def amount(self) -> Decimal:
        """What it adds to the user's cash [USD]."""
        return self.total_usd if self.side is Side.SELL else self.total_usd.copy_negate()

    @property
    def gained(self) -> Decimal:
        """What it adds to the user's holding of the asset."""
        return self.quantity if self.side is Side.BUY else self.quantity.copy_negate()

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
            "order_type": MARKET,
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

    Raises:
        InputError: The amount is zero or no number.
    """

    entry_id: str
    username: str
    amount: Decimal
    at: datetime

    def __post_init__(self) -> None:
        wrong = not self.amount.is_finite() or not self.amount
        _refuse(self.entry_id, "a number that is not zero", [("amount", self.amount)] if wrong else [])

    @property
    def kind(self) -> str:
        """`DEPOSIT` or `WITHDRAWAL`."""
        return "DEPOSIT" if self.amount > 0 else "WITHDRAWAL"


class Outcome(StrEnum):
    """What became of an instruction."""

    DONE = "done"
    REFUSED = "refused"


def _refuse(name: str, allowed: str, wrong: Iterable[tuple[str, Decimal]]) -> None:
    problems = [
        Problem(name, 0, field, f"cannot be carried out; got {number}, allowed {allowed}", "Correct it.")
        for field, number in wrong
    ]
    if problems:
        raise InputError(problems)
