"""Clients that trade at the same time, resend what they got no answer to, and are audited at the end."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from time import perf_counter
from typing import Any, Protocol

from workbench.orders.attempts import OutcomeUnknownError
from workbench.orders.audit import Breach, Instruction, Told, audit, scan
from workbench.orders.conditional import ORDER_SETS
from workbench.orders.instructions import CENT, Order, Outcome, Side, Transfer
from workbench.orders.table import TABLE, OrderTable, balance_key, holding_key

START = datetime(2045, 3, 1, tzinfo=UTC)
GHOST = "ghost"
"""A user without an account, who has assets and asks for orders and transfers."""

ASSETS = ("BTC", "ETH", "XAU")
FIRST_CASH, FIRST_QUANTITY = Decimal(1000), Decimal(10)
RESENT_SHARE, TOO_MUCH_SHARE, GHOST_SHARE = 0.1, 0.2, 0.08
RESENDS = 50
"""How often a client asks again that gets no answer."""


class Strategy(Protocol):
    """A way to carry out orders."""

    name: str
    table: OrderTable

    def execute(self, order: Order) -> Outcome:
        """Buys or sells."""


class Transfers(Protocol):
    """A way to move cash."""

    def transfer(self, transfer: Transfer) -> Outcome:
        """Counts cash that comes or goes."""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What became of a trial.

    Args:
        strategy: How orders were carried out.
        clients: Clients at the same time.
        outcomes: Instructions by outcome; `unknown` where a client gave up.
        resent: Times that a client asked again.
        retries: Requests repeated inside the service, by reason.
        consumed: Units by table and `table/index`.
        seconds: Time that it took [s].
        breaches: What must not be and was found.
        left_open: Orders that items still name as open or refused, though their clients were answered.
    """

    strategy: str
    clients: int
    outcomes: Counter[str]
    resent: int
    retries: Counter[str]
    consumed: Counter[str]
    seconds: float
    breaches: tuple[Breach, ...]
    left_open: int = 0

    @property
    def instructions(self) -> int:
        """Instructions of all clients."""
        return self.outcomes.total()


@dataclass
class Trial:
    """Clients of one strategy.

    Args:
        strategy: Carries out orders.
        transfers: Moves cash; None for a trial of orders alone.
        client: A boto3 client without faults, for accounts and audit.
        users: Users that all clients act for.
        seed: Chooses what is asked for.
        settle: Called before the audit, when all clients are done.
    """

    strategy: Strategy
    transfers: Transfers | None
    client: Any
    users: int = 4
    seed: int = 1
    settle: Callable[[], None] = lambda: None
    journal: list[Told] = field(default_factory=list)
    resent: int = 0

    def run(self, instructions: int, clients: int) -> TrialResult:
        """Opens accounts, lets clients trade and audits the table.

        Args:
            instructions: What all clients ask for together.
            clients: Clients at the same time.
        """
        self.open_accounts()
        before = scan(self.client)
        started = perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            shares = [len(range(number, instructions, clients)) for number in range(clients)]
            for told in pool.map(self._trade, range(clients), shares):
                self.journal.extend(told)
        seconds = perf_counter() - started
        self.settle()
        after = scan(self.client)
        outcomes = Counter(told.outcome.value if told.outcome else "unknown" for told in self.journal)
        return TrialResult(
            strategy=self.strategy.name,
            clients=clients,
            outcomes=outcomes,
            resent=self.resent,
            retries=self.strategy.table.retries,
            consumed=self.strategy.table.consumed,
            seconds=seconds,
            breaches=tuple(audit(before, after, self.journal)),
            left_open=sum(len(item.get(name, {}).get("SS", ())) for item in after for name in ORDER_SETS),
        )

    def open_accounts(self) -> None:
        """Gives every user cash and assets."""
        names = [f"u{number}" for number in range(self.users)]
        for name in names:
            cash = {"available": {"N": str(FIRST_CASH)}, "reserved": {"N": "0"}}
            self._put(balance_key(name), cash | {"entity_type": {"S": "Balance"}})
        for name, asset in product([*names, GHOST], ASSETS):
            self._put_holding(name, asset)

    def _put_holding(self, username: str, asset: str) -> None:
        fields = {"quantity": {"N": str(FIRST_QUANTITY)}, "asset_id": {"S": asset}}
        self._put(holding_key(username, asset), fields | {"entity_type": {"S": "Holding"}})

    def _put(self, key: dict[str, Any], fields: dict[str, Any]) -> None:
        self.client.put_item(TableName=TABLE, Item=key | fields | {"updated_at": {"S": START.isoformat()}})

    def _trade(self, client: int, instructions: int) -> list[Told]:
        draws = random.Random(f"{self.seed}-{client}")  # noqa: S311  what is asked for is no secret
        told: list[Told] = []
        for number, instruction in enumerate(self._asked(draws, client, instructions)):
            outcome = self._until_answered(instruction)
            if draws.random() < RESENT_SHARE:
                self.resent += 1
                outcome = self._until_answered(_again(instruction, number + 1))
            told.append(Told(instruction, outcome))
        return told

    def _until_answered(self, instruction: Instruction) -> Outcome | None:
        outcome = self._ask(instruction)
        for attempt in range(RESENDS):
            if outcome is not None:
                break
            self.resent += 1
            outcome = self._ask(_again(instruction, attempt))
        return outcome

    def _ask(self, instruction: Instruction) -> Outcome | None:
        try:
            if isinstance(instruction, Order):
                return self.strategy.execute(instruction)
            if self.transfers is None:
                raise TypeError("this trial has orders alone")
            return self.transfers.transfer(instruction)
        except OutcomeUnknownError:
            return None

    def _asked(self, draws: random.Random, client: int, instructions: int) -> Iterator[Instruction]:
        for number in range(instructions):
            at = START + timedelta(seconds=number, microseconds=client)
            name = f"{client}-{number}"
            user = GHOST if draws.random() < GHOST_SHARE else f"u{draws.randrange(self.users)}"
            much = 100 if draws.random() < TOO_MUCH_SHARE else 1
            if self.transfers and draws.random() < 1 / 3:
                amount = Decimal(draws.randint(1, 5000) * much) * CENT * draws.choice((1, -1))
                yield Transfer(f"transfer-{name}", user, amount, at)
            else:
                yield _order(draws, name, user, much, at)


def _order(draws: random.Random, name: str, user: str, much: int, at: datetime) -> Order:
    quantity = Decimal(draws.randint(1, 300) * much) * CENT
    price = Decimal(draws.randint(1000, 3000)) * CENT
    return Order(name, user, draws.choice(tuple(Side)), draws.choice(ASSETS), quantity, price, at)


def _again(instruction: Instruction, attempt: int) -> Instruction:
    """Returns what a client sends that asks again: an order with a new time, a transfer as it was."""
    if isinstance(instruction, Transfer):
        return instruction
    later = instruction.at + timedelta(hours=1, seconds=attempt)
    fields = {name: getattr(instruction, name) for name in Order.__slots__}
    return Order(**{**fields, "at": later})


def summary(results: Sequence[TrialResult]) -> list[dict[str, Any]]:
    """Returns one row a trial, for tables."""
    return [
        {
            "strategy": one.strategy,
            "clients": one.clients,
            "instructions": one.instructions,
            **{name: one.outcomes.get(name, 0) for name in ("done", "refused", "unknown")},
            "resent": one.resent,
            "retries": sum(one.retries.values()),
            "per_second": one.instructions / one.seconds,
            "units_per_instruction": sum(one.consumed.values()) / one.instructions,
            "breaches": len(one.breaches),
        }
        for one in results
    ]
