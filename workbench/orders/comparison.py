"""Orders as transactions beside orders as conditional writes: units, money, races, readers and crashes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbench.access.execution import Units
from workbench.items.codec import Item
from workbench.model.dialects import AWS, DYNAMODB_LOCAL
from workbench.orders.audit import Breach, Told, audit, scan
from workbench.orders.conditional import ConditionalOrders
from workbench.orders.instructions import Order, Outcome, Side
from workbench.orders.table import TABLE, OrderTable, balance_key, holding_key, key_of
from workbench.orders.transactional import TransactionalOrders
from workbench.orders.trial import START, Strategy, Trial, TrialResult
from workbench.orders.watching import (
    READS,
    StoppedError,
    WatchedCall,
    WatchedClient,
    observed_units,
    predicted_units,
)
from workbench.pricing.book import PriceBook
from workbench.pricing.dimensions import Dimension, Service
from workbench.spec.case import Case

STRATEGIES: tuple[Callable[[OrderTable], Strategy], ...] = (TransactionalOrders, ConditionalOrders)
CLIENTS = (1, 2, 4, 8)
MOST_WRITES = 20
ASSET = "BTC"


@dataclass(frozen=True, slots=True)
class OrderUnits:
    """What one order consumes that nobody gets in the way of.

    Args:
        strategy: How it is carried out.
        side: Bought or sold.
        reads: Calls that read.
        writes: Calls that write.
        observed: What DynamoDB Local reports [units].
        predicted_local: The model's for DynamoDB Local [units].
        predicted: The model's for AWS [units].
        read_units: Those of them that are read units.
        usd_per_million: Of a million such orders on demand at AWS's units [USD].
    """

    strategy: str
    side: Side
    reads: int
    writes: int
    observed: Units
    predicted_local: Units
    predicted: Units
    read_units: float
    usd_per_million: Decimal

    @property
    def write_units(self) -> float:
        """Write units on AWS [units]."""
        return sum(self.predicted.values()) - self.read_units


@dataclass(frozen=True, slots=True)
class Seen:
    """What a consistent reader finds between two writes of an order.

    Args:
        strategy: How the order is carried out.
        write: Number of the write that was the last.
        operation: That write.
        breaches: What does not agree just then.
    """

    strategy: str
    write: int
    operation: str
    breaches: tuple[Breach, ...]


@dataclass(frozen=True, slots=True)
class Crash:
    """An order whose client ended between two writes, and was asked for again.

    Args:
        strategy: How the order is carried out.
        writes: Writes that were done.
        left: What does not agree until somebody goes on.
        outcome: What the next client is told that asks with the same id.
        breaches: What does not agree afterwards.
    """

    strategy: str
    writes: int
    left: tuple[Breach, ...]
    outcome: Outcome
    breaches: tuple[Breach, ...]


class Comparison:
    """Both ways on one engine.

    Args:
        case: The order processor.
        client: A boto3 client of an empty database with the case's tables.
    """

    def __init__(self, case: Case, client: Any) -> None:
        self._case, self._client = case, client
        self._numbers = itertools.count()

    def units(self, book: PriceBook, region: str) -> tuple[OrderUnits, ...]:
        """Returns what an order consumes and costs, for each way and side.

        Args:
            book: Prices.
            region: AWS region code.

        Raises:
            InputError: Every price that the region lacks.
        """
        prices = {
            name: book.price(service=Service.DYNAMODB, region=region, dimension=name).usd
            for name in (Dimension.ON_DEMAND_RRU_STANDARD, Dimension.ON_DEMAND_WRU_STANDARD)
        }
        return tuple(
            _units(make, side, self._watched(make, side), prices) for make in STRATEGIES for side in Side
        )

    def contention(
        self, orders: int, clients: Sequence[int] = CLIENTS, users: int = 2, seed: int = 1
    ) -> tuple[TrialResult, ...]:
        """Returns what became of orders of few users, for each way and number of clients at the same time.

        Args:
            orders: Orders of all clients together.
            clients: Numbers of clients.
            users: Users that they all act for; few, so that they meet.
            seed: Chooses what is asked for.
        """
        return tuple(
            self._contended(make, number, orders, users, seed) for make in STRATEGIES for number in clients
        )

    def seen(self) -> tuple[Seen, ...]:
        """Returns what a reader finds after each write of an order to buy."""
        return tuple(one for make in STRATEGIES for one in self._seen(make))

    def crashes(self) -> tuple[Crash, ...]:
        """Returns what a client that ends after each write of an order to buy leaves, and how it goes on."""
        return tuple(one for make in STRATEGIES for one in self._crashes(make))

    def _contended(
        self, make: Callable[[OrderTable], Strategy], clients: int, orders: int, users: int, seed: int
    ) -> TrialResult:
        for item in scan(self._client):
            self._client.delete_item(TableName=TABLE, Key=key_of(item))
        strategy = make(self._table(self._client))
        return Trial(strategy, None, self._client, users=users, seed=seed).run(orders, clients)

    def _table(self, client: Any) -> OrderTable:
        return OrderTable(self._case, _Named(client))

    def _watch(self, **options: Any) -> WatchedClient:
        return WatchedClient(self._case.design, self._client, **options)

    def _new_order(self, side: Side = Side.BUY) -> Order:
        """Returns an order of a user of its own, who has what it needs."""
        name = f"one-{next(self._numbers)}"
        accounts = (
            (balance_key(name), "available", "1000"),
            (holding_key(name, ASSET), "quantity", "10"),
        )
        for key, attribute, value in accounts:
            item = {**key, attribute: {"N": value}, "updated_at": {"S": START.isoformat()}}
            self._client.put_item(TableName=TABLE, Item=item)
        return Order(f"order-{name}", name, side, ASSET, Decimal("2.5"), Decimal("12.34"), START)

    def _watched(self, make: Callable[[OrderTable], Strategy], side: Side) -> list[WatchedCall]:
        order, watched = self._new_order(side), self._watch()
        make(self._table(watched)).execute(order)
        return watched.calls

    def _seen(self, make: Callable[[OrderTable], Strategy]) -> Iterator[Seen]:
        order = self._new_order()
        before, found = scan(self._client), list[tuple[str, tuple[Breach, ...]]]()
        watched = self._watch(
            written=lambda operation: found.append((operation, self._audit(before, Told(order, None))))
        )
        strategy = make(self._table(watched))
        strategy.execute(order)
        for number, (operation, breaches) in enumerate(found, 1):
            yield Seen(strategy.name, number, operation, breaches)

    def _crashes(self, make: Callable[[OrderTable], Strategy]) -> Iterator[Crash]:
        for writes in range(MOST_WRITES):
            order = self._new_order()
            before = scan(self._client)
            try:
                make(self._table(self._watch(writes=writes))).execute(order)
            except StoppedError:
                left = self._audit(before, Told(order, None))
            else:
                return
            strategy = make(self._table(self._client))
            outcome = strategy.execute(order)
            yield Crash(strategy.name, writes, left, outcome, self._audit(before, Told(order, outcome)))

    def _audit(self, before: list[Item], told: Told) -> tuple[Breach, ...]:
        return tuple(audit(before, scan(self._client), [told]))


@dataclass(frozen=True, slots=True)
class _Named:
    """What a table needs of an engine."""

    client: Any


def _units(
    make: Callable[[OrderTable], Strategy],
    side: Side,
    calls: Sequence[WatchedCall],
    prices: Mapping[Dimension, Decimal],
) -> OrderUnits:
    reading = [call for call in calls if call.operation in READS.values()]
    predicted = predicted_units(calls, AWS.name)
    read_units = sum(predicted_units(reading, AWS.name).values())
    written = sum(predicted.values()) - read_units
    return OrderUnits(
        getattr(make, "name", ""),
        side,
        len(reading),
        len(calls) - len(reading),
        observed_units(calls),
        predicted_units(calls, DYNAMODB_LOCAL.name),
        predicted,
        read_units,
        Decimal(read_units) * prices[Dimension.ON_DEMAND_RRU_STANDARD]
        + Decimal(written) * prices[Dimension.ON_DEMAND_WRU_STANDARD],
    )
