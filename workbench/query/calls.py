"""A plan as calls of DynamoDB's API; every name and value stands behind a placeholder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.access.calls import Request
from workbench.access.expressions import Expressions
from workbench.access.values import Values
from workbench.items.codec import AttributeValue, Item, encoder
from workbench.query.planner import Plan
from workbench.query.question import Filter, Question
from workbench.query.settings import ServiceSettings
from workbench.spec.design import Design

TEXT_OPERATORS = {"contains", "begins_with"}


class CallMaker:
    """Makes the calls of plans.

    Args:
        design: The design.
        settings: What the service takes.
    """

    def __init__(self, design: Design, settings: ServiceSettings) -> None:
        self._values = Values(design, settings.entity, {}, settings.entity)
        self._attributes = design.entities[settings.entity].attributes
        self._encoders: dict[str, Callable[[Any], AttributeValue]] = {
            name: encoder(attribute) for name, attribute in self._attributes.items()
        }
        self._granted = settings.granted

    def read(self, plan: Plan, question: Question, start: Item | None, chunk: int) -> Request:
        """Returns the call that reads the next items of a plan.

        Args:
            plan: How the question is answered.
            question: What is asked.
            start: Position behind which is read; None for the beginning.
            chunk: Items read at most, before the filters.
        """
        expressions = Expressions(self._values, {})
        arguments: dict[str, Any] = {"TableName": plan.place.table, "Limit": chunk}
        if plan.place.index:
            arguments["IndexName"] = plan.place.index
        if not plan.scans:
            arguments["KeyConditionExpression"] = self._key_condition(plan, expressions)
            arguments["ScanIndexForward"] = not question.descending
        if plan.filters:
            conditions = [self._condition(f, expressions) for f in plan.filters]
            arguments["FilterExpression"] = " AND ".join(conditions)
        if question.fields:
            wanted = dict.fromkeys([*question.fields, *self._granted, *plan.place.keys])
            arguments["ProjectionExpression"] = expressions.projection(wanted)
        if start:
            arguments["ExclusiveStartKey"] = start
        arguments |= {**expressions.arguments(), "ReturnConsumedCapacity": "TOTAL"}
        return Request("Scan" if plan.scans else "Query", arguments)

    def _key_condition(self, plan: Plan, expressions: Expressions) -> str:
        place = plan.place
        partition = f"{expressions.name(place.partition)} = {expressions.hold({'S': plan.partition})}"
        if not plan.low and not plan.high:
            return partition
        sort = expressions.name(place.sort)
        bounds = [expressions.hold({"S": text}) for text in (plan.low, plan.high) if text]
        if plan.exact:
            return f"{partition} AND {sort} = {bounds[0]}"
        if len(bounds) > 1:
            return f"{partition} AND {sort} BETWEEN {bounds[0]} AND {bounds[1]}"
        return f"{partition} AND {sort} {'>=' if plan.low else '<='} {bounds[0]}"

    def _condition(self, given: Filter, expressions: Expressions) -> str:
        name = expressions.name(given.attribute)
        held = [expressions.hold(self._encoded(given, value)) for value in given.values]
        if given.operator in TEXT_OPERATORS:
            return f"{given.operator}({name}, {held[0]})"
        if given.operator == "in":
            return f"{name} IN ({', '.join(held)})"
        return f"{name} {given.operator} {held[0]}"

    def _encoded(self, given: Filter, value: Any) -> AttributeValue:
        if isinstance(value, str):
            return {"S": value}
        return self._encoders[given.attribute](value)
