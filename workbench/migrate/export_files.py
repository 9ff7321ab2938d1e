"""Exports of whole tables in the layout of DynamoDB's export to S3: written, checked and read back."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from workbench.access.tables import apply_schema
from workbench.engines import DynamoEngine
from workbench.errors import MigrationError
from workbench.items import Item
from workbench.migrate.digests import content_digest, key_digest
from workbench.migrate.item_lines import LineFile, md5_of, read_lines, write_json, write_lines
from workbench.migrate.scans import SEGMENTS, scanned_part
from workbench.migrate.writer import BatchWriter, batches
from workbench.model.item_size import item_bytes
from workbench.spec.design import Design, Table

FORMAT_VERSION = "2020-06-30"
PARTS = 4
"""Data files of a table; DynamoDB writes one a partition."""

SUMMARY = "manifest-summary.json"
FILES = "manifest-files.json"
CHECKSUM = ".checksum"
BUCKET = "archive"


@dataclass(frozen=True, slots=True)
class TableExport:
    """The export of one table.

    Args:
        table: The table's name.
        folder: The folder that holds the manifests.
        items: Items in it.
        item_bytes: What they count as, which an export is billed by [bytes].
    """

    table: str
    folder: Path
    items: int
    item_bytes: int


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """An export that was compared with the tables.

    Args:
        items: Items of all exports.
        equal: Those that the tables hold with the same content.
        missing: Items of the tables that no export holds.
    """

    items: int
    equal: int
    missing: int

    @property
    def whole(self) -> bool:
        """Whether both sides hold the same."""
        return self.items == self.equal and not self.missing


def export_tables(design: Design, engine: DynamoEngine, folder: Path, at: dt.datetime) -> list[TableExport]:
    """Writes every table of a design; an export that was cut off is written again, a finished one stays.

    Args:
        design: The tables.
        engine: Holds them.
        folder: Stands for the bucket; each table's name is the prefix of its export.
        at: The moment of the export, which names it.

    Source: dg-export-output
    """
    return [_export(name, engine, folder, at) for name in design.tables]


def _export(table: str, engine: DynamoEngine, folder: Path, at: dt.datetime) -> TableExport:
    number = sha256(f"{table} {at.isoformat()}".encode()).hexdigest()[:8]
    identity = f"{int(at.timestamp() * 1000):014d}-{number}"
    place = folder / table / "AWSDynamoDB" / identity
    if not (place / SUMMARY).exists():
        _write_export(table, engine, place, at)
    summary = json.loads((place / SUMMARY).read_bytes())
    return TableExport(table, place, summary["itemCount"], summary["billedSizeBytes"])


def _write_export(table: str, engine: DynamoEngine, place: Path, at: dt.datetime) -> None:
    (place / "data").mkdir(parents=True, exist_ok=True)
    (place / "_started").touch()
    size = Counter[str]()
    files = [
        write_lines(place / "data" / f"part{part:05d}.json.gz", _counted(engine.client, table, part, size))
        for part in range(PARTS)
    ]
    root = place.parents[2]
    described = engine.client.describe_table(TableName=table)["Table"]
    _with_checksum(place / FILES, *(_entry(file, root) for file in files))
    _with_checksum(place / SUMMARY, _summary(described, place, at, files, size["item_bytes"]))


def _counted(client: Any, table: str, part: int, size: Counter[str]) -> Iterator[Item]:
    """Yields the items of one file, and adds their size."""
    for segment in range(part, SEGMENTS, PARTS):
        for item in scanned_part(client, table, segment):
            size["item_bytes"] += item_bytes(item)
            yield item


def _entry(file: LineFile, root: Path) -> dict[str, Any]:
    return {
        "itemCount": file.items,
        "md5Checksum": file.md5,
        "etag": f"{sha256(file.md5.encode()).hexdigest()[:32]}-1",
        "dataFileS3Key": file.path.relative_to(root).as_posix(),
    }


def _summary(
    described: dict[str, Any], place: Path, at: dt.datetime, files: list[LineFile], size_bytes: int
) -> dict[str, Any]:
    arn, moment = described["TableArn"].replace("ddblocal", "local"), f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
    return {
        "version": FORMAT_VERSION,
        "exportArn": f"{arn}/export/{place.name}",
        "startTime": moment,
        "endTime": moment,
        "tableArn": arn,
        "tableId": described.get("TableId", ""),
        "exportTime": moment,
        "s3Bucket": BUCKET,
        "s3Prefix": described["TableName"],
        "s3SseAlgorithm": "AES256",
        "s3SseKmsKeyId": None,
        "manifestFilesS3Key": (place / FILES).relative_to(place.parents[2]).as_posix(),
        "billedSizeBytes": size_bytes,
        "itemCount": sum(file.items for file in files),
        "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }


def _with_checksum(path: Path, *documents: Any) -> None:
    content = write_json(path, *documents)
    path.with_suffix(CHECKSUM).write_text(md5_of(content))


def exports_in(folder: Path) -> dict[str, Path]:
    """Returns the newest finished export of each table below a folder, by table.

    Raises:
        MigrationError: There is none.
    """
    found = {path.parents[2].name: path.parent for path in sorted(folder.glob(f"*/AWSDynamoDB/*/{SUMMARY}"))}
    if not found:
        raise MigrationError(f"{folder}: holds no finished export. Write one first.")
    return found


def read_export(place: Path) -> Iterator[Item]:
    """Yields the items of an export, checking manifests, data files and counts against each other.

    Args:
        place: The folder that holds the manifests.

    Raises:
        MigrationError: A file is absent, changed or cut off.
    """
    summary = json.loads(_checked(place / SUMMARY))
    root, items = place.parents[2], 0
    for line in _checked(place / FILES).splitlines():
        entry = json.loads(line)
        part = read_lines(root / entry["dataFileS3Key"], entry["md5Checksum"], entry["itemCount"])
        items += len(part)
        yield from part
    if items != summary["itemCount"]:
        raise MigrationError(f"{place}: has {items} items; {SUMMARY} says {summary['itemCount']}.")


def _checked(path: Path) -> bytes:
    try:
        content, stated = path.read_bytes(), path.with_suffix(CHECKSUM).read_text()
    except OSError as error:
        raise MigrationError(f"{error.filename}: {error.strerror}. Write the export again.") from error
    if md5_of(content) != stated:
        raise MigrationError(f"{path}: does not match its checksum. Write the export again.")
    return content


def check_export(design: Design, engine: DynamoEngine, folder: Path) -> ExportCheck:
    """Returns how the newest exports of a folder compare with the tables, item by item.

    Raises:
        MigrationError: An export is absent, changed or cut off.
    """
    stored = {digest for name in design.tables for digest in _stored(name, design.tables[name], engine)}
    items = equal = 0
    for table, place in exports_in(folder).items():
        for item in read_export(place):
            items += 1
            equal += _digest(table, design.tables[table], item) in stored
    return ExportCheck(items, equal, len(stored) - equal)


def _stored(name: str, table: Table, engine: DynamoEngine) -> Iterator[bytes]:
    for segment in range(SEGMENTS):
        for item in scanned_part(engine.client, name, segment):
            yield _digest(name, table, item)


def _digest(name: str, table: Table, item: Item) -> bytes:
    return key_digest(name, key_names(table), item) + content_digest(item)


def key_names(table: Table) -> tuple[str, ...]:
    """Returns the names of a table's key attributes."""
    return tuple(key.name for key in (table.partition_key, table.sort_key) if key)


def restore_export(design: Design, engine: DynamoEngine, folder: Path) -> dict[str, int]:
    """Makes the tables of a design in an engine that lacks them, fills them, and returns their items.

    Args:
        design: The tables.
        engine: Where they are made.
        folder: Holds their exports; the newest of each counts.

    Raises:
        EngineError: A table exists already.
        MigrationError: An export is absent, changed or cut off, or a table took no more items.
    """
    apply_schema(design, engine)
    counts = {}
    for table, place in exports_in(folder).items():
        writer = BatchWriter(engine.client, table, key_names(design.tables[table]))
        counts[table] = sum(writer.write(batch) for batch in batches(list(read_export(place))))
    return counts
