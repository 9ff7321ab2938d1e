"""What an Arrow column of a mapping's query holds, and its values one by one where no flat rule exists."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.items.codec import number_text
from workbench.model.columnar import Flags, Integers, Measured, Octets, Spans
from workbench.model.item_size import number_bytes

Holds = Literal[
    "text",
    "jsonb",
    "json",
    "numeric",
    "numerics",
    "integer",
    "real",
    "boolean",
    "moment",
    "day",
    "bytes",
    "uuid",
    "other",
]

JSONB = b"jsonb"
POSTGRESQL_TYPE = b"POSTGRESQL:type"
MICROSECONDS_PER_SECOND = 1_000_000


def settled_number(text: str) -> int:
    """Returns the size of one number [bytes].

    Raises:
        ValueError: DynamoDB cannot hold it.
    """
    return number_bytes(_plain(text))


def settled_number_length(text: str) -> int:
    """Returns the length of one number's text [bytes].

    Raises:
        ValueError: DynamoDB cannot hold it.
    """
    return len(_plain(text))


def _plain(text: str) -> str:
    try:
        return number_text(Decimal(text))
    except ArithmeticError as error:
        raise ValueError(text) from error


@dataclass(frozen=True)
class Column:
    """The values of one column that are not NULL.

    Args:
        present: Which rows have a value.
        values: Those values, in an array without NULL whose type is not an extension.
        holds: What they are.
    """

    present: Flags
    values: pa.Array
    holds: Holds

    @classmethod
    def of(cls, field: pa.Field, array: pa.Array, *, omit_empty: bool = False) -> Column:
        """Returns a column of a record batch.

        Args:
            field: Its name, type and metadata.
            array: Its values.
            omit_empty: Whether an empty text counts as NULL.
        """
        holds = _holds(field)
        plain = array.storage if isinstance(array, pa.ExtensionArray) else array
        if omit_empty and holds in {"text", "json", "jsonb"}:
            nothing = pa.scalar('""' if holds != "text" else "", plain.type)
            plain = pc.if_else(pc.equal(plain, nothing), pa.scalar(None, plain.type), plain)
        if not plain.null_count:
            return cls(np.ones(len(plain), np.bool_), plain, holds)
        return cls(np.asarray(plain.is_valid()), plain.drop_null(), holds)

    @cached_property
    def offsets(self) -> Integers:
        """Where each text starts in the column's octets, and the end of the last."""
        wide = pa.types.is_large_string(self.values.type) or pa.types.is_large_binary(self.values.type)
        buffer = self.values.buffers()[1]
        if not len(self.values) or buffer is None:
            return np.zeros(1, np.int64)
        every = np.frombuffer(buffer, np.int64 if wide else np.int32)
        start = self.values.offset
        return every[start : start + len(self.values) + 1].astype(np.int64)

    @property
    def octets(self) -> Octets:
        """The texts, one after another."""
        data = self.values.buffers()[2]
        return np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)

    @property
    def packed(self) -> tuple[Octets, Integers]:
        """The texts without what lies before and after them in their buffer, and where each starts."""
        offsets = self.offsets
        return self.octets[offsets[0] : offsets[-1]], offsets - offsets[0]

    @property
    def lengths(self) -> Integers:
        """Length of each text or binary value [bytes]."""
        return np.diff(self.offsets)

    @property
    def spans(self) -> Spans:
        """The texts as spans."""
        return Spans(self.octets, self.offsets[:-1], self.offsets[1:])

    @property
    def integers(self) -> Integers:
        """The integers."""
        return np.asarray(self.values).astype(np.int64)

    @property
    def microseconds(self) -> Integers:
        """The moments since 1970 [µs]."""
        return np.asarray(self.values.view(pa.int64()))

    def python(self) -> Iterator[Any]:
        """Yields the values as psycopg gives them."""
        values = self.values.cast(pa.string()) if self.holds == "real" else self.values
        return map(_READERS.get(self.holds, _same), values.to_pylist())

    def every(self) -> list[Any]:
        """Returns the value of each row as psycopg gives it, None for NULL."""
        values = self.python()
        return [next(values) if present else None for present in self.present.tolist()]

    def one_by_one(self, settle: Callable[[Any], int]) -> Measured:
        """Returns sizes that a function gives for one Python value at a time.

        Args:
            settle: Gives the size of a value, or raises ValueError for one that is refused.
        """
        sizes = [_settled(value, settle) for value in self.python()]
        size_bytes = np.array(sizes, np.int64)
        return Measured(np.maximum(size_bytes, 0), size_bytes < 0)

    def equal_to(self, wanted: Any) -> Flags:
        """Returns for each row whether its value is the wanted one, which may be NULL."""
        if wanted is None:
            return ~self.present
        equal: npt.NDArray[np.bool_] = np.zeros(len(self.present), np.bool_)
        equal[self.present] = self._equal(wanted)
        return equal

    def _equal(self, wanted: Any) -> Any:
        if self.holds in {"moment", "day"}:
            return False
        alike = {"text": str, "boolean": bool, "integer": int}.get(self.holds)
        if type(wanted) is alike:
            return np.asarray(pc.equal(self.values, pa.scalar(wanted)))
        return [value == wanted for value in self.python()]


def _settled(value: Any, settle: Callable[[Any], int]) -> int:
    try:
        return settle(value)
    except (ValueError, RecursionError):
        return -1


def exact_json(text: str) -> Any:
    """Returns a JSON value whose fractions are Decimal."""
    return json.loads(text, parse_float=Decimal)


def _same(value: Any) -> Any:
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "numeric": Decimal,
    "json": exact_json,
    "jsonb": exact_json,
    "numerics": lambda texts: [None if text is None else Decimal(text) for text in texts],
    "real": float,
    "uuid": lambda octets: uuid.UUID(bytes=octets),
}


def _holds(field: pa.Field) -> Holds:
    named = (field.metadata or {}).get(POSTGRESQL_TYPE, b"").strip(b"'")
    if named in {b"json", JSONB}:
        return "jsonb" if named == JSONB else "json"
    if isinstance(field.type, pa.BaseExtensionType):
        return _extension(field.type)
    return next((holds for holds, test in _TESTS if test(field.type)), "other")


def _extension(kind: pa.BaseExtensionType) -> Holds:
    if kind.extension_name == "arrow.json":
        return "json"
    if kind.extension_name == "arrow.uuid":
        return "uuid"
    return "numeric" if getattr(kind, "type_name", "") == "numeric" else "other"


def _is_list_of_numerics(kind: pa.DataType) -> bool:
    inside = kind.value_type if pa.types.is_list(kind) else None
    return getattr(inside, "type_name", "") == "numeric"


_TESTS: tuple[tuple[Holds, Callable[[pa.DataType], bool]], ...] = (
    ("text", lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind)),
    ("integer", pa.types.is_signed_integer),
    ("real", pa.types.is_float32),
    ("numerics", _is_list_of_numerics),
    ("boolean", pa.types.is_boolean),
    ("moment", lambda kind: pa.types.is_timestamp(kind) and kind.unit == "us" and kind.tz is not None),
    ("day", pa.types.is_date32),
    ("bytes", lambda kind: pa.types.is_binary(kind) or pa.types.is_large_binary(kind)),
)
