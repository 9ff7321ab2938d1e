"""What the redesign of the order entity changes: units of questions, a retried order, the monthly bill."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from workbench.access.execution import RequestRefusedError
from workbench.access.repository import Repository
from workbench.access.tables import apply_schema
from workbench.engines import DynamoEngine
from workbench.items.codec import Item
from workbench.items.maker import ItemMaker
from workbench.model.caching import zipf_shares
from workbench.model.storage import storage_bytes
from workbench.orders.former import QUESTIONS, TABLE, OrderDesign, order_designs
from workbench.orders.watching import WatchedClient, observed_units, predicted_units
from workbench.pricing.bill import STANDARD, Bill
from workbench.pricing.book import PriceBook
from workbench.pricing.dynamodb import TableLoad, dynamodb_bill
from workbench.replay.units import table_shapes
from workbench.spec.case import Case

END = datetime(2045, 1, 16, tzinfo=UTC)
YEAR_DAYS, ASSETS, SKEW, BATCH = 365, 40, 1.0, 25
DAYS_PER_MONTH = float(STANDARD.hours_per_month) / 24
READS = frozenset({"find", "asset", "history", "open"})


@dataclass(frozen=True, slots=True)
class QuestionUnits:
    """What one question consumes in one design.

    Args:
        question: Key of `QUESTIONS`.
        observed: By table and `table/index`, mean of the samples [units].
        predicted: The model's for AWS, likewise.
        calls: Calls that it takes, mean of the samples.
    """

    question: str
    observed: Mapping[str, float]
    predicted: Mapping[str, float]
    calls: float

    @property
    def units(self) -> float:
        """All units observed [units]."""
        return sum(self.observed.values())


@dataclass(frozen=True)
class DesignTrial:
    """One way to store orders, tried.

    Args:
        name: Its name.
        states: Its keys, and what is assumed.
        questions: One entry a question.
        orders_after_retry: Orders with one id after it was sent again with a new time.
        bytes_per_order: Billed bytes of an order by table and index [bytes].
        bill: Of orders alone [USD per month].
    """

    name: str
    states: str
    questions: tuple[QuestionUnits, ...]
    orders_after_retry: int
    bytes_per_order: Mapping[str, float]
    bill: Bill

    def question(self, name: str) -> QuestionUnits:
        """Returns what a question consumes."""
        return next(one for one in self.questions if one.question == name)


@dataclass(frozen=True, slots=True)
class RedesignTrial:
    """The same orders and questions in each design.

    Args:
        case: The order processor.
        users: Users, each with a year of orders.
        orders: Orders of each user.
        samples: Times that each question is asked.
        dau: Daily active users of the bill.
        seed: Chooses assets, prices and what is asked for.
    """

    case: Case
    users: int = 1
    orders: int = 730
    samples: int = 2
    dau: int = 10_000
    seed: int = 1

    def run(self, engine: DynamoEngine, book: PriceBook, region: str) -> tuple[DesignTrial, ...]:
        """Stores and asks in each design, in a database of its own on DynamoDB Local.

        Args:
            engine: An open DynamoDB Local.
            book: Prices.
            region: AWS region code.

        Raises:
            InputError: Every price that the region lacks.
        """
        rows = order_rows(self.users, self.orders, self.seed)
        return tuple(
            self._tried(one, number, engine, rows, (book, region))
            for number, one in enumerate(order_designs(self.case))
        )

    def _tried(
        self,
        one: OrderDesign,
        number: int,
        engine: DynamoEngine,
        rows: Sequence[dict[str, Any]],
        prices: tuple[PriceBook, str],
    ) -> DesignTrial:
        client = engine.connect(f"redesign{number}s{self.seed}")
        try:
            apply_schema(one.design, replace(engine, client=client))
            items = _stored(one, client, rows)
            asked = tuple(self._asked(one, client, name, rows) for name in QUESTIONS)
            sizes = self._sizes(one, items)
            bill = self._bill(asked, sizes, *prices)
            return DesignTrial(one.name, one.states, asked, _retried(one, client, rows), sizes, bill)
        finally:
            client.close()

    def _asked(
        self, one: OrderDesign, client: Any, name: str, rows: Sequence[dict[str, Any]]
    ) -> QuestionUnits:
        draws = random.Random(f"{self.seed}-{name}")  # noqa: S311  what is asked for is no secret
        watched = WatchedClient(one.design, client)
        patterns = Repository(one.design, _Named(watched)).patterns
        for number in range(self.samples):
            parameters = self._parameters(draws, name, number, rows)
            if name == "change":
                _put(one, client, parameters)
            for step in one.steps[name]:
                bound = patterns[step]
                bound(**{key: value for key, value in parameters.items() if key in bound.maker.allowed})
        return QuestionUnits(
            name,
            _mean(observed_units(watched.calls), self.samples),
            _mean(predicted_units(watched.calls, "aws"), self.samples),
            len(watched.calls) / self.samples,
        )

    @staticmethod
    def _parameters(
        draws: random.Random, name: str, number: int, rows: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        row = {**draws.choice(rows), "since": END - timedelta(days=30), "now": END}
        if name in READS:
            return row
        status = "COMPLETED" if name == "place" else "PENDING"
        kind = "MARKET" if name == "place" else "LIMIT"
        return {**row, "order_id": f"{name}-{number:030d}", "status": status, "order_type": kind}

    def _sizes(self, one: OrderDesign, items: Sequence[Item]) -> dict[str, float]:
        shape = table_shapes(one.design)[TABLE]
        return {name: total / len(items) for name, total in storage_bytes(shape, items).items()}

    def _bill(
        self, asked: Sequence[QuestionUnits], sizes: Mapping[str, float], book: PriceBook, region: str
    ) -> Bill:
        reads: defaultdict[str, float] = defaultdict(float)
        writes: defaultdict[str, float] = defaultdict(float)
        for one in asked:
            for place, each in one.observed.items():
                name = place.partition("/")[2] or TABLE
                (reads if one.question in READS else writes)[name] += each * self._per_month(one.question)
        stored = self.case.workload.items_per_dau("Order", 0) * self.dau
        loads = [
            TableLoad(
                TABLE,
                None if place == TABLE else place,
                read_units=Decimal(reads[place]),
                write_units=Decimal(writes[place]),
                stored_bytes=Decimal(stored * each),
            )
            for place, each in sizes.items()
        ]
        return dynamodb_bill(loads, book, region, dau=self.dau)

    def _per_month(self, question: str) -> float:
        _, patterns = QUESTIONS[question]
        rate = sum(self.case.workload.requests_per_dau_day(name) for name in patterns)
        return rate * self.dau * DAYS_PER_MONTH


@dataclass(frozen=True, slots=True)
class _Named:
    """What a repository needs of an engine."""

    client: Any


def order_rows(users: int, orders: int, seed: int) -> list[dict[str, Any]]:
    """Returns a year of orders of some users, evenly spread, their assets by Zipf's law.

    Source: zipf-law
    """
    draws = random.Random(seed)  # noqa: S311  data of a trial
    names = [f"A{number:02d}" for number in range(ASSETS)]
    assets = draws.choices(names, zipf_shares(ASSETS, SKEW).tolist(), k=users * orders)
    return [_row(draws, number, number % users, asset) for number, asset in enumerate(assets)]


def _row(draws: random.Random, number: int, user: int, asset: str) -> dict[str, Any]:
    price, quantity = Decimal(draws.randint(100, 50_000)) / 100, Decimal(draws.randint(1, 2000)) / 100
    at = END - timedelta(days=YEAR_DAYS) * draws.random()
    return {
        "order_id": f"7d{number:06d}-0b1e-4c55-9a10-{number:012d}",
        "username": f"trader{user:05d}",
        "user_id": f"trader{user:05d}",
        "asset_id": asset,
        "side": draws.choice(("BUY", "SELL")),
        "order_type": "MARKET",
        "status": "COMPLETED",
        "quantity": quantity,
        "price": price,
        "price_micros": int(price * 10**6),
        "total_usd": (price * quantity).quantize(Decimal("0.01")),
        "created_at": at,
        "updated_at": at,
    }


def _item(one: OrderDesign, row: Mapping[str, Any]) -> Item:
    return ItemMaker(one.design, "Order").item(row)


def _put(one: OrderDesign, client: Any, row: Mapping[str, Any]) -> None:
    client.put_item(TableName=TABLE, Item=_item(one, row))


def _stored(one: OrderDesign, client: Any, rows: Sequence[Mapping[str, Any]]) -> list[Item]:
    maker = ItemMaker(one.design, "Order")
    items = [maker.item(row) for row in rows]
    for start in range(0, len(items), BATCH):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
        client.batch_write_item(RequestItems={TABLE: puts})
    return items


def _retried(one: OrderDesign, client: Any, rows: Sequence[Mapping[str, Any]]) -> int:
    """Returns how many orders have one id after it was sent twice, the second time with a new time."""
    bound = Repository(one.design, _Named(client)).patterns["place"]
    for hours in (0, 1):
        row = {**rows[0], "order_id": "sent-twice", "created_at": END + timedelta(hours=hours)}
        try:
            bound(**{key: value for key, value in row.items() if key in bound.maker.allowed})
        except RequestRefusedError as error:
            if not error.condition_failed:
                raise
    found = client.query(
        TableName=TABLE,
        KeyConditionExpression="PK = :p",
        ExpressionAttributeValues={":p": {"S": "ORDER#sent-twice"}},
    )
    return int(found["Count"])


def _mean(units: Mapping[str, float], samples: int) -> dict[str, float]:
    return {place: total / samples for place, total in units.items()}
