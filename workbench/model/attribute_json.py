"""Reads DynamoDB JSON from a text file: every value checked, binary values decoded."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from workbench.model.item_size import Item, item_bytes
from workbench.spec.findings import Finding, Path, shown

MAX_ITEM_BYTES = 409_600
MAX_DEPTH = 32
MAX_DIGITS = 38
SMALLEST_EXPONENT, LARGEST_EXPONENT = -130, 125

TYPES = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M")

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_WRITE_TYPED = 'Write values in DynamoDB JSON, such as {"S": "text"} or {"N": "1"}.'


class Reader:
    """Reads values and keeps what is wrong with them.

    Args:
        findings: Where problems are added; what is read beside a problem must not be used.
    """

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings

    def wrong(self, path: Path, problem: str, next_step: str, got: object = ..., allowed: str = "") -> None:
        """Keeps a problem."""
        self.findings.append(Finding(path, problem, next_step, "" if got is ... else shown(got), allowed))

    def item(self, raw: object, path: Path) -> Item:
        """Returns an item; binary values become bytes."""
        if not isinstance(raw, dict):
            self.wrong(path, "is not an item", _WRITE_TYPED, raw, "a mapping of attribute names to values")
            return {}
        found = len(self.findings)
        if "" in raw:
            self.wrong(path, "an attribute has an empty name", "Name the attribute.")
        item = {name: self.value(value, (*path, name), 1) for name, value in raw.items()}
        if len(self.findings) == found and item_bytes(item) > MAX_ITEM_BYTES:
            size = f"{item_bytes(item):,} bytes"
            allowed = f"up to {MAX_ITEM_BYTES:,} bytes"
            self.findings.append(Finding(path, "is too large", "Make the item smaller.", size, allowed))
        return item

    def value(self, raw: object, path: Path, depth: int) -> Mapping[str, Any]:
        """Returns one value.

        Args:
            raw: What the file has.
            path: Where it is.
            depth: Its level, 1 for an attribute of the item.
        """
        if not isinstance(raw, dict) or len(raw) != 1:
            self.wrong(path, "is not one typed value", _WRITE_TYPED, raw, "one of " + ", ".join(TYPES))
            return {"NULL": True}
        ((kind, inside),) = raw.items()
        read = _READERS.get(kind)
        if read is None:
            self.wrong(path, "has an unknown type", _WRITE_TYPED, kind, "one of " + ", ".join(TYPES))
            return {"NULL": True}
        return {kind: read(self, inside, (*path, kind), depth)}

    def text(self, raw: object, path: Path, depth: int) -> str:
        """Returns a string."""
        del depth
        if not isinstance(raw, str):
            self.wrong(path, "is not text", "Put it in quotes.", raw)
            return ""
        try:
            raw.encode()
        except UnicodeEncodeError:
            self.wrong(path, "holds half a surrogate pair", "Write the whole character.", raw)
            return ""
        return raw

    def number(self, raw: object, path: Path, depth: int) -> str:
        """Returns the text of a number."""
        if not isinstance(raw, str) or not _NUMBER.fullmatch(raw):
            self.wrong(path, "is not the text of a number", 'Write numbers as text, such as "1.5".', raw)
            return "0"
        digits, magnitude = _significant(raw)
        if digits > MAX_DIGITS:
            step = "Shorten the number, or keep it as a string."
            self.wrong(path, f"has {digits} significant digits", step, raw, f"up to {MAX_DIGITS}")
        if digits and not SMALLEST_EXPONENT <= magnitude <= LARGEST_EXPONENT:
            self.wrong(path, "is out of range", "Keep it as a string.", raw, "magnitudes 1E-130 to 9.9E125")
        return self.text(raw, path, depth)

    def binary(self, raw: object, path: Path, depth: int) -> bytes:
        """Returns bytes from base64 text."""
        try:
            return base64.b64decode(self.text(raw, path, depth), validate=True)
        except binascii.Error:
            self.wrong(path, "is not base64", "Write binary values as base64 text with padding.", raw)
            return b""

    def boolean(self, raw: object, path: Path, depth: int) -> bool:
        """Returns a truth value."""
        del depth
        if not isinstance(raw, bool):
            self.wrong(path, "is not a truth value", "Write it without quotes.", raw, "true or false")
        return bool(raw)

    def null(self, raw: object, path: Path, depth: int) -> bool:
        """Returns the inside of a null."""
        del depth
        if raw is not True:
            self.wrong(path, "is not a null", 'Write {"NULL": true}.', raw, "true")
        return True

    def document(self, raw: object, path: Path, depth: int) -> dict[str, Any]:
        """Returns the members of a map."""
        if not isinstance(raw, dict):
            self.wrong(path, "is not a mapping", _WRITE_TYPED, raw)
            return {}
        if self._too_deep(path, depth):
            return {}
        if "" in raw:
            self.wrong(path, "a member has an empty name", "Name the member.")
        return {name: self.value(value, (*path, name), depth + 1) for name, value in raw.items()}

    def sequence(self, raw: object, path: Path, depth: int) -> list[Any]:
        """Returns the members of a list."""
        if not isinstance(raw, list):
            self.wrong(path, "is not a list", _WRITE_TYPED, raw)
            return []
        if self._too_deep(path, depth):
            return []
        return [self.value(value, (*path, place), depth + 1) for place, value in enumerate(raw)]

    def _too_deep(self, path: Path, depth: int) -> bool:
        if depth >= MAX_DEPTH:
            self.wrong(path, f"is nested deeper than {MAX_DEPTH} levels", "Flatten the item.")
        return depth >= MAX_DEPTH


def _significant(text: str) -> tuple[int, int]:
    """Returns the number of significant digits and the power of ten of the first."""
    mantissa, _, power = text.lower().lstrip("+-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    return len(digits.rstrip("0")), int(power or 0) + len(digits) - len(fraction) - 1


def _members(read: Callable[[Reader, object, Path, int], Any]) -> Callable[[Reader, object, Path, int], Any]:
    def members(reader: Reader, raw: object, path: Path, depth: int) -> list[Any]:
        if not isinstance(raw, list) or not raw:
            reader.wrong(path, "is not a set with members", "Leave out an attribute that is empty.", raw)
            return []
        found = [read(reader, member, (*path, place), depth) for place, member in enumerate(raw)]
        if len(set(map(_identity(path), found))) < len(found):
            reader.wrong(path, "has a member twice", "Name each member of a set once.")
        return found

    return members


def _identity(path: Path) -> Callable[[Any], Any]:
    """Returns what makes two members of a set the same: numbers are compared by value."""
    return _value_of if path[-1] == "NS" else lambda member: member


def _value_of(text: str) -> tuple[bool, str, int]:
    _, magnitude = _significant(text)
    digits = re.sub(r"[eE].*|\D", "", text).strip("0")
    return text.startswith("-") and bool(digits), digits, magnitude if digits else 0


_READERS: dict[str, Callable[[Reader, object, Path, int], Any]] = {
    "S": Reader.text,
    "N": Reader.number,
    "B": Reader.binary,
    "BOOL": Reader.boolean,
    "NULL": Reader.null,
    "SS": _members(Reader.text),
    "NS": _members(Reader.number),
    "BS": _members(Reader.binary),
    "L": Reader.sequence,
    "M": Reader.document,
}
