"""The API call of each kind of pattern, as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbench.access.expressions import Expressions
from workbench.access.values import Parameters, Values
from workbench.items.codec import Item
from workbench.spec import access
from workbench.spec.design import Design

MAX_BATCH_KEYS = 100
"""Keys of one BatchGetItem; Source: dg-limits."""
MAX_BATCH_WRITES = 25
"""Puts of one BatchWriteItem; Source: dg-limits."""

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Request:
    """One API call.

    Args:
        operation: The API's name, such as `GetItem`.
        arguments: What boto3's method of that name takes.
    """

    operation: str
    arguments: dict[str, Any] = field(hash=False)

    @property
    def method(self) -> str:
        """The name of boto3's method."""
        return _CAPITAL.sub("_", self.operation).lower()


class Context(Protocol):
    """What a call needs to know about its pattern."""

    design: Design
    table_name: str
    values: Values

    def values_of(self, entity: str) -> Values:
        """Returns what types the values of an entity."""

    def elements(self, parameters: Parameters) -> list[dict[str, Any]]:
        """Returns the parameters of each element of a batch."""

    def item(self, entity: str, parameters: Parameters) -> Item:
        """Returns the item that a put writes."""


def _projection(expressions: Expressions, attributes: Sequence[str]) -> dict[str, Any]:
    return {"ProjectionExpression": expressions.projection(attributes)} if attributes else {}


def _get(context: Context, pattern: access.GetItem, parameters: Parameters) -> Iterator[Request]:
    expressions = Expressions(context.values, parameters)
    yield Request(
        "GetItem",
        {
            "TableName": context.table_name,
            "Key": context.values.key(pattern.key, parameters),
            "ConsistentRead": pattern.consistent_read,
            **_projection(expressions, pattern.attributes),
            **expressions.arguments(),
            "ReturnConsumedCapacity": "INDEXES",
        },
    )


def _chunks(parts: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (parts[start : start + size] for start in range(0, len(parts), size))


def _batch_get(context: Context, pattern: access.BatchGetItem, parameters: Parameters) -> Iterator[Request]:
    keys: list[Item] = []
    for element in context.elements(parameters):
        key = context.values.key(pattern.key, element)
        if key not in keys:
            keys.append(key)
    for chunk in _chunks(keys, MAX_BATCH_KEYS):
        expressions = Expressions(context.values, parameters)
        asked = {
            "Keys": list(chunk),
            "ConsistentRead": pattern.consistent_read,
            **_projection(expressions, pattern.attributes),
            **expressions.arguments(),
        }
        arguments = {"RequestItems": {context.table_name: asked}, "ReturnConsumedCapacity": "INDEXES"}
        yield Request("BatchGetItem", arguments)


def _read_many(
    context: Context, pattern: access.Query | access.Scan, parameters: Parameters
) -> Iterator[Request]:
    expressions = Expressions(context.values, parameters)
    arguments: dict[str, Any] = {"TableName": context.table_name, "ConsistentRead": pattern.consistent_read}
    if pattern.index:
        arguments["IndexName"] = pattern.index
    if isinstance(pattern, access.Query):
        arguments["KeyConditionExpression"] = _key_condition(context, pattern, expressions, parameters)
        arguments["ScanIndexForward"] = pattern.ascending
    if pattern.filter:
        arguments["FilterExpression"] = expressions.conditions(pattern.filter)
    if pattern.count_only:
        arguments["Select"] = "COUNT"
    else:
        arguments |= _projection(expressions, pattern.attributes)
    if pattern.limit:
        arguments["Limit"] = pattern.limit
    yield Request(
        pattern.operation, {**arguments, **expressions.arguments(), "ReturnConsumedCapacity": "INDEXES"}
    )


def _key_condition(
    context: Context, pattern: access.Query, expressions: Expressions, parameters: Parameters
) -> str:
    partition = expressions.equal(context.values.key(pattern.partition, parameters))
    return f"{partition} AND {expressions.conditions([pattern.sort])}" if pattern.sort else partition


def _change(context: Context, member: Any, entity: str, parameters: Parameters) -> dict[str, Any]:
    """Returns the arguments of a put, update, delete or check."""
    values = context.values_of(entity)
    expressions = Expressions(values, parameters)
    arguments: dict[str, Any] = {"TableName": context.design.entities[entity].table}
    if member.operation == "PutItem":
        arguments["Item"] = context.item(entity, parameters)
    else:
        arguments["Key"] = values.key(member.key, parameters)
    if member.operation == "UpdateItem":
        arguments["UpdateExpression"] = expressions.update(member.set, member.add, member.remove)
    if member.condition:
        arguments["ConditionExpression"] = expressions.conditions(member.condition)
    return {**arguments, **expressions.arguments()}


def _single(context: Context, pattern: Any, parameters: Parameters) -> Iterator[Request]:
    arguments = _change(context, pattern, pattern.entity, parameters)
    yield Request(pattern.operation, {**arguments, "ReturnConsumedCapacity": "INDEXES"})


def _batch_put(context: Context, pattern: access.BatchPutItem, parameters: Parameters) -> Iterator[Request]:
    items = [context.item(pattern.entity, element) for element in context.elements(parameters)]
    for chunk in _chunks(items, MAX_BATCH_WRITES):
        puts = [{"PutRequest": {"Item": item}} for item in chunk]
        arguments = {"RequestItems": {context.table_name: puts}, "ReturnConsumedCapacity": "INDEXES"}
        yield Request("BatchWriteItem", arguments)


_MEMBER_NAMES = {
    "PutItem": "Put",
    "UpdateItem": "Update",
    "DeleteItem": "Delete",
    "ConditionCheck": "ConditionCheck",
}


def _transact(
    context: Context, pattern: access.TransactWriteItems, parameters: Parameters
) -> Iterator[Request]:
    members = [
        {_MEMBER_NAMES[member.operation]: _change(context, member, member.entity, parameters)}
        for member in pattern.members
    ]
    yield Request("TransactWriteItems", {"TransactItems": members, "ReturnConsumedCapacity": "INDEXES"})


CALLS: Mapping[str, Callable[[Context, Any, Parameters], Iterator[Request]]] = {
    "GetItem": _get,
    "BatchGetItem": _batch_get,
    "Query": _read_many,
    "Scan": _read_many,
    "PutItem": _single,
    "UpdateItem": _single,
    "DeleteItem": _single,
    "BatchWriteItem": _batch_put,
    "TransactWriteItems": _transact,
}
"""Operation to the function that makes its calls from a pattern and parameters."""
