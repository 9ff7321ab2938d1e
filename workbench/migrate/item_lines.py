"""Files of items as DynamoDB imports and exports them: one `{"Item": …}` a line, compressed with gzip."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from workbench.engines.prepared import base64_text
from workbench.errors import MigrationError
from workbench.items import Item
from workbench.model.item_file import read_items

COMPRESSION = 6
PART = ".part"


@dataclass(frozen=True, slots=True)
class LineFile:
    """A written file.

    Args:
        path: The file.
        items: Lines in it.
        text_bytes: Size before compression, which an import is billed by [bytes].
        size_bytes: Size of the file [bytes].
        md5: MD5 of the file as base64, which S3 and the manifests use.
    """

    path: Path
    items: int
    text_bytes: int
    size_bytes: int
    md5: str


def write_lines(path: Path, items: Iterable[Item]) -> LineFile:
    """Writes items to a file that appears only when it is whole; the same items give the same bytes.

    Args:
        path: The file; its folder is made.
        items: What it holds, in this order.

    Source: dg-export-output, dg-import-format
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    count = text_bytes = 0
    with part.open("wb") as raw, gzip.GzipFile("", "wb", COMPRESSION, raw, mtime=0) as packed:
        for item in items:
            line = _line(item)
            packed.write(line)
            count, text_bytes = count + 1, text_bytes + len(line)
    content = part.read_bytes()
    part.replace(path)
    return LineFile(path, count, text_bytes, len(content), md5_of(content))


def _line(item: Item) -> bytes:
    text = json.dumps({"Item": item}, separators=(",", ":"), ensure_ascii=False, default=base64_text)
    return text.encode() + b"\n"


def md5_of(content: bytes) -> str:
    """Returns the MD5 of some bytes as base64."""
    return base64_text(hashlib.md5(content, usedforsecurity=False).digest())


def read_lines(path: Path, md5: str, count: int) -> list[Item]:
    """Returns the items of a file after checking that it is what was written.

    Args:
        path: The file.
        md5: Its MD5 as base64.
        count: Its items.

    Raises:
        MigrationError: The file is absent, changed or cut off.
        InputError: A line is no item.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MigrationError(f"{path}: {error.strerror}. Write the files again.") from error
    if md5_of(content) != md5:
        raise MigrationError(f"{path}: is not the file that its manifest names. Write the files again.")
    items = [cast("Item", entry.item) for entry in read_items(content, str(path))] if count else []
    if len(items) != count:
        raise MigrationError(f"{path}: has {len(items)} items; its manifest says {count}. Write them again.")
    return items


def write_json(path: Path, *documents: Any) -> bytes:
    """Writes JSON documents, one a line, to a file that appears when it is whole; returns its content."""
    content = "".join(f"{json.dumps(one)}\n" for one in documents).encode()
    part = path.with_name(path.name + PART)
    part.write_bytes(content)
    part.replace(path)
    return content
