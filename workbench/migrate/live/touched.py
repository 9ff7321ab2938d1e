"""Which items a write touches: told by the pattern's own request, found again by columns of their keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.access.requests import RequestMaker
from workbench.access.values import Parameters
from workbench.errors import MigrationError
from workbench.items import Item, Unrepresentable, canonical
from workbench.spec.design import Design
from workbench.spec.templates import Placeholder, parse_template


@dataclass(frozen=True, slots=True)
class Touched:
    """An item that a write may have changed.

    Args:
        entity: The entity that it is of.
        table: The table that holds it.
        key: Its primary key.
        columns: Columns of the entity's mapping query, with the values that single out its row.
    """

    entity: str
    table: str
    key: Item
    columns: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The item's name: table and key as text."""
        return item_name(self.table, self.key)


def item_name(table: str, key: Item) -> str:
    """Returns the text that stands for a primary key in a table.

    >>> item_name("T", {"PK": {"N": "1.0"}})
    'T|{"PK": {"N": "1"}}'
    """
    plain = {name: canonical(value) for name, value in sorted(key.items())}
    return f"{table}|{json.dumps(plain, ensure_ascii=False)}"


class Touching:
    """Tells which items the writes of one pattern touch.

    Args:
        maker: The pattern's requests.

    Raises:
        MigrationError: A key is written otherwise than its entity declares it.
    """

    def __init__(self, maker: RequestMaker) -> None:
        self._maker, self._pattern = maker, maker.pattern
        self._members = [
            (member, self._columns(member)) for member in getattr(self._pattern, "members", (self._pattern,))
        ]

    def _columns(self, member: Any) -> dict[str, str]:
        """Returns column of the mapping query to the parameter or attribute that has its value."""
        entity = self._maker.design.entities[member.entity]
        stated = getattr(member, "key", entity.keys)
        columns: dict[str, str] = {}
        for name, template in entity.keys.items():
            mine, theirs = _names(template), _names(stated[name])
            if len(mine) != len(theirs):
                raise MigrationError(
                    f"patterns.{self._maker.pattern_id}: key {name} is {stated[name]}, "
                    f"its entity's is {template}. Fill the same placeholders, "
                    "so that the row behind the item can be found."
                )
            columns |= dict(zip(mine, theirs, strict=True))
        return columns

    def items(self, parameters: Parameters) -> tuple[Touched, ...]:
        """Returns the items that a write with these parameters touches, each once.

        Raises:
            InputError: The parameters make no key.
        """
        self._maker.check(parameters)
        try:
            found = {item.name: item for item in self._items(parameters)}
        except Unrepresentable as reason:
            raise self._maker.problem(str(reason), "Give values that the keys can hold") from reason
        return tuple(found.values())

    def _items(self, parameters: Parameters) -> Iterator[Touched]:
        batched = bool(getattr(self._pattern, "for_each", ()))
        for element in self._maker.elements(parameters) if batched else [parameters]:
            for member, columns in self._members:
                if member.operation != "ConditionCheck":
                    yield self._item(member, columns, element)

    def _item(self, member: Any, columns: Mapping[str, str], parameters: Parameters) -> Touched:
        entity, values = self._maker.design.entities[member.entity], self._maker.values_of(member.entity)
        stated = getattr(member, "key", None)
        given = values.row(parameters) if stated is None else parameters
        key = values.key(stated or entity.keys, given)
        row = {column: given[name] for column, name in columns.items()}
        return Touched(member.entity, entity.table, key, row)


def _names(template: str) -> list[str]:
    return [part.name for part in parse_template(template) if isinstance(part, Placeholder)]


def key_names(design: Design, table: str) -> tuple[str, ...]:
    """Returns the names of a table's key attributes."""
    keys = (design.tables[table].partition_key, design.tables[table].sort_key)
    return tuple(key.name for key in keys if key)
