"""One request of a pattern on both sides: timed calls, and around them the untimed reading and comparing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from workbench.access.execution import Exchange, RequestRefusedError, Result, Units, result_of
from workbench.access.relational import Difference, Question, Rows
from workbench.access.repository import BoundPattern
from workbench.items.codec import Item
from workbench.replay.images import Address, Images
from workbench.replay.targets import Target, compared, targets
from workbench.replay.units import (
    Prediction,
    TableActions,
    prediction_of,
    read_actions,
    table_shapes,
    write_actions,
)
from workbench.spec.design import Design

if TYPE_CHECKING:
    from psycopg import Connection

Answer_co = TypeVar("Answer_co", covariant=True)
Failure_co = TypeVar("Failure_co", bound=Exception, covariant=True)
Given = TypeVar("Given")
Raised = TypeVar("Raised", bound=Exception)


@dataclass(frozen=True, slots=True)
class Timed(Generic[Answer_co, Failure_co]):
    """A call: how long it took [ns], and its answer or its failure."""

    nanoseconds: int
    answer: Answer_co | None
    failure: Failure_co | None


def timed(call: Callable[[], Given], failure: type[Raised]) -> Timed[Given, Raised]:
    """Returns what a call gave and how long it took; a failure of that type is part of the outcome."""
    start = perf_counter_ns()
    try:
        answer = call()
    except failure as error:
        return Timed(perf_counter_ns() - start, None, error)
    return Timed(perf_counter_ns() - start, answer, None)


Told = tuple[int, Prediction, tuple[Difference, ...]]
"""Items returned or written, the units predicted, and where the answers differ."""

NOT_ASKED: Timed[Rows, Exception] = Timed(0, None, None)


@dataclass(frozen=True, slots=True)
class Sample:
    """What one request did.

    Args:
        dynamodb_ns: Time of the DynamoDB calls [ns].
        sql_ns: Time of the SQL statement [ns].
        requests: DynamoDB calls.
        items: Items returned or written.
        consumed: Consumed capacity [units] by table and `table/index`.
        predicted: Dialect to the model's units of the same calls.
        flags: The differences between the dialects that make their predictions differ.
        differences: Where DynamoDB and SQL differ.
        error: Kind of an error that is no answer; empty without one.
    """

    dynamodb_ns: int
    sql_ns: int
    requests: int
    items: int
    consumed: Units
    predicted: Mapping[str, Units]
    flags: tuple[str, ...]
    differences: tuple[Difference, ...]
    error: str = ""


class Sampler:
    """Runs requests of one pattern, first on DynamoDB, then in SQL.

    Args:
        design: The design that has the pattern.
        bound: The pattern on an engine.
        question: The pattern in SQL.
        images: Reads the items behind the requests.
        connection: To PostgreSQL; each statement commits by itself.
    """

    def __init__(
        self,
        design: Design,
        bound: BoundPattern,
        question: Question,
        images: Images,
        connection: Connection[Any],
    ) -> None:
        self._design, self._bound, self._question = design, bound, question
        self._images, self._connection = images, connection
        self._pattern = bound.maker.pattern
        self._shapes = table_shapes(design)
        self._known: dict[Address, Item] = {}
        self._predictions: dict[str, Prediction] = {}
        self._flags: tuple[str, ...] = ()

    def prepare(self, drawn: Sequence[Mapping[str, Any]]) -> None:
        """Reads the items that writes with these parameters will find, many at a time."""
        self._images.forget()
        self._predictions.clear()
        keys: dict[str, list[Item]] = {}
        for parameters in drawn:
            for target in self._targets(parameters):
                keys.setdefault(target.table, []).append(target.key)
        self._known = {}
        for table, wanted in keys.items():
            self._known |= self._images.read(table, wanted)

    def _targets(self, parameters: Mapping[str, Any]) -> list[Target]:
        requests = self._bound.maker.requests(parameters)
        return [t for request in requests for t in targets(self._design, self._pattern, request)]

    def run(self, parameters: Mapping[str, Any]) -> Sample:
        """Returns what one request did on both sides."""
        bound = self._bound
        requests = bound.maker.requests(parameters)
        arguments = self._question.arguments(parameters)
        sent = timed(lambda: bound.sender.send(requests, bound.limit), RequestRefusedError)
        asked = self._asked(arguments) if _answered(sent) else NOT_ASKED
        written = [t for request in requests for t in targets(self._design, self._pattern, request)]
        result = result_of(sent.answer or (), bound.limit)
        error = _unexpected(sent, asked)
        items, prediction, found = (
            self._written(written, sent, asked) if written else self._read(result, asked)
        )
        return Sample(
            dynamodb_ns=sent.nanoseconds,
            sql_ns=asked.nanoseconds,
            requests=result.requests,
            items=items,
            consumed=result.consumed,
            predicted=prediction.units,
            flags=prediction.flags,
            differences=found,
            error=error,
        )

    def _asked(self, arguments: Mapping[str, Any]) -> Timed[Rows, Exception]:
        return timed(lambda: self._question.ask(self._connection, arguments), self._connection.Error)

    def _read(self, result: Result, asked: Timed[Rows, Exception]) -> Told:
        prediction = self._predicted_read(result.exchanges)
        if asked.answer is None:
            return result.count, prediction, ()
        if getattr(self._pattern, "count_only", False):
            return result.count, prediction, self._question.compare_count(result.count, asked.answer)
        found = self._question.compare(result.items, asked.answer, ordered=self._question.ordered)
        return result.count, prediction, found

    def _predicted_read(self, exchanges: Sequence[Exchange]) -> Prediction:
        """Returns the prediction of a read, which is the same for the same request: reads change nothing."""
        scanned = [exchange.response.get("ScannedCount") for exchange in exchanges]
        request = json.dumps([[e.request.arguments for e in exchanges], scanned], default=repr)
        if request not in self._predictions:
            actions = [a for e in exchanges for a in read_actions(self._design, self._images, e)]
            self._predictions[request] = self._prediction(actions)
        return self._predictions[request]

    def _written(
        self,
        written: Sequence[Target],
        sent: Timed[tuple[Exchange, ...], RequestRefusedError],
        asked: Timed[Rows, Exception],
    ) -> Told:
        before = {t.address: self._known[t.address] for t in written if t.address in self._known}
        after = self._after(written)
        failed = sent.failure is not None and sent.failure.condition_failed
        actions = write_actions(self._pattern.operation, written, before, after, condition_failed=failed)
        found: tuple[Difference, ...] = ()
        if sent.failure is None and asked.answer is not None:
            found = self._compare_written(written, before, after, asked.answer)
        elif failed and asked.answer is not None and asked.answer.rows:
            found = (Difference("condition", "", "refused", f"{len(asked.answer.rows)} rows changed"),)
        return len(written), self._prediction(actions), found

    def _prediction(self, actions: Sequence[TableActions]) -> Prediction:
        prediction = prediction_of(self._shapes, actions, self._flags)
        self._flags = prediction.flags or self._flags
        return prediction

    def _after(self, written: Sequence[Target]) -> dict[Address, Item]:
        """Returns the items that are there after a write, and remembers them for the next one."""
        after: dict[Address, Item] = {}
        for table in {target.table for target in written}:
            after |= self._images.read(table, [t.key for t in written if t.table == table])
        for target in written:
            self._known.pop(target.address, None)
        self._known |= after
        return after

    def _compare_written(
        self,
        written: Sequence[Target],
        before: Mapping[Address, Item],
        after: Mapping[Address, Item],
        rows: Rows,
    ) -> tuple[Difference, ...]:
        mine = compared(self._pattern, written)
        deleted = self._pattern.operation == "DeleteItem"
        picture = before if deleted else after
        left = [target for target in mine if deleted and target.address in after]
        told = tuple(Difference(str(target.key), "", "the item still", "deleted it") for target in left)
        items = [picture[target.address] for target in mine if target.address in picture]
        return told + self._question.compare(items, rows, ordered=False)


def _answered(sent: Timed[object, RequestRefusedError]) -> bool:
    """Returns whether SQL may follow: an error that is no answer must not leave the two sides different."""
    return sent.failure is None or sent.failure.condition_failed


def _unexpected(sent: Timed[tuple[Exchange, ...], RequestRefusedError], asked: Timed[Rows, Exception]) -> str:
    """Returns the kind of an error that is not the same refusal on both sides."""
    if sent.failure is not None and not _answered(sent):
        return f"DynamoDB {sent.failure.code}"
    refused_alike = sent.failure is not None and type(asked.failure).__name__ == "UniqueViolation"
    if asked.failure is not None and not refused_alike:
        return f"SQL {type(asked.failure).__name__}: {asked.failure}".splitlines()[0]
    return ""
