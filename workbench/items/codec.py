"""One relational value as one DynamoDB attribute value, and the canonical form in which two are compared."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from workbench.spec.design import Attribute

AttributeValue = dict[str, Any]
"""One value in DynamoDB JSON, such as `{"N": "1"}`."""

Item = dict[str, AttributeValue]

Encoder = Callable[[Any], AttributeValue]

Writer = Callable[[Any], str]
"""Turns a relational value, never None, into the text that stands in a key."""

DEFAULT_FORMATS = {
    "S": "text",
    "N": "decimal",
    "B": "bytes",
    "BOOL": "boolean",
    "M": "json",
    "L": "json",
    "SS": "set",
    "NS": "set",
    "BS": "set",
}

MAX_SIGNIFICANT_DIGITS = 38
WHOLE_LIMIT = 10**MAX_SIGNIFICANT_DIGITS
"""Whole numbers below it, and above its negative, have few enough digits."""

LARGEST_EXPONENT = 125
SMALLEST_EXPONENT = -130

MAX_NESTING = 31
"""Lists and maps around a value at most. Source: dg-constraints"""

MAX_NAME_BYTES = 65_535
"""Name of a member of a map at most [bytes]."""

KEPT_NUMBERS = 65_536
"""Canonical numbers that are remembered; the numbers of a table repeat."""

KEPT_NAMES = 1024
"""Names of members that are remembered; the maps of a table have the same ones."""

NUMBERS = (int, float, Decimal)

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_whole_number = re.compile(r"0|-?[1-9][0-9]{0,37}", re.ASCII).fullmatch


class Unrepresentable(ValueError):  # noqa: N818 - a finding about a row, not a failure of the program
    """A value that no DynamoDB attribute can hold; the text is the reason."""


def _unfit(value: Any, wanted: str) -> Unrepresentable:
    return Unrepresentable(f"{type(value).__name__} is not {wanted}")


def number_text(value: float | Decimal) -> str:
    """Returns the text of a number as DynamoDB gives it back: no exponent, no zeros without meaning.

    Raises:
        Unrepresentable: Not a finite number, over 38 significant digits or out of range.

    Source: dg-constraints
    """
    if type(value) is int and -WHOLE_LIMIT < value < WHOLE_LIMIT:
        return str(value)
    if type(value) is Decimal and value.is_finite():
        return _plain(value)
    if isinstance(value, bool) or not isinstance(value, NUMBERS):
        raise _unfit(value, "a number")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise Unrepresentable(f"{number} is not a finite number")
    return _plain(number)


@lru_cache(maxsize=KEPT_NUMBERS)
def _plain(number: Decimal) -> str:
    if not number:
        return "0"
    significant = len("".join(map(str, number.as_tuple().digits)).rstrip("0"))
    if significant > MAX_SIGNIFICANT_DIGITS:
        raise Unrepresentable(f"a number has {significant} significant digits, at most 38 are kept")
    if not SMALLEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT:
        raise Unrepresentable(f"a number of magnitude 1E{number.adjusted()} is outside 1E-130 to 9.9E125")
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _utc(value: Any) -> dt.datetime:
    if not isinstance(value, dt.datetime):
        raise Unrepresentable(f"{value} is not a moment between the years 1 and 9999")
    if value.tzinfo is dt.UTC:
        return value
    if value.tzinfo is None:
        raise Unrepresentable(f"timestamp {value.isoformat()} has no time zone")
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        raise Unrepresentable(f"{value} is not in the years 1 to 9999 of UTC") from None


def timestamp_text(value: dt.datetime) -> str:
    """Returns a moment as UTC ISO 8601 with six digits and a Z, which sorts as text.

    Raises:
        Unrepresentable: It is no moment, has no time zone or lies outside the years 1 to 9999.
    """
    return _utc(value).isoformat(timespec="microseconds")[:-6] + "Z"


def _text(value: Any) -> str:
    if type(value) is str and value.isascii() and "\x00" not in value:
        return value
    text = str(value) if isinstance(value, uuid.UUID) else value
    if not isinstance(text, str):
        raise _unfit(value, "text")
    if "\x00" in text:
        raise Unrepresentable("text holds the NUL character, which PostgreSQL could not take back")
    if not text.isascii():
        _encodable(text)
    return text


def _encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unrepresentable("text holds half a surrogate pair, which UTF-8 cannot express") from None


def _day(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return timestamp_text(value)[:10]
    if not isinstance(value, dt.date):
        raise Unrepresentable(f"{value} is not a day between the years 1 and 9999")
    return value.isoformat()


def _epoch(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return str((_utc(value) - EPOCH) // dt.timedelta(seconds=1))
    return number_text(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _unfit(value, "a boolean")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise _unfit(value, "bytes")
    return bytes(value)


@lru_cache(maxsize=KEPT_NAMES)
def _member_name(name: Any) -> str:
    text = _text(name)
    if not text:
        raise Unrepresentable("a map has a member without a name")
    if 4 * len(text) > MAX_NAME_BYTES and len(text.encode()) > MAX_NAME_BYTES:
        raise Unrepresentable(f"a map has a member whose name is longer than {MAX_NAME_BYTES} bytes")
    return text


def _json(value: Any, depth: int = 0) -> AttributeValue:
    """Returns a JSON value as nested DynamoDB JSON."""
    if isinstance(value, str):
        return {"S": _text(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, NUMBERS):
        return _number(value)
    if depth == MAX_NESTING:
        raise Unrepresentable(f"lists and maps are nested deeper than {MAX_NESTING} levels")
    if type(value) is dict or isinstance(value, Mapping):
        return {"M": {_member_name(name): _json(part, depth + 1) for name, part in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [_json(part, depth + 1) for part in value]}
    raise _unfit(value, "JSON")


def _document(kind: str) -> Encoder:
    def encode(value: Any) -> AttributeValue:
        encoded = _json(value)
        if kind not in encoded:
            (found,) = encoded
            raise Unrepresentable(f"JSON of type {found} is not of type {kind}")
        return encoded

    return encode


_MEMBERS: dict[str, Callable[[Any], Any]] = {"SS": _text, "NS": number_text, "BS": _bytes}


def _members(kind: str, values: Iterable[Any]) -> list[Any]:
    if not isinstance(values, list | tuple | set | frozenset):
        raise _unfit(values, "a set")
    members = sorted({_MEMBERS[kind](value) for value in values})
    if not members:
        raise Unrepresentable("a set is empty")
    return members


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": number_text,
    "decimal": number_text,
    "boolean": _boolean,
    "timestamp": timestamp_text,
    "date": _day,
    "epoch_seconds": _epoch,
    "bytes": _bytes,
}


def attribute_format(attribute: Attribute) -> str:
    """Returns the format of an attribute, the default of its type where none is stated."""
    return attribute.format or DEFAULT_FORMATS[attribute.type]


def encoder(attribute: Attribute) -> Encoder:
    """Returns the function that turns a relational value, never None, into the attribute's value."""
    kind, form = attribute.type, attribute_format(attribute)
    if form == "json":
        return _document(kind)
    if form == "set":
        return lambda values: {kind: _members(kind, values)}
    scalar = _SCALARS[form]
    return _WHOLE.get((kind, form)) or (lambda value: {kind: scalar(value)})


def _string(value: Any) -> AttributeValue:
    if type(value) is str and value.isascii() and "\x00" not in value:
        return {"S": value}
    return {"S": _text(value)}


def _number(value: Any) -> AttributeValue:
    if type(value) is int and -WHOLE_LIMIT < value < WHOLE_LIMIT:
        return {"N": str(value)}
    return {"N": number_text(value)}


_WHOLE: dict[tuple[str, str], Encoder] = {
    ("S", "text"): _string,
    ("N", "integer"): _number,
    ("N", "decimal"): _number,
}
"""Encoders that need no further call for most values."""


def key_writer(attribute: Attribute, form: str = "") -> Writer:
    """Returns the function that turns a value into the text that stands in a key template.

    Args:
        attribute: Says how the value is written without a form.
        form: The form of the placeholder, see `workbench.spec.templates.Placeholder`.
    """
    if form == "date":
        return _day
    if form:
        return lambda value: _padded(value, form)
    scalar = _SCALARS.get(attribute_format(attribute))
    if scalar is None:
        return _unkeyed
    return _shown if scalar in {_boolean, _bytes} else scalar


def _padded(value: Any, form: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Unrepresentable(f"{value!r} cannot be padded with zeros, only integers from 0 can")
    text = f"{value:{form}}"
    if len(text) > int(form[1:-1]):
        raise Unrepresentable(
            f"{value} has more than the {int(form[1:-1])} digits that keep its order as text"
        )
    return text


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _bytes(value).hex()


def _unkeyed(value: Any) -> str:
    raise _unfit(value, "a value that a key template can hold")


def key_text(attribute: Attribute, value: Any, form: str = "") -> str:
    """Returns a value as it stands inside a key template.

    Args:
        attribute: Says how the value is written without a form.
        value: The relational value, never None.
        form: The form of the placeholder, see `workbench.spec.templates.Placeholder`.

    Raises:
        Unrepresentable: The value has no text of that form.
    """
    return key_writer(attribute, form)(value)


def canonical(value: AttributeValue) -> AttributeValue:
    """Returns a value in the one form that equal values share: sets sorted, numbers without spare zeros."""
    ((kind, inside),) = value.items()
    if kind == "N":
        return {"N": _canonical_number(inside)}
    if kind == "NS":
        return {"NS": sorted(map(_canonical_number, inside))}
    if kind in {"SS", "BS"}:
        return {kind: sorted(inside)}
    if kind == "M":
        parts = sorted(inside.items())
        return {"M": {name: part if "S" in part else canonical(part) for name, part in parts}}
    if kind == "L":
        return {"L": [canonical(part) for part in inside]}
    return value


@lru_cache(maxsize=KEPT_NUMBERS)
def _canonical_number(text: str) -> str:
    return text if _whole_number(text) else number_text(Decimal(text))
