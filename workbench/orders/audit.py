"""What must hold in the order processor's table, judged from its items and from what clients were told.

Shares no code with what carries out orders: it reads items, and knows the journal of the clients.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any

from workbench.items.codec import Item
from workbench.orders.instructions import Order, Outcome, Side, Transfer

Instruction = Order | Transfer


@dataclass(frozen=True, slots=True)
class Told:
    """What a client asked for, and the last that it was told.

    Args:
        instruction: What was asked for.
        outcome: What it was told; None where it never got an answer.
    """

    instruction: Instruction
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that must not be.

    Args:
        invariant: Which rule it breaks.
        detail: Where, and by how much.
    """

    invariant: str
    detail: str


NOT_NEGATIVE = "no cash and no holding below zero"
CASH = "cash is what was there and what the ledger moved"
ASSETS = "holdings are what was there and what completed orders moved"
ONCE = "every order and transfer once"
TRUE = "what clients were told is what the table says"
NOTHING_ELSE = "nothing that nobody asked for"
DIGITS = 300
"""Of sums; numbers of DynamoDB reach from 1E-130 to 9.9E125."""
INVARIANTS = (NOT_NEGATIVE, CASH, ASSETS, ONCE, TRUE, NOTHING_ELSE)
"""All rules, in the words of reports."""


def scan(client: Any, table: str = "OrderProcessor") -> list[Item]:
    """Returns all items of a table as they are now."""
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def audit(before: Iterable[Item], after: Iterable[Item], journal: Sequence[Told]) -> list[Breach]:
    """Returns every breach.

    Args:
        before: The items before the first instruction.
        after: The items after the last.
        journal: Every instruction, with the last that its client was told.
    """
    with localcontext(prec=DIGITS):
        first, last = _Books(before), _Books(after)
        return [
            *_not_negative(last),
            *_cash(first, last),
            *_assets(first, last),
            *_once(first, last),
            *_told(last, journal),
            *_nothing_else(first, last, journal),
        ]


class _Books:
    """The items of a table by what they are."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.cash: dict[str, Decimal] = {}
        self.holdings: dict[tuple[str, str], Decimal] = {}
        self.orders: dict[str, Item] = {}
        self.entries: list[tuple[str, Item]] = []
        for item in items:
            self._take(item, item["PK"]["S"], item["SK"]["S"])

    def _take(self, item: Item, partition: str, sort: str) -> None:
        owner = partition.partition("#")[2]
        if sort == "BALANCE":
            self.cash[owner] = _number(item, "available") + _number(item, "reserved")
        elif sort.startswith("HOLDING#"):
            self.holdings[owner, sort.partition("#")[2]] = _number(item, "quantity")
        elif sort == "ORDER":
            self.orders[owner] = item
        elif sort.startswith("TXN#"):
            self.entries.append((owner, item))

    @cached_property
    def entry_ids(self) -> Counter[str]:
        """How often each movement of cash is in the ledger, those that move nothing left out."""
        return Counter(item["entry_id"]["S"] for _, item in self.entries if _number(item, "amount"))

    def completed(self) -> Iterator[Item]:
        """Yields the orders that were executed."""
        return (item for item in self.orders.values() if item["status"]["S"] == "COMPLETED")


def _number(item: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(item.get(name, {}).get("N", "0"))


def _not_negative(last: _Books) -> Iterator[Breach]:
    for owner, cash in last.cash.items():
        if cash < 0:
            yield Breach(NOT_NEGATIVE, f"{owner} has {cash} USD")
    for (owner, asset), quantity in last.holdings.items():
        if quantity < 0:
            yield Breach(NOT_NEGATIVE, f"{owner} has {quantity} {asset}")


def _cash(first: _Books, last: _Books) -> Iterator[Breach]:
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for owner, item in last.entries:
        moved[owner] += _number(item, "amount")
    for owner, item in first.entries:
        moved[owner] -= _number(item, "amount")
    for owner, cash in last.cash.items():
        expected = first.cash.get(owner, Decimal(0)) + moved[owner]
        if cash != expected:
            yield Breach(CASH, f"{owner} has {cash} USD, the ledger says {expected}")


def _assets(first: _Books, last: _Books) -> Iterator[Breach]:
    expected = defaultdict(Decimal, first.holdings)
    for item in last.completed():
        if item["order_id"]["S"] not in first.orders:
            sign = 1 if item["side"]["S"] == Side.BUY else -1
            expected[item["username"]["S"], item["asset_id"]["S"]] += sign * _number(item, "quantity")
    for place in expected.keys() | last.holdings.keys():
        held = last.holdings.get(place, Decimal(0))
        if held != expected[place]:
            yield Breach(ASSETS, f"{place[0]} has {held} {place[1]}, the orders say {expected[place]}")


def _once(first: _Books, last: _Books) -> Iterator[Breach]:
    for name, times in last.entry_ids.items():
        if times > 1:
            yield Breach(ONCE, f"{name} is in the ledger {times} times")
    for item in last.completed():
        order_id = item["order_id"]["S"]
        if order_id not in first.orders and last.entry_ids[f"order-{order_id}"] == 0:
            yield Breach(ONCE, f"order {order_id} is completed and moved no cash")


def _told(last: _Books, journal: Sequence[Told]) -> Iterator[Breach]:
    for told in journal:
        if told.outcome is None:
            continue
        name, done = _state(last, told.instruction)
        if done != (told.outcome is Outcome.DONE):
            state = "done" if done else "not done"
            yield Breach(TRUE, f"{name} was reported as {told.outcome} and is {state}")


def _state(last: _Books, instruction: Instruction) -> tuple[str, bool]:
    if isinstance(instruction, Order):
        item = last.orders.get(instruction.order_id)
        done = item is not None and item["status"]["S"] == "COMPLETED"
        return f"order {instruction.order_id}", done
    return f"transfer {instruction.entry_id}", last.entry_ids[instruction.entry_id] > 0


def _nothing_else(first: _Books, last: _Books, journal: Sequence[Told]) -> Iterator[Breach]:
    asked = {told.instruction.order_id for told in journal if isinstance(told.instruction, Order)}
    for order_id in last.orders.keys() - first.orders.keys() - asked:
        yield Breach(NOTHING_ELSE, f"order {order_id}")
    for owner in last.cash.keys() - first.cash.keys():
        yield Breach(NOTHING_ELSE, f"cash of {owner}, who has no account")
    for order_id, item in last.orders.items():
        if item["status"]["S"] == "PENDING" and order_id not in first.orders:
            yield Breach(NOTHING_ELSE, f"order {order_id} was left half done")
