"""A client that notes what each call does, and what it consumes: observed, and predicted in each dialect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from workbench.access.calls import Request
from workbench.access.execution import Exchange, Sender, Units, consumed_entries, units_by_place
from workbench.items.codec import Item
from workbench.replay.images import Address, Images, key_of
from workbench.replay.targets import Target
from workbench.replay.units import (
    Prediction,
    TableActions,
    prediction_of,
    read_actions,
    table_shapes,
    without_zeros,
    write_actions,
)
from workbench.spec.design import Design

WRITES = {
    "put_item": "PutItem",
    "update_item": "UpdateItem",
    "delete_item": "DeleteItem",
    "transact_write_items": "TransactWriteItems",
}
READS = {"get_item": "GetItem", "query": "Query"}
_KINDS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheck",
}


class StoppedError(Exception):
    """The client was ended before a write, as a process would be that crashes."""


@dataclass(frozen=True, slots=True)
class WatchedCall:
    """One call.

    Args:
        operation: The API's name.
        observed: What the engine reports [units] by table and `table/index`.
        predicted: The model's units in each dialect.
        refused: Whether a condition did not hold.
    """

    operation: str
    observed: Units
    predicted: Prediction
    refused: bool = False


class WatchedClient:
    """Passes calls on to a boto3 client and notes them.

    Args:
        design: The design of the tables.
        client: The client.
        writes: Calls that write which are let through; None for all. The next one finds its client ended.
        written: Called after each call that wrote.
    """

    def __init__(
        self,
        design: Design,
        client: Any,
        writes: int | None = None,
        written: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.calls: list[WatchedCall] = []
        self._design, self._client, self._left, self._written = design, client, writes, written
        self._images = Images(design, Sender(client))
        self._shapes = table_shapes(design)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name in WRITES:
            return partial(self._write, WRITES[name], method)
        return partial(self._read, READS[name], method) if name in READS else method

    def _read(self, operation: str, method: Callable[..., Any], **arguments: Any) -> Any:
        response = method(**arguments)
        self._images.forget()
        actions = read_actions(self._design, self._images, Exchange(Request(operation, arguments), response))
        self._note(operation, response, actions)
        return response

    def _write(self, operation: str, method: Callable[..., Any], **arguments: Any) -> Any:
        if self._left == 0:
            raise StoppedError
        targets = list(_targets(self._design, operation, arguments))
        before = self._pictures(targets)
        try:
            response = method(**arguments)
        except self._client.exceptions.ClientError as error:
            if "ConditionalCheckFailed" in str(error):
                actions = write_actions(operation, targets, before, before, condition_failed=True)
                self._note(operation, {}, actions, refused=True)
            raise
        after = self._pictures(targets)
        self._note(
            operation, response, write_actions(operation, targets, before, after, condition_failed=False)
        )
        self._left = None if self._left is None else self._left - 1
        self._written(operation)
        return response

    def _pictures(self, targets: Sequence[Target]) -> dict[Address, Item]:
        return {
            address: item
            for target in targets
            for address, item in self._images.read(target.table, [target.key]).items()
        }

    def _note(
        self,
        operation: str,
        response: Mapping[str, Any],
        actions: Sequence[TableActions],
        *,
        refused: bool = False,
    ) -> None:
        observed = units_by_place(consumed_entries(response))
        self.calls.append(
            WatchedCall(operation, observed, prediction_of(self._shapes, actions), refused=refused)
        )


def _targets(design: Design, operation: str, arguments: Mapping[str, Any]) -> Iterator[Target]:
    if operation == "TransactWriteItems":
        for member in arguments["TransactItems"]:
            ((kind, inside),) = member.items()
            yield from _targets(design, _KINDS[kind], inside)
        return
    table = arguments["TableName"]
    key = arguments["Key"] if "Key" in arguments else key_of(design, table, arguments["Item"])
    yield Target(operation, "", table, key)


def observed_units(calls: Sequence[WatchedCall]) -> Units:
    """Returns what the engine reported of calls [units] by table and `table/index`."""
    return _sum(call.observed for call in calls)


def predicted_units(calls: Sequence[WatchedCall], dialect: str) -> Units:
    """Returns what a dialect predicts for calls [units] by table and `table/index`."""
    return _sum(call.predicted.units[dialect] for call in calls)


def _sum(parts: Iterable[Units]) -> Units:
    total: defaultdict[str, float] = defaultdict(float)
    for part in parts:
        for place, units in part.items():
            total[place] += units
    return without_zeros(total)
