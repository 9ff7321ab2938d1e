"""The units that the model predicts for a replayed request, from the items that it read or wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from workbench.access.execution import Exchange, Units
from workbench.items.codec import Item
from workbench.model.actions import Action, Consumed
from workbench.model.dialects import AWS, DIALECTS, DYNAMODB_LOCAL, Dialect
from workbench.model.predict import predict
from workbench.model.table import TableShape
from workbench.replay.images import Address, Images, key_of
from workbench.replay.targets import Target
from workbench.schema.compile import create_table_request
from workbench.spec.design import Design

Picture = Mapping[Address, Item]
"""Items that exist, by address."""

TableActions = tuple[str, str, Sequence[Action]]
"""Table, API call and the members of one call in this table."""


def table_shapes(design: Design) -> dict[str, TableShape]:
    """Returns the shape of each table of a design."""
    return {
        name: TableShape.from_create_table(create_table_request(name, table))
        for name, table in design.tables.items()
    }


def read_actions(design: Design, images: Images, exchange: Exchange) -> list[TableActions]:
    """Returns what a read did, as the model is told it; reads whole items where the answer lacks them."""
    request = exchange.request
    if request.operation == "GetItem":
        return [_get(images, exchange)]
    if request.operation == "BatchGetItem":
        return [_batch_get(design, images, exchange, table) for table in request.arguments["RequestItems"]]
    arguments = request.arguments
    action = Action(
        request.operation,
        index=arguments.get("IndexName"),
        consistent_read=arguments["ConsistentRead"],
        evaluated=images.evaluated(exchange),
        attributes=_asked(arguments),
    )
    return [(arguments["TableName"], request.operation, [action])]


def _asked(arguments: Mapping[str, Any]) -> list[str] | None:
    """Returns the attributes that a request names in its projection."""
    if "ProjectionExpression" not in arguments:
        return None
    names = arguments["ExpressionAttributeNames"]
    return [names[part] for part in arguments["ProjectionExpression"].split(", ")]


def _get(images: Images, exchange: Exchange) -> TableActions:
    arguments = exchange.request.arguments
    item = exchange.response.get("Item")
    if "ProjectionExpression" in arguments:
        found = list(images.read(arguments["TableName"], [arguments["Key"]]).values())
    else:
        found = [item] if item else []
    action = Action("GetItem", consistent_read=arguments["ConsistentRead"], evaluated=found)
    return arguments["TableName"], "GetItem", [action]


def _batch_get(design: Design, images: Images, exchange: Exchange, table: str) -> TableActions:
    asked = exchange.request.arguments["RequestItems"][table]
    left = (exchange.response.get("UnprocessedKeys") or {}).get(table, {"Keys": []})["Keys"]
    keys = [key for key in asked["Keys"] if key not in left]
    if "ProjectionExpression" in asked:
        picture = images.read(table, keys)
    else:
        answered = exchange.response["Responses"].get(table, [])
        picture = {Address.of(table, key_of(design, table, item)): item for item in answered}
    found = [picture.get(Address.of(table, key)) for key in keys]
    strong = asked["ConsistentRead"]
    actions = [Action("GetItem", consistent_read=strong, evaluated=[i] if i else []) for i in found]
    return table, "BatchGetItem", actions


def write_actions(
    operation: str, written: Sequence[Target], before: Picture, after: Picture, *, condition_failed: bool
) -> list[TableActions]:
    """Returns what a write did, as the model is told it, one entry a table.

    Args:
        operation: The API call.
        written: What it wrote or checked, in its order.
        before: The items that were there.
        after: The items that are there now.
        condition_failed: A condition did not hold, nothing was written.
    """
    by_table: dict[str, list[Action]] = {}
    for target in written:
        old, new = before.get(target.address), after.get(target.address)
        action = Action(target.operation, before=old, after=new, condition_failed=condition_failed)
        by_table.setdefault(target.table, []).append(action)
    return [(table, operation, actions) for table, actions in by_table.items()]


def predicted_units(
    shapes: Mapping[str, TableShape], actions: Iterable[TableActions], dialect: Dialect
) -> Units:
    """Returns the units [units] that a dialect predicts, summed by table and `table/index`."""
    units: Counter[str] = Counter()
    for table, operation, members in actions:
        units.update(_by_place(table, predict(shapes[table], operation, members, dialect)))
    return without_zeros(units)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of the calls of one request.

    Args:
        units: Dialect to capacity [units] by table and `table/index`.
        flags: The differences between the dialects that make these differ.
    """

    units: Mapping[str, Units]
    flags: tuple[str, ...]


def prediction_of(
    shapes: Mapping[str, TableShape], actions: Sequence[TableActions], known: Iterable[str] = ()
) -> Prediction:
    """Returns the units of calls in every dialect, and why they differ.

    Args:
        shapes: The tables.
        actions: The calls.
        known: Differences between the dialects that similar calls met; where they explain all, they are why.
    """
    units = {name: predicted_units(shapes, actions, dialect) for name, dialect in DIALECTS.items()}
    if units[AWS.name] == units[DYNAMODB_LOCAL.name]:
        return Prediction(units, ())
    met = tuple(known)
    changed = replace(AWS, **{name: getattr(DYNAMODB_LOCAL, name) for name in met})
    if met and predicted_units(shapes, actions, changed) == units[DYNAMODB_LOCAL.name]:
        return Prediction(units, met)
    return Prediction(units, deciding_flags(shapes, actions, AWS, DYNAMODB_LOCAL))


def deciding_flags(
    shapes: Mapping[str, TableShape], actions: Sequence[TableActions], one: Dialect, other: Dialect
) -> tuple[str, ...]:
    """Returns the named differences of two dialects that change the units of these calls."""
    usual = predicted_units(shapes, actions, one)
    changed = (field.name for field in fields(Dialect) if field.name != "name")
    return tuple(
        name
        for name in changed
        if getattr(one, name) != getattr(other, name)
        and predicted_units(shapes, actions, replace(one, **{name: getattr(other, name)})) != usual
    )


def _by_place(table: str, consumed: Consumed) -> Units:
    indexes = {**consumed.global_secondary_indexes, **consumed.local_secondary_indexes}
    return {table: consumed.table, **{f"{table}/{name}": units for name, units in indexes.items()}}


def without_zeros(units: Mapping[str, float]) -> Units:
    """Returns the places that consumed something."""
    return {place: value for place, value in units.items() if value}


def units_difference(observed: Units, predicted: Units) -> str:
    """Returns how observed and predicted units differ; empty when they are equal everywhere."""
    observed, predicted = without_zeros(observed), without_zeros(predicted)
    return "; ".join(
        f"{place}: observed {observed.get(place, 0):g}, predicted {predicted.get(place, 0):g} units"
        for place in sorted(observed.keys() | predicted.keys())
        if observed.get(place, 0) != predicted.get(place, 0)
    )
