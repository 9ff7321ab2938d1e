"""Conditions and changes as DynamoDB expressions; every name and value stands behind a placeholder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.access.values import Parameters, Values, whole_parameter
from workbench.items.codec import AttributeValue, Unrepresentable
from workbench.spec.access import Condition, SortCondition
from workbench.spec.base import Scalar

_FUNCTIONS = {"begins_with", "contains"}


class Expressions:
    """The expressions of one request, with the names and values that they share.

    Args:
        values: Types the values.
        parameters: Parameter to relational value.
    """

    def __init__(self, values: Values, parameters: Parameters) -> None:
        self._values = values
        self._parameters = parameters
        self._names: dict[str, str] = {}
        self._held: dict[str, AttributeValue] = {}

    def name(self, attribute: str) -> str:
        """Returns the placeholder of an attribute's name, such as `#n0`."""
        return self._names.setdefault(attribute, f"#n{len(self._names)}")

    def hold(self, value: AttributeValue) -> str:
        """Returns the placeholder of a value, such as `:v0`."""
        placeholder = f":v{len(self._held)}"
        self._held[placeholder] = value
        return placeholder

    def arguments(self) -> dict[str, Any]:
        """Returns the request's arguments for the names and values in use."""
        named = {"ExpressionAttributeNames": {p: name for name, p in self._names.items()}}
        return (named if self._names else {}) | (
            {"ExpressionAttributeValues": self._held} if self._held else {}
        )

    def projection(self, attributes: Iterable[str]) -> str:
        """Returns a projection of top-level attributes."""
        return ", ".join(self.name(attribute) for attribute in attributes)

    def equal(self, key: Mapping[str, AttributeValue]) -> str:
        """Returns the condition that all key attributes have these values."""
        return " AND ".join(f"{self.name(name)} = {self.hold(value)}" for name, value in key.items())

    def conditions(self, conditions: Sequence[Condition | SortCondition]) -> str:
        """Returns the conditions joined by AND.

        Raises:
            Unrepresentable: A value to compare with is NULL or of the wrong type.
        """
        return " AND ".join(self._condition(condition) for condition in conditions)

    def _condition(self, condition: Condition | SortCondition) -> str:
        name, operator = self.name(condition.attribute), condition.operator
        if operator.startswith("attribute_"):
            return f"{operator}({name})"
        held = [self.hold(value) for value in self._operands(condition)]
        if operator in _FUNCTIONS:
            return f"{operator}({name}, {held[0]})"
        if operator == "between":
            return f"{name} BETWEEN {held[0]} AND {held[1]}"
        if operator == "in":
            return f"{name} IN ({', '.join(held)})"
        return f"{name} {operator} {held[0]}"

    def _operands(self, condition: Condition | SortCondition) -> list[AttributeValue]:
        stated = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        if condition.operator == "in":
            stated, parameters = self._spread(stated)
        else:
            parameters = self._parameters
        operands = []
        for value in stated:
            operand = self._operand(condition, value, parameters)
            if operand is None:
                raise Unrepresentable(f"{condition.attribute}: the value to compare with is NULL")
            operands.append(operand)
        return operands

    def _operand(
        self, condition: Condition | SortCondition, value: Scalar, parameters: Parameters
    ) -> AttributeValue | None:
        if condition.operator == "begins_with":
            return self._values.render(str(value), "S", parameters)
        if condition.operator == "contains":
            return self._values.member(condition.attribute, value, parameters)
        return self._values.value(condition.attribute, value, parameters)

    def _spread(self, stated: tuple[Scalar, ...]) -> tuple[tuple[Scalar, ...], Parameters]:
        """Returns a single list parameter as one parameter an element."""
        parameter = whole_parameter(stated[0]) if len(stated) == 1 else None
        given = self._parameters.get(parameter) if parameter else None
        if not isinstance(given, list | tuple):
            return stated, self._parameters
        if not given:
            raise Unrepresentable(f"{parameter}: the list to search is empty")
        elements = {f"{parameter}_{number}": element for number, element in enumerate(given)}
        return tuple(f"{{{name}}}" for name in elements), {**self._parameters, **elements}

    def update(
        self, to_set: Mapping[str, Scalar], to_add: Mapping[str, Scalar], to_remove: Iterable[str]
    ) -> str:
        """Returns an update expression; an attribute set to NULL is removed, NULL is not added."""
        values = {name: self._values.value(name, v, self._parameters) for name, v in to_set.items()}
        added = {name: self._values.value(name, v, self._parameters) for name, v in to_add.items()}
        removed = [*to_remove, *(name for name, value in values.items() if value is None)]
        clauses = {
            "SET": [f"{self.name(n)} = {self.hold(v)}" for n, v in values.items() if v is not None],
            "REMOVE": [self.name(name) for name in removed],
            "ADD": [f"{self.name(n)} {self.hold(v)}" for n, v in added.items() if v is not None],
        }
        return " ".join(f"{clause} {', '.join(parts)}" for clause, parts in clauses.items() if parts)
