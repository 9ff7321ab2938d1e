"""Sends the requests of a pattern: pages are followed, what a batch leaves over is sent again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt, wait_random_exponential
from tenacity.wait import wait_base

from workbench.access.calls import Request
from workbench.engines.direct import caller
from workbench.errors import EngineError
from workbench.items.codec import Item

ATTEMPTS = 8
BACKOFF = wait_random_exponential(multiplier=0.05, max=5)

Units = dict[str, float]
"""Capacity units by place: the table's name, or `table/index`."""


class RequestRefusedError(EngineError):
    """DynamoDB answered a request with an error.

    Args:
        code: The error's code, such as `ConditionalCheckFailedException`.
        message: What DynamoDB says.
        reasons: The code for each member of a cancelled transaction, in order.
    """

    def __init__(self, code: str, message: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(f"DynamoDB refused the request with {code}: {message}")
        self.code = code
        self.reasons = reasons

    @property
    def condition_failed(self) -> bool:
        """Whether the request was refused because a condition did not hold."""
        return self.code == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in self.reasons


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer."""

    request: Request
    response: Mapping[str, Any]


def consumed_entries(response: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the consumed capacity of an answer, one entry a table."""
    consumed = response.get("ConsumedCapacity") or []
    return consumed if isinstance(consumed, list) else [consumed]


def units_by_place(entries: Sequence[Mapping[str, Any]]) -> Units:
    """Returns consumed capacity [units] summed over tables and indexes."""
    units: Counter[str] = Counter()
    for entry in entries:
        table = entry["TableName"]
        if "Table" in entry:
            units[table] += entry["Table"]["CapacityUnits"]
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            for index, part in (entry.get(kind) or {}).items():
                units[f"{table}/{index}"] += part["CapacityUnits"]
    return dict(units)


@dataclass(frozen=True, slots=True)
class Result:
    """What a pattern answered.

    Args:
        items: Items in DynamoDB JSON, in the order DynamoDB gave them.
        count: Items found, also where only the count was asked for.
        exchanges: Every call and its answer, in order.
    """

    items: tuple[Item, ...]
    count: int
    exchanges: tuple[Exchange, ...]

    @property
    def consumed(self) -> Units:
        """Consumed capacity [units] by table and `table/index`."""
        return units_by_place([entry for e in self.exchanges for entry in consumed_entries(e.response)])

    @property
    def requests(self) -> int:
        """Calls sent, those that a batch had to repeat included."""
        return len(self.exchanges)

    @property
    def pages(self) -> int:
        """Pages read by a Query or Scan; 0 for other operations."""
        return sum(e.request.operation in {"Query", "Scan"} for e in self.exchanges)


class Sender:
    """Sends requests to one engine.

    Args:
        client: A boto3 client of DynamoDB.
        backoff: How long a batch waits before what is left over is sent again.
        direct: Whether calls may go past boto3; binary values of answers are base64 text then.
    """

    def __init__(self, client: Any, backoff: wait_base = BACKOFF, *, direct: bool = False) -> None:
        self._client = client
        self._backoff = backoff
        self._direct = caller(client) if direct else None

    def send(self, requests: Sequence[Request], limit: int | None = None) -> tuple[Exchange, ...]:
        """Returns every exchange that the requests needed.

        Args:
            requests: What to send, in order.
            limit: Items of a Query or Scan after which no page is asked for.

        Raises:
            RequestRefusedError: DynamoDB answered with an error.
            EngineError: A batch was not finished after all attempts.
        """
        return tuple(exchange for request in requests for exchange in self._send(request, limit))

    def _send(self, request: Request, limit: int | None) -> Iterator[Exchange]:
        if request.operation in {"Query", "Scan"}:
            return self._pages(request, limit)
        if request.operation in {"BatchGetItem", "BatchWriteItem"}:
            return self._batches(request)
        return iter((self.call(request),))

    def call(self, request: Request) -> Exchange:
        """Returns the answer to one call.

        Raises:
            RequestRefusedError: DynamoDB answered with an error.
        """
        try:
            return Exchange(request, self._answer(request))
        except self._client.exceptions.ClientError as error:
            answer = error.response
            reasons = tuple(reason.get("Code", "") for reason in answer.get("CancellationReasons", ()))
            raise RequestRefusedError(answer["Error"]["Code"], answer["Error"]["Message"], reasons) from error

    def _answer(self, request: Request) -> Mapping[str, Any]:
        if self._direct:
            return self._direct(request.operation, request.arguments)
        answer: Mapping[str, Any] = getattr(self._client, request.method)(**request.arguments)
        return answer

    def _pages(self, request: Request, limit: int | None) -> Iterator[Exchange]:
        found = 0
        while True:
            exchange = self.call(request)
            yield exchange
            found += exchange.response["Count"]
            last = exchange.response.get("LastEvaluatedKey")
            if not last or (limit is not None and found >= limit):
                return
            request = replace(request, arguments={**request.arguments, "ExclusiveStartKey": last})

    def _batches(self, request: Request) -> Iterator[Exchange]:
        exchanges: list[Exchange] = []

        def attempt() -> bool:
            left = _left_over(exchanges[-1]) if exchanges else None
            arguments = {**request.arguments, "RequestItems": left} if left else request.arguments
            exchanges.append(self.call(Request(request.operation, arguments)))
            return bool(_left_over(exchanges[-1]))

        retrying = Retrying(
            wait=self._backoff, stop=stop_after_attempt(ATTEMPTS), retry=retry_if_result(bool)
        )
        try:
            retrying(attempt)
        except RetryError as error:
            raise EngineError(
                f"{request.operation} was not finished after {ATTEMPTS} attempts. "
                "Lower the rate or raise the table's capacity"
            ) from error
        return iter(exchanges)


def _left_over(exchange: Exchange) -> Mapping[str, Any]:
    name = "UnprocessedKeys" if exchange.request.operation == "BatchGetItem" else "UnprocessedItems"
    left: Mapping[str, Any] = exchange.response.get(name) or {}
    return left


def _items(exchange: Exchange) -> list[Item]:
    response = exchange.response
    if exchange.request.operation == "GetItem":
        return [response["Item"]] if response.get("Item") else []
    if exchange.request.operation == "BatchGetItem":
        return [item for items in response["Responses"].values() for item in items]
    items: list[Item] = response.get("Items", [])
    return items


def result_of(exchanges: Sequence[Exchange], limit: int | None = None) -> Result:
    """Returns the answer that exchanges add up to, at most `limit` items of it."""
    items = [item for exchange in exchanges for item in _items(exchange)][:limit]
    counts = [exchange.response.get("Count") for exchange in exchanges]
    count = len(items) if items or None in counts else sum(counts)  # type: ignore[arg-type] # no None left
    return Result(tuple(items), count if limit is None else min(count, limit), tuple(exchanges))
