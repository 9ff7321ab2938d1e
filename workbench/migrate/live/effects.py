"""What a write must leave behind, taken from its declaration and its parameters alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbench.access.requests import RequestMaker, sql_parameters
from workbench.access.values import Parameters
from workbench.items import AttributeValue, Item, canonical
from workbench.migrate.live.state import Place, place_of
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case
from workbench.spec.templates import placeholders

PUT, UPDATE, DELETE = "put", "update", "delete"

ABSENT: AttributeValue = {"NULL": True}
"""Stands for an attribute that is not there."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one write does to one item.

    Args:
        place: Where the item lies.
        entity: The entity that it is of.
        kind: `put`, `update` or `delete`.
        sets: Attribute to the value that the write gives it, on whichever database it is made.
        adds: Attribute to the number that the write adds to it.
        begins: Attribute to the value that a put gives it, also where a database may compute another one.
        derived: Attributes that it sets in a way that depends on the database.
        makes: Whether the item is there after the write, whether or not it was before.
    """

    place: Place
    entity: str
    kind: str
    sets: Mapping[str, AttributeValue]
    adds: Mapping[str, Decimal]
    begins: Mapping[str, AttributeValue]
    derived: frozenset[str]
    makes: bool = False


NEEDS_AN_ITEM = frozenset(
    {"attribute_exists", "=", "<", "<=", ">", ">=", "between", "begins_with", "contains"}
)
"""Conditions that hold for no item that is not there."""


class Effects:
    """Tells the effects of a case's writes.

    Args:
        case: The case.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._makers = {
            name: RequestMaker(case.design, name)
            for name, pattern in case.design.patterns.items()
            if pattern.operation not in READ_OPERATIONS
        }

    def of(self, pattern: str, parameters: Parameters) -> tuple[Effect, ...]:
        """Returns what a write does to each item that it names."""
        return tuple(self._effects(self._makers[pattern], parameters))

    def _effects(self, maker: RequestMaker, parameters: Parameters) -> Iterator[Effect]:
        batched = bool(getattr(maker.pattern, "for_each", ()))
        for element in maker.elements(parameters) if batched else [parameters]:
            for member in getattr(maker.pattern, "members", (maker.pattern,)):
                if member.operation in {"PutItem", "BatchWriteItem"}:
                    yield self._put(maker, member.entity, element)
                elif member.operation != "ConditionCheck":
                    yield self._change(maker, member, element)

    def _put(self, maker: RequestMaker, entity: str, parameters: Parameters) -> Effect:
        item = {name: canonical(value) for name, value in maker.item(entity, parameters).items()}
        given = {attribute: name for name, attribute in maker.pattern.parameters.items()}
        asked = set(sql_parameters(maker.pattern.sql))
        stored = _stored(self._case, entity)
        facts = {name for name in stored if {name, given.get(name, name)} & asked}
        sets = {name: item.get(name, ABSENT) for name in facts}
        begins = {name: item.get(name, ABSENT) for name in stored}
        return Effect(
            self._place(entity, item), entity, PUT, sets, {}, begins, frozenset(stored - facts), makes=True
        )

    def _change(self, maker: RequestMaker, member: Any, parameters: Parameters) -> Effect:
        values = maker.values_of(member.entity)
        key = {name: canonical(value) for name, value in values.key(member.key, parameters).items()}
        place = self._place(member.entity, key)
        if member.operation == "DeleteItem":
            return Effect(place, member.entity, DELETE, {}, {}, {}, frozenset())
        stored, sql = _stored(self._case, member.entity), maker.pattern.sql
        written = {name: text for name, text in member.set.items() if name in stored}
        written |= {name: None for name in member.remove if name in stored}
        facts = {name for name, text in written.items() if _is_fact(name, text, sql)}
        sets = {name: values.value(name, written[name], parameters) for name in facts}
        plain = {name: canonical(value) if value else ABSENT for name, value in sets.items()}
        adds = {
            name: values.value(name, text, parameters) for name, text in member.add.items() if name in stored
        }
        numbers = {name: Decimal(value["N"]) for name, value in adds.items() if value}
        makes = not any(condition.operator in NEEDS_AN_ITEM for condition in member.condition)
        derived = frozenset(written.keys() - facts)
        return Effect(place, member.entity, UPDATE, plain, numbers, {}, derived, makes)

    def _place(self, entity: str, item: Item) -> Place:
        return place_of(self._case, self._case.design.entities[entity].table, item)


def _stored(case: Case, entity: str) -> set[str]:
    attributes = case.design.entities[entity].attributes
    return {name for name, attribute in attributes.items() if attribute.stored}


def _is_fact(attribute: str, text: object, sql: str) -> bool:
    """Returns whether the SQL of a pattern is given the same value, or names the attribute with its own."""
    names = placeholders(text)
    if names:
        return set(names) <= set(sql_parameters(sql))
    return re.search(rf"\b{re.escape(attribute)}\b", sql) is not None
