"""Reads files of items: one JSON item, JSON Lines, an export of DynamoDB or an answer of Scan."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.errors import InputError, Problem
from workbench.model.attribute_json import Reader
from workbench.model.item_size import Item
from workbench.model.json_text import Malformed, numbered_lines, strict_json
from workbench.spec.findings import Finding, Path, dotted

_ONE_ITEM = "Write one item in DynamoDB JSON, or one a line."
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class FileItem:
    """An item of a file.

    Args:
        line: 1-based line where it begins.
        item: The item.
    """

    line: int
    item: Item


def read_items(content: bytes, file: str) -> list[FileItem]:
    """Returns all items of a file.

    Args:
        content: Its bytes: an item, a list of items, an object with `Item` or `Items`, or such objects one a
            line; compressed with gzip or not.
        file: Its path as the user gave it.

    Raises:
        InputError: Something is no item; all problems of all lines.
    """
    text = _unpacked(content, file)
    documents = list(_documents(text, file))
    problems = [problem for _, problem in documents if isinstance(problem, Problem)]
    items: list[FileItem] = []
    for line, document in documents:
        if not isinstance(document, Problem):
            findings: list[Finding] = []
            items += [FileItem(line, item) for item in _items(document, Reader(findings))]
            problems += [Problem(file, line, dotted(f.path), f.message, f.next_step) for f in findings]
    if problems:
        raise InputError(problems)
    return items


def _unpacked(content: bytes, file: str) -> bytes:
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        message = f"is damaged gzip: {error}"
        raise InputError([Problem(file, 0, "", message, "Fetch or compress it again.")]) from None


def _documents(content: bytes, file: str) -> Iterator[tuple[int, Any]]:
    """Yields the JSON values of a file with their lines; a Problem for what is none."""
    lines = list(numbered_lines(content, file))
    first, text = lines[0]
    try:
        alone = strict_json(text)
    except Malformed as error:
        yield _whole(lines, error, file)
        return
    yield first, alone
    for line, text in lines[1:]:
        try:
            yield line, strict_json(text)
        except Malformed as error:
            yield line, Problem(file, line, "", str(error), _ONE_ITEM)


def _whole(lines: list[tuple[int, str]], reason: Malformed, file: str) -> tuple[int, Any]:
    """Returns the one JSON value that a file of several lines holds."""
    first = lines[0][0]
    try:
        return first, strict_json("\n".join(text for _, text in lines))
    except Malformed:
        return first, Problem(file, first, "", str(reason), _ONE_ITEM)


def _items(document: Any, reader: Reader) -> list[Item]:
    if isinstance(document, list):
        return _listed(document, (), reader)
    if isinstance(document, dict) and isinstance(document.get("Items"), list):
        return _listed(document["Items"], ("Items",), reader)
    if isinstance(document, dict) and set(document) == {"Item"} and _is_item(document["Item"]):
        return [reader.item(document["Item"], ("Item",))]
    return [reader.item(document, ())]


def _listed(documents: list[Any], path: Path, reader: Reader) -> list[Item]:
    return [reader.item(document, (*path, place)) for place, document in enumerate(documents)]


def _is_item(raw: object) -> bool:
    """Returns whether a value is an item and not the value of an attribute that is called `Item`."""
    findings: list[Finding] = []
    Reader(findings).item(raw, ())
    return not findings
