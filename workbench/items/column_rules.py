"""The size of an attribute, and the length of a placeholder in a key, for a whole column of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from workbench.items.arrow_columns import (
    MICROSECONDS_PER_SECOND,
    Column,
    exact_json,
    settled_number,
    settled_number_length,
)
from workbench.items.codec import attribute_format, encoder, key_writer
from workbench.model.columnar import (
    Flags,
    Integers,
    Measured,
    decimal_bytes,
    decimal_lengths,
    integer_bytes,
    integer_lengths,
)
from workbench.model.columnar_json import document_bytes
from workbench.model.item_size import value_bytes
from workbench.spec.design import Attribute

Rule = Callable[[Column], Measured]

TIMESTAMP_BYTES = len("2000-01-01T00:00:00.000000Z")
DATE_BYTES = len("2000-01-01")
UUID_BYTES = 36
FIRST_MICROSECOND = -62_135_596_800_000_000
LAST_MICROSECOND = 253_402_300_799_999_999
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
"""Days from 1970 to the first and the last day of the years 1 to 9999."""


def _accepted(size_bytes: Integers) -> Measured:
    return Measured(size_bytes, np.zeros(len(size_bytes), np.bool_))


def _where(size_bytes: Integers | int, refused: Flags) -> Measured:
    return Measured(np.where(refused, 0, size_bytes).astype(np.int64), refused)


def _outside(values: Integers, first: int, last: int) -> Flags:
    return (values < first) | (values > last)


def _moments(size_bytes: int) -> Rule:
    return lambda column: _where(
        size_bytes, _outside(column.microseconds, FIRST_MICROSECOND, LAST_MICROSECOND)
    )


def _seconds(measure: Callable[[Integers], Integers]) -> Rule:
    def rule(column: Column) -> Measured:
        moments = column.microseconds
        outside = _outside(moments, FIRST_MICROSECOND, LAST_MICROSECOND)
        return _where(measure(np.floor_divide(moments, MICROSECONDS_PER_SECOND)), outside)

    return rule


def _days(column: Column) -> Measured:
    days = np.asarray(column.values.view("int32")).astype(np.int64)
    return _where(DATE_BYTES, _outside(days, FIRST_DAY, LAST_DAY))


def _texts(column: Column) -> Measured:
    octets, offsets = column.packed
    refused = np.zeros(len(offsets) - 1, np.bool_)
    if octets.min(initial=1) == 0:
        refused[np.searchsorted(offsets, np.flatnonzero(octets == 0), side="right") - 1] = True
    return _where(np.diff(offsets), refused)


def _integers(measure: Callable[[Integers], Integers]) -> Rule:
    return lambda column: _accepted(measure(column.integers))


_SIZES: Mapping[tuple[str, str], Rule] = {
    ("text", "text"): _texts,
    ("text", "uuid"): lambda column: _accepted(np.full(len(column.values), UUID_BYTES, np.int64)),
    ("integer", "integer"): _integers(integer_bytes),
    ("integer", "numeric"): lambda column: decimal_bytes(column.spans, settled_number),
    ("boolean", "boolean"): lambda column: _accepted(np.ones(len(column.values), np.int64)),
    ("timestamp", "moment"): _moments(TIMESTAMP_BYTES),
    ("date", "moment"): _moments(DATE_BYTES),
    ("date", "day"): _days,
    ("epoch_seconds", "moment"): _seconds(integer_bytes),
    ("epoch_seconds", "integer"): _integers(integer_bytes),
    ("epoch_seconds", "numeric"): lambda column: decimal_bytes(column.spans, settled_number),
    ("bytes", "bytes"): lambda column: _accepted(column.lengths),
}
"""Format of the attribute and what the column holds, to the rule of its size."""

_LENGTHS: Mapping[tuple[str, str], Rule] = {
    **_SIZES,
    ("integer", "integer"): _integers(integer_lengths),
    ("integer", "numeric"): lambda column: decimal_lengths(column.spans, settled_number_length),
    ("boolean", "boolean"): lambda column: _accepted(5 - np.asarray(column.values).astype(np.int64)),
    ("epoch_seconds", "moment"): _seconds(integer_lengths),
    ("epoch_seconds", "integer"): _integers(integer_lengths),
    ("epoch_seconds", "numeric"): lambda column: decimal_lengths(column.spans, settled_number_length),
    ("bytes", "bytes"): lambda column: _accepted(2 * column.lengths),
}
"""The same for the length of the text that stands in a key."""

_SAME_AS = {"decimal": "integer"}


def attribute_sizes(attribute: Attribute, column: Column) -> Measured:
    """Returns the size of an attribute's value in each row that has one [bytes].

    Columns of jsonb are measured in flat passes. One value at a time are read: sets, columns of json (kept as
    written, so a name may stand twice), floating-point numbers, identifiers, arrays.

    Args:
        attribute: Its type and format.
        column: The values.
    """
    form = attribute_format(attribute)
    if form == "json" and column.holds == "jsonb":
        return _documents(attribute, column)
    rule = _rule(_SIZES, form, column)
    if rule:
        return rule(column)
    encode = encoder(attribute)
    return column.one_by_one(lambda value: value_bytes(encode(value)))


def _rule(rules: Mapping[tuple[str, str], Rule], form: str, column: Column) -> Rule | None:
    """Returns the flat rule of a format for what a column holds; None where values are read one by one."""
    without = _refused if column.holds in {"moment", "day"} else None
    return rules.get((_SAME_AS.get(form, form), column.holds), without)


def _refused(column: Column) -> Measured:
    return _where(0, np.ones(len(column.values), np.bool_))


def _documents(attribute: Attribute, column: Column) -> Measured:
    encode = encoder(attribute)
    octets, offsets = column.packed
    return document_bytes(
        octets, offsets, attribute.type, lambda text: value_bytes(encode(exact_json(text))), settled_number
    )


def placeholder_lengths(attribute: Attribute, form: str, column: Column) -> Measured:
    """Returns the length of a placeholder's text in each row that has a value [bytes].

    Args:
        attribute: Its type and format.
        form: The form of the placeholder: empty, `date` or `0Nd`.
        column: The values.
    """
    if form.endswith("d") and column.holds == "integer":
        return _padded(int(form[1:-1]), column)
    rule = _rule(_LENGTHS, form or attribute_format(attribute), column)
    if rule:
        return rule(column)
    write = key_writer(attribute, form)
    return column.one_by_one(lambda value: len(write(value).encode()))


def _padded(width: int, column: Column) -> Measured:
    values = column.integers
    return _where(width, (values < 0) | (integer_lengths(values) > width))
