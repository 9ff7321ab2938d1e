"""The question of a pattern in SQL, and whether its answer is DynamoDB's."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from workbench.access.values import Parameters
from workbench.items.codec import AttributeValue, Item, attribute_format, canonical, encoder

if TYPE_CHECKING:
    from psycopg import Connection

    from workbench.access.requests import RequestMaker

MISSING = "nothing"
SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where DynamoDB and SQL do not answer alike.

    Args:
        item: Which item, by position and by key where the key is known.
        attribute: The attribute; empty where the whole item or the count differs.
        dynamodb: What DynamoDB has.
        sql: What SQL has.
    """

    item: str
    attribute: str
    dynamodb: str
    sql: str

    def __str__(self) -> str:
        where = f"{self.item}: {self.attribute}" if self.attribute else self.item
        return f"{where}: DynamoDB has {self.dynamodb}, SQL has {self.sql}"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement returned, one dictionary a row, columns in order."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


def fetch(connection: Connection[Any], sql: str, parameters: Mapping[str, Any]) -> Rows:
    """Returns the rows of a statement with `%(name)s` parameters."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        columns = tuple(column.name for column in cursor.description or ())
        found = cursor.fetchall() if columns else []
    return Rows(columns, tuple(dict(zip(columns, row, strict=True)) for row in found))


def _json_text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str)


class Question:
    """A pattern in SQL.

    Args:
        maker: The pattern's requests, which know its design.
    """

    def __init__(self, maker: RequestMaker) -> None:
        self._maker = maker
        self.pattern = maker.pattern
        self._json = {
            name
            for name, attribute in maker.values.parameter_attributes.items()
            if attribute_format(attribute) == "json"
        }
        self._batched = frozenset(getattr(self.pattern, "for_each", ()))
        entity = maker.design.entities[self.pattern.entity]
        self._encoders = {name: encoder(a) for name, a in entity.attributes.items() if a.stored}
        self.key_attributes = tuple(entity.keys)
        table, index = maker.design.tables[entity.table], getattr(self.pattern, "index", None)
        indexes = {**table.global_secondary_indexes, **table.local_secondary_indexes}
        self._index = indexes[index] if index else None

    @property
    def ordered(self) -> bool:
        """Whether the order is part of the answer."""
        return self.pattern.operation == "Query" and self.pattern.ordered

    def arguments(self, parameters: Parameters) -> dict[str, Any]:
        """Returns the parameters as the driver takes them: JSON values as text."""
        return {name: self._argument(name, value) for name, value in parameters.items()}

    def _argument(self, name: str, value: Any) -> Any:
        if name not in self._json:
            return value
        if name in self._batched and value is not None:
            return [_json_text(element) for element in value]
        return _json_text(value)

    def draw(self, connection: Connection[Any], seed: int, count: int) -> tuple[Mapping[str, Any], ...]:
        """Returns parameter sets drawn from the data, `count` at most, the same for the same seed."""
        return fetch(connection, self.pattern.draw, {"seed": seed, "count": count}).rows

    def ask(self, connection: Connection[Any], arguments: Mapping[str, Any]) -> Rows:
        """Returns the answer in SQL; a change is committed when the connection commits by itself."""
        return fetch(connection, self.pattern.sql, arguments)

    def columns(self, rows: Rows) -> tuple[str, ...]:
        """Returns the columns that are compared.

        Raises:
            InputError: A column is no attribute that items of the entity store.
        """
        unknown = [name for name in rows.columns if name not in self._encoders]
        if unknown:
            raise self._maker.problem(
                f"sql returns columns that no item of {self.pattern.entity} stores; "
                f"got {', '.join(unknown)}, allowed {', '.join(sorted(self._encoders))}",
                "Name each column like the attribute it is compared with",
            )
        return rows.columns

    def items(self, rows: Rows) -> list[Item]:
        """Returns rows as items of the pattern's entity, without those attributes that are NULL."""
        columns = self.columns(rows)
        return [
            {name: self._encoders[name](row[name]) for name in columns if row[name] is not None}
            for row in rows.rows
        ]

    def compare(self, items: Sequence[Item], rows: Rows, *, ordered: bool) -> tuple[Difference, ...]:
        """Returns where items and rows differ in the attributes that the rows have.

        Args:
            items: DynamoDB's answer.
            rows: SQL's answer.
            ordered: Whether the order is part of the answer; entries of an index with equal keys have none.
        """
        labels = [self._label(number, item) for number, item in enumerate(items, 1)]
        places = [self._place(number, item) if ordered else 0 for number, item in enumerate(items)]
        found = [restricted(item, self.columns(rows)) for item in items]
        return differences(found, [restricted(i, i) for i in self.items(rows)], labels, places)

    def _place(self, number: int, item: Item) -> Hashable:
        if not self._index:
            return number
        key = self._index.sort_key
        if key is None:
            return 0
        return _order(canonical(item[key.name])) if key.name in item else number

    def compare_count(self, count: int, rows: Rows) -> tuple[Difference, ...]:
        """Returns whether a count differs from the one in the column `count`."""
        expected = rows.rows[0]["count"] if rows.rows and "count" in rows.columns else None
        return () if count == expected else (Difference("count", "", str(count), str(expected)),)

    def _label(self, number: int, item: Item) -> str:
        key = [f"{name}={next(iter(item[name].values()))}" for name in self.key_attributes if name in item]
        return f"item {number} ({', '.join(key)})" if key else f"item {number}"


def restricted(item: Item, names: Iterable[str]) -> Item:
    """Returns those attributes of an item, in canonical form."""
    return {name: canonical(item[name]) for name in names if name in item}


def _order(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _text(value: AttributeValue | None) -> str:
    text = MISSING if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}... ({len(text)} characters)"


def _unmatched(found: Mapping[int, Item], expected: Mapping[int, Item]) -> tuple[list[int], list[int]]:
    """Returns the positions of items that have no equal partner, each side in its own order."""
    partners: dict[str, list[int]] = {}
    for position, item in expected.items():
        partners.setdefault(_order(item), []).append(position)
    alone = []
    for position, item in found.items():
        waiting = partners.get(_order(item))
        if waiting:
            waiting.pop(0)
        else:
            alone.append(position)
    return alone, sorted(position for waiting in partners.values() for position in waiting)


def differences(
    found: Sequence[Item], expected: Sequence[Item], labels: Sequence[str], places: Sequence[Hashable]
) -> tuple[Difference, ...]:
    """Returns where two lists of items differ, attribute by attribute.

    Args:
        found: DynamoDB's items, in canonical form.
        expected: SQL's items, in canonical form.
        labels: How to call each found item.
        places: What orders each found item: those of equal place, one behind the other, have no order.
    """
    if found == expected:
        return ()
    left: list[int] = []
    right: list[int] = [] if found else list(range(len(expected)))
    for _, run in groupby(range(len(found)), lambda position: places[position]):
        tied = {position: found[position] for position in run}
        end = len(expected) if len(found) - 1 in tied else max(tied) + 1
        alone, missed = _unmatched(tied, dict(enumerate(expected[min(tied) : end], min(tied))))
        left, right = [*left, *alone], [*right, *missed]
    told = []
    if len(found) != len(expected):
        told.append(Difference("count of items", "", str(len(found)), str(len(expected))))
    for mine, theirs in zip(left, right, strict=False):
        told += _attributes(found[mine], expected[theirs], labels[mine])
    told += [Difference(labels[position], "", "the item", MISSING) for position in left[len(right) :]]
    told += [Difference(f"row {n + 1}", "", MISSING, _text(expected[n])) for n in right[len(left) :]]
    return tuple(told)


def _attributes(found: Item, expected: Item, label: str) -> list[Difference]:
    return [
        Difference(label, name, _text(found.get(name)), _text(expected.get(name)))
        for name in sorted(found.keys() | expected.keys())
        if found.get(name) != expected.get(name)
    ]
