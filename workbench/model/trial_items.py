"""Random items around the sizes at which units change."""

from __future__ import annotations

from random import Random
from typing import Any

from workbench.model.table import TableShape

EDGES_BYTES = (0, 900, 1000, 1900, 2020, 3980, 4060, 8100)
"""Lengths near which attribute `pad` is drawn, so that items lie on both sides of 1 KB and 4 KB."""

POOL = 4
"""Number of values that a key attribute can take."""


class Items:
    """Draws keys and items of one table.

    Args:
        table: The table.
        random: The only source of randomness.
    """

    def __init__(self, table: TableShape, random: Random) -> None:
        self._table = table
        self._random = random

    def key_value(self, name: str) -> dict[str, Any]:
        """Returns one of the few values of a key attribute."""
        number = self._random.randrange(POOL)
        values = {"S": f"{name}-{number}", "N": str(number), "B": b"%d" % number}
        kind = self._table.key_types[name]
        return {kind: values[kind]}

    def key(self) -> dict[str, Any]:
        """Returns the key of an item, there or not."""
        return {name: self.key_value(name) for name in self._table.keys}

    def change(self, item: dict[str, Any]) -> dict[str, Any]:
        """Returns an item with the same key: unchanged, or with some attributes set or removed."""
        if self._chance(0.08):
            return dict(item)
        changed = dict(item)
        others = sorted({*self._table.key_types, "a1", "a2", "pad", "more"} - {*self._table.keys})
        for name in self._random.sample(others, self._random.randint(1, len(others))):
            if self._chance(0.25):
                changed.pop(name, None)
            else:
                changed[name] = self._attribute(name)
        return changed

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _attribute(self, name: str) -> dict[str, Any]:
        if name in self._table.key_types:
            return self.key_value(name)
        if name == "pad":
            return {"S": "x" * max(0, self._random.choice(EDGES_BYTES) + self._random.randint(-40, 60))}
        return self.value(2)

    def value(self, depth: int) -> dict[str, Any]:
        """Returns a value of any type.

        Args:
            depth: How many levels of lists and maps may still be opened.
        """
        kinds = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", *(["L", "M"] if depth else [])]
        kind = self._random.choice(kinds)
        if kind == "L":
            return {"L": [self.value(depth - 1) for _ in range(self._random.randrange(4))]}
        if kind == "M":
            return {
                "M": {self._text() or "k": self.value(depth - 1) for _ in range(self._random.randrange(4))}
            }
        return {kind: self._plain(kind)}

    def _plain(self, kind: str) -> Any:
        plain: dict[str, Any] = {
            "S": self._text,
            "N": self.number,
            "B": lambda: self._random.randbytes(self._random.randrange(12)),
            "BOOL": lambda: self._chance(0.5),
            "NULL": lambda: True,
            "SS": lambda: self._members("é{}"),
            "NS": lambda: self._members("-{}.5"),
            "BS": lambda: [text.encode() for text in self._members("b{}")],
        }
        return plain[kind]()

    def _members(self, template: str) -> list[str]:
        """Returns the distinct members of a set, in no order."""
        numbers = self._random.sample(range(10_000), self._random.randint(1, 4))
        return [template.format(number) for number in numbers]

    def _text(self) -> str:
        return "".join(self._random.choices("ab é€😀", k=self._random.randrange(8)))

    def number(self) -> str:
        """Returns the text of a number that DynamoDB can hold."""
        digits = self._random.choices("0123456789", k=self._random.randint(1, 38))
        point = self._random.randint(0, len(digits))
        sign = self._random.choice(["", "-"])
        plain = sign + ("".join(digits[:point]) or "0") + "." + ("".join(digits[point:]) or "0")
        return plain if self._chance(0.8) else f"{plain}E{self._random.randint(-40, 60)}"
