"""The bytes that DynamoDB counts for an item, an attribute value or a number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

AttributeValue = Mapping[str, Any]
"""One value in DynamoDB JSON as boto3's low-level client takes it, such as `{"N": "1"}` or `{"B": b"x"}`."""

Item = Mapping[str, AttributeValue]
"""Attribute name to value."""

DOCUMENT_BYTES = 3
"""Overhead of a List or a Map."""

ELEMENT_BYTES = 1
"""Overhead of each element of a List or a Map."""

MAX_NUMBER_BYTES = 21

KEPT_NUMBERS = 65_536
"""Sizes of numbers that are remembered; the numbers of a table repeat."""


def begun(size_bytes: int, step_bytes: int) -> int:
    """Returns the number of begun steps, at least one.

    Args:
        size_bytes: What is measured [bytes].
        step_bytes: The step: 1,024 for writes, 4,096 for reads [bytes].

    >>> begun(0, 1024), begun(1024, 1024), begun(1025, 1024)
    (1, 1, 2)

    Source: dg-read-write-operations
    """
    return max(1, -(-size_bytes // step_bytes))


@lru_cache(maxsize=KEPT_NUMBERS)
def number_bytes(text: str) -> int:
    """Returns the size of a number [bytes]; the attribute's name is not counted.

    Digits are counted in pairs that start at the decimal point; pairs of zeros at either end do not count.
    One byte is added for the exponent, one more for a minus sign.

    Args:
        text: The number as DynamoDB JSON holds it, such as `-3.14` or `1E+20`.

    >>> number_bytes("500"), number_bytes("12345"), number_bytes("-3.14"), number_bytes("0")
    (2, 4, 4, 1)

    Source: adt-item-size, local-item-size
    """
    mantissa, _, power = text.strip().lower().partition("e")
    whole, _, fraction = mantissa.lstrip("+-").partition(".")
    digits, exponent = whole + fraction, int(power or 0) - len(fraction)
    trimmed = digits.rstrip("0")
    exponent += len(digits) - len(trimmed)
    trimmed = trimmed.lstrip("0")
    if not trimmed:
        return 1
    pairs = (len(trimmed) + exponent % 2 + 1) // 2
    return min(pairs + 1 + mantissa.startswith("-"), MAX_NUMBER_BYTES)


def _text_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _map_bytes(members: Item) -> int:
    return DOCUMENT_BYTES + ELEMENT_BYTES * len(members) + item_bytes(members)


def _list_bytes(members: list[AttributeValue]) -> int:
    return DOCUMENT_BYTES + sum(ELEMENT_BYTES + value_bytes(member) for member in members)


_SIZES: Mapping[str, Any] = {
    "S": _text_bytes,
    "N": number_bytes,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "SS": lambda members: sum(map(_text_bytes, members)),
    "NS": lambda members: sum(map(number_bytes, members)),
    "BS": lambda members: sum(map(len, members)),
    "M": _map_bytes,
    "L": _list_bytes,
}


def value_bytes(value: AttributeValue) -> int:
    """Returns the size of an attribute value without its name [bytes].

    Args:
        value: One value; binary values are bytes, not base64 text.

    Source: dg-capacity-units, local-item-size
    """
    ((kind, inside),) = value.items()
    size: int = _SIZES[kind](inside)
    return size


def item_bytes(item: Item) -> int:
    """Returns the size of an item: names and values of all its attributes [bytes].

    The 100 bytes that billed storage adds to each item are not part of it, see `workbench.model.storage`.

    >>> item_bytes({"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}})
    23

    Source: dg-capacity-units, dg-constraints
    """
    return sum(_text_bytes(name) + value_bytes(value) for name, value in item.items())


def most_item_bytes(item: Item) -> int:
    """Returns a size that an item does not exceed, in a fraction of the time that its size takes [bytes].

    >>> most_item_bytes({"shirt-color": {"S": "R"}, "year": {"N": "2013"}})
    82

    Source: dg-constraints
    """
    total_bytes = 0
    for name, value in item.items():
        total_bytes += 4 * len(name)
        for kind, inside in value.items():
            if kind == "S":
                total_bytes += len(inside) if inside.isascii() else 4 * len(inside)
            elif kind == "N":
                total_bytes += MAX_NUMBER_BYTES
            elif kind == "M":
                total_bytes += DOCUMENT_BYTES + ELEMENT_BYTES * len(inside) + most_item_bytes(inside)
            else:
                total_bytes += value_bytes(value)
    return total_bytes
