"""Items as JSON text: numbers keep every digit, and key attributes stay inside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from workbench.items.codec import AttributeValue, Item


def _members(value: Mapping[str, AttributeValue]) -> str:
    return "{" + ",".join(f"{quoted(name)}:{value_json(part)}" for name, part in value.items()) + "}"


def _list(values: Collection[AttributeValue]) -> str:
    return "[" + ",".join(map(value_json, values)) + "]"


_RENDERERS: dict[str, Callable[[Any], str]] = {
    "S": quoted,
    "N": str,
    "BOOL": lambda value: "true" if value else "false",
    "NULL": lambda _: "null",
    "M": _members,
    "L": _list,
    "SS": lambda values: "[" + ",".join(map(quoted, values)) + "]",
    "NS": lambda values: "[" + ",".join(values) + "]",
}


def value_json(value: AttributeValue) -> str:
    """Returns an attribute value as JSON text.

    >>> value_json({"L": [{"N": "12.50"}, {"S": "a"}, {"NULL": True}]})
    '[12.50,"a",null]'
    """
    ((kind, inside),) = value.items()
    return _RENDERERS[kind](inside)


def item_json(item: Item, attributes: Collection[str]) -> str:
    """Returns those attributes of an item that a caller may see, as a JSON object.

    Args:
        item: The item.
        attributes: What is shown.
    """
    shown = [f"{quoted(name)}:{value_json(item[name])}" for name in attributes if name in item]
    return "{" + ",".join(shown) + "}"
