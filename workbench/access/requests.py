"""Patterns and parameters as DynamoDB requests; requests are data, made without an engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.access.calls import CALLS, Request
from workbench.access.values import Parameters, Values
from workbench.errors import InputError, Problem
from workbench.items.codec import Item, Unrepresentable
from workbench.items.maker import ItemMaker
from workbench.spec import access
from workbench.spec.design import Design
from workbench.spec.templates import placeholders

_SQL_PARAMETER = re.compile(r"(?<!%)%\((\w+)\)s")


def sql_parameters(sql: str) -> tuple[str, ...]:
    """Returns the names that a statement asks for as `%(name)s`, each once, in order."""
    return tuple(dict.fromkeys(_SQL_PARAMETER.findall(sql)))


def _stated(part: object) -> Iterator[object]:
    """Yields every literal of a pattern that may be a template."""
    if isinstance(part, Mapping):
        for value in part.values():
            yield from _stated(value)
    elif isinstance(part, tuple | list):
        for value in part:
            yield from _stated(value)
    elif isinstance(part, access.Condition | access.SortCondition):
        yield from _stated(part.value)
    else:
        yield part


def _templates(member: object) -> Iterator[object]:
    for name in ("key", "partition", "sort", "filter", "set", "add", "condition"):
        yield from _stated(getattr(member, name, None))


class RequestMaker:
    """Makes the requests of one pattern.

    Args:
        design: The design that has the pattern.
        pattern_id: The pattern's id.
    """

    def __init__(self, design: Design, pattern_id: str) -> None:
        self.design, self.pattern_id = design, pattern_id
        self.pattern = pattern = design.patterns[pattern_id]
        self._values: dict[str, Values] = {}
        self.values = self.values_of(pattern.entity)
        self.table_name = design.entities[pattern.entity].table
        self._makers = {name: ItemMaker(design, name) for name in self._put_entities()}
        self.required = self._required()
        self.allowed = self._allowed()

    def values_of(self, entity: str) -> Values:
        """Returns what types the values of an entity that the pattern reads or writes."""
        if entity not in self._values:
            self._values[entity] = Values(self.design, entity, self.pattern.parameters, self.pattern.entity)
        return self._values[entity]

    def _members(self) -> tuple[Any, ...]:
        members = getattr(self.pattern, "members", None)
        return (self.pattern,) if members is None else tuple(members)

    def _put_entities(self) -> tuple[str, ...]:
        puts = (member for member in self._members() if member.operation in {"PutItem", "BatchWriteItem"})
        return tuple(member.entity for member in puts)

    def _required(self) -> tuple[str, ...]:
        """Returns the parameters without which the requests cannot be made, in the pattern's order."""
        named = [
            name for member in self._members() for text in _templates(member) for name in placeholders(text)
        ]
        given = {attribute: name for name, attribute in self.pattern.parameters.items()}
        for entity in self._put_entities():
            keys = self.design.entities[entity].keys.values()
            named += [given.get(name, name) for template in keys for name in placeholders(template)]
        return tuple(dict.fromkeys([*named, *getattr(self.pattern, "for_each", ())]))

    def _allowed(self) -> frozenset[str]:
        attributes = [
            name for entity in self._put_entities() for name in self.design.entities[entity].attributes
        ]
        return frozenset(
            [*self.required, *self.pattern.parameters, *sql_parameters(self.pattern.sql), *attributes]
        )

    def problem(self, message: str, next_step: str) -> InputError:
        """Returns the error that a use of this pattern is wrong."""
        return InputError([Problem(self.design.case, 0, f"patterns.{self.pattern_id}", message, next_step)])

    def check(self, parameters: Parameters) -> None:
        """Refuses parameters that do not fit the pattern.

        Raises:
            InputError: Names every missing and every unknown parameter, and those that are expected.
        """
        missing = [name for name in self.required if name not in parameters]
        unknown = sorted(parameters.keys() - self.allowed)
        if not missing and not unknown:
            return
        wrong = [f"missing {', '.join(missing)}"] if missing else []
        wrong += [f"unknown {', '.join(unknown)}"] if unknown else []
        given = ", ".join(sorted(parameters)) or "none"
        raise self.problem(
            f"parameters do not fit, {' and '.join(wrong)}; got {given}, "
            f"allowed {', '.join(sorted(self.allowed)) or 'none'}",
            f"Give at least {', '.join(self.required)}" if self.required else "Give none of them",
        )

    def requests(self, parameters: Parameters) -> tuple[Request, ...]:
        """Returns the calls that ask or change what the pattern says, several where a batch is too large.

        Raises:
            InputError: Parameters are missing, unknown or cannot be attribute values.
        """
        self.check(parameters)
        try:
            return tuple(CALLS[self.pattern.operation](self, self.pattern, parameters))
        except Unrepresentable as reason:
            raise self.problem(str(reason), "Give values that the attributes can hold") from reason

    def elements(self, parameters: Parameters) -> list[dict[str, Any]]:
        """Returns the parameters of each element of a batch.

        Raises:
            Unrepresentable: The lists differ in length.
        """
        names: tuple[str, ...] = getattr(self.pattern, "for_each", ())
        lengths = {name: len(parameters[name]) for name in names}
        if len(set(lengths.values())) != 1:
            raise Unrepresentable(f"lists of equal length are needed, these have {lengths}")
        columns = zip(*(parameters[name] for name in names), strict=True)
        return [{**parameters, **dict(zip(names, column, strict=True))} for column in columns]

    def item(self, entity: str, parameters: Parameters) -> Item:
        """Returns the whole item that a put of this pattern writes."""
        return self._makers[entity].item(self.values_of(entity).row(parameters))
