"""The conditions of the order processor's transactions, and what goes wrong without each."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.orders.audit import CASH, NOT_NEGATIVE, NOTHING_ELSE, ONCE


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition of a transaction.

    Args:
        pattern: The transaction.
        member: Number of the member that has the condition, from 0.
        invariant: What breaks without it; empty where another condition stands before it.
        without: What happens without it.
    """

    pattern: str
    member: int
    invariant: str
    without: str


TWICE = "an order that is sent again is carried out again"
COUNTED_TWICE = "a transfer that is sent again is counted again"
NO_ACCOUNT = "cash arises for a user without an account"
FIRST_REFUSED = "nothing: an order that is known is refused by its own condition first"

GUARDS = (
    Guard("execute_buy", 0, NOT_NEGATIVE, "users buy with cash that they do not have"),
    Guard("execute_buy", 2, ONCE, TWICE),
    Guard("execute_buy", 3, "", FIRST_REFUSED),
    Guard("execute_sell", 0, NOT_NEGATIVE, "users sell what they do not have"),
    Guard("execute_sell", 1, NOTHING_ELSE, NO_ACCOUNT),
    Guard("execute_sell", 2, ONCE, TWICE),
    Guard("execute_sell", 3, "", FIRST_REFUSED),
    Guard("deposit", 0, CASH, COUNTED_TWICE),
    Guard("deposit", 1, NOTHING_ELSE, NO_ACCOUNT),
    Guard("withdraw", 0, CASH, COUNTED_TWICE),
    Guard("withdraw", 1, NOT_NEGATIVE, "users withdraw cash that they do not have"),
)
"""Every condition of the transactions that move cash."""


@dataclass(frozen=True, slots=True)
class WriteGuard:
    """A condition of the conditional writes.

    Args:
        write: What is written.
        condition: The condition, in words of expressions.
        invariant: What breaks without it; empty where another condition stands before it.
        without: What happens without it.
    """

    write: str
    condition: str
    invariant: str
    without: str


CONDITIONAL_GUARDS = (
    WriteGuard(
        "order",
        "Order: attribute_not_exists(PK)",
        ONCE,
        "an order that is sent again begins anew and is carried out again",
    ),
    WriteGuard(
        "version",
        "Balance, Holding: version and amount = those read",
        CASH,
        "what another order wrote since the read is lost",
    ),
    WriteGuard(
        "status",
        "Order: status = PENDING",
        "",
        "nothing: the item that pays has decided under its version before",
    ),
    WriteGuard(
        "ledger",
        "LedgerEntry: attribute_not_exists(PK)",
        "",
        "nothing: the entry of an order is the same whenever it is written",
    ),
)
"""Every condition of the conditional writes."""
