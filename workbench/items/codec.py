"""One relational value as one DynamoDB attribute value, and the canonical form in which two are compared."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from workbench.spec.design import Attribute

AttributeValue = dict[str, Any]
"""One value in DynamoDB JSON, such as `{"N": "1"}`."""

Item = dict[str, AttributeValue]

Encoder = Callable[[Any], AttributeValue]

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
LARGEST_EXPONENT = 125
SMALLEST_EXPONENT = -130


class Unrepresentable(ValueError):  # noqa: N818 - a finding about a row, not a failure of the program
    """A value that no DynamoDB attribute can hold; the text is the reason."""


def number_text(value: float | Decimal) -> str:
    """Returns the text of a number as DynamoDB gives it back: no exponent, no zeros without meaning.

    Raises:
        Unrepresentable: Not finite, over 38 significant digits or out of range.

    Source: dg-constraints
    """
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not number.is_finite():
        raise Unrepresentable(f"{number} is not a finite number")
    if not number:
        return "0"
    _, digits, exponent = number.as_tuple()
    significant = len("".join(map(str, digits)).rstrip("0"))
    if significant > MAX_SIGNIFICANT_DIGITS:
        raise Unrepresentable(f"a number has {significant} significant digits, at most 38 are kept")
    if not SMALLEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT:
        raise Unrepresentable(f"a number of magnitude 1E{number.adjusted()} is outside 1E-130 to 9.9E125")
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def timestamp_text(value: dt.datetime) -> str:
    """Returns a moment as UTC ISO 8601 with six digits and a Z, which sorts as text.

    Raises:
        Unrepresentable: The moment has no time zone.
    """
    if value.tzinfo is None:
        raise Unrepresentable(f"timestamp {value.isoformat()} has no time zone")
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(value: Any) -> str:
    text = str(value) if isinstance(value, uuid.UUID) else value
    if not isinstance(text, str):
        raise Unrepresentable(f"{type(value).__name__} is not text")
    if "\x00" in text:
        raise Unrepresentable("text holds the NUL character, which PostgreSQL could not take back")
    return text


def _day(value: dt.date) -> str:
    return value.strftime("%Y-%m-%d")


def _epoch(value: Any) -> str:
    if isinstance(value, dt.datetime):
        timestamp_text(value)
        return str(int(value.timestamp() // 1))
    return number_text(value)


def _json(value: Any) -> AttributeValue:
    """Returns a JSON value as nested DynamoDB JSON."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float | Decimal):
        return {"N": number_text(value)}
    if isinstance(value, Mapping):
        return {"M": {_text(name): _json(part) for name, part in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [_json(part) for part in value]}
    return {"S": _text(value)}


def _members(kind: str, values: Iterable[Any]) -> list[Any]:
    if kind == "BS":
        return sorted({bytes(value) for value in values})
    return sorted({number_text(value) if kind == "NS" else _text(value) for value in values})


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": number_text,
    "decimal": number_text,
    "boolean": bool,
    "timestamp": timestamp_text,
    "date": _day,
    "epoch_seconds": _epoch,
    "bytes": bytes,
}


def attribute_format(attribute: Attribute) -> str:
    """Returns the format of an attribute, the default of its type where none is stated."""
    return attribute.format or DEFAULT_FORMATS[attribute.type]


def encoder(attribute: Attribute) -> Encoder:
    """Returns the function that turns a relational value, never None, into the attribute's value."""
    kind, form = attribute.type, attribute_format(attribute)
    if form == "json":
        return _json
    if form == "set":
        return lambda values: {kind: _members(kind, values)}
    scalar = _SCALARS[form]
    return lambda value: {kind: scalar(value)}


def key_text(attribute: Attribute, value: Any, form: str = "") -> str:
    """Returns a value as it stands inside a key template.

    Args:
        attribute: Says how the value is written without a form.
        value: The relational value, never None.
        form: The form of the placeholder, see `workbench.spec.templates.Placeholder`.

    Raises:
        Unrepresentable: The value has no text of that form.
    """
    if form == "date":
        moment = value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
        return _day(moment)
    if form:
        if not isinstance(value, int) or value < 0:
            raise Unrepresentable(f"{value!r} cannot be padded with zeros, only integers from 0 can")
        return f"{value:{form}}"
    (encoded,) = encoder(attribute)(value).values()
    return encoded if isinstance(encoded, str) else str(encoded).lower()


def canonical(value: AttributeValue) -> AttributeValue:
    """Returns a value in the one form that equal values share: sets sorted, numbers without spare zeros."""
    ((kind, inside),) = value.items()
    if kind == "N":
        return {"N": number_text(Decimal(inside))}
    if kind == "NS":
        return {"NS": sorted(number_text(Decimal(member)) for member in inside)}
    if kind in {"SS", "BS"}:
        return {kind: sorted(inside)}
    if kind == "M":
        return {"M": {name: canonical(part) for name, part in sorted(inside.items())}}
    if kind == "L":
        return {"L": [canonical(part) for part in inside]}
    return value
