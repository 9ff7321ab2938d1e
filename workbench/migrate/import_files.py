"""Files for DynamoDB's import from S3, written from the source, and an import of them as the service does it.

An import makes a new table of everything below one prefix. It takes no write units and no local index, and
where two items have one key it keeps any of them without a word; so keys are claimed here before a line is
written, and the manifest says how many items the new table must have.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.access.tables import run_operation
from workbench.engines import DynamoEngine, PostgresEngine
from workbench.errors import InputError, MigrationError, Problem
from workbench.items import Item, ItemMaker
from workbench.migrate.backfill import bind_to
from workbench.migrate.digests import key_digest
from workbench.migrate.export_files import key_names
from workbench.migrate.item_lines import read_lines, write_json, write_lines
from workbench.migrate.ledger import ChunkRecord, Ledger
from workbench.migrate.making import ChunkMaker
from workbench.migrate.rows import Chunk, RowReader, mapped_entities, snapshot
from workbench.migrate.scans import SEGMENTS, scanned_part
from workbench.migrate.writer import BatchWriter, batches
from workbench.schema import Operation, compile_schema
from workbench.spec.case import Case
from workbench.spec.design import Design

MANIFEST = "import.json"
LEDGER = "ledger.sqlite"
MANIFEST_VERSION = 1

ITEMS_PER_FILE = 20_000
"""Rows of a file at most; one file is shuffled in memory."""

MOST_OBJECTS = 50_000
"""Objects of an import at most. Source: dg-import-quotas"""

TERABYTE = 10**12
MOST_BYTES = 1 * TERABYTE
"""Objects of an import together at most, as they lie in S3 [bytes]. Source: dg-import-quotas"""

MOST_BYTES_LARGE = 15 * TERABYTE
"""The same in the three large regions [bytes]. Source: dg-import-quotas"""

LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})

CREATED = ("TableName", "AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput",
           "GlobalSecondaryIndexes")  # fmt: skip
"""Fields of CreateTable that an import takes. Source: api-import-table"""

UPDATED = {
    "StreamSpecification": None,
    "TableClass": "table-class",
    "DeletionProtectionEnabled": "deletion-protection",
}
"""Fields that only a later UpdateTable sets, with the capability that an engine needs for them."""


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """What was written for one import.

    Args:
        table: The new table.
        items: Items that it must have.
        objects: Files.
        size_bytes: Their size as they lie, which the quotas count [bytes].
        text_bytes: Their size before compression, which is billed [bytes].
        resumed: Files that an earlier run had begun and not finished.
    """

    table: str
    items: int
    objects: int
    size_bytes: int
    text_bytes: int
    resumed: int


def write_import(
    case: Case, postgres: PostgresEngine, folder: Path, region: str, items_per_file: int = ITEMS_PER_FILE
) -> list[ImportFiles]:
    """Writes the files and the manifest of an import for each table; cut off, it goes on where it was.

    Args:
        case: A case with a mapping.
        postgres: The source, loaded.
        folder: Stands for the bucket; each table's name is the prefix of its files.
        region: AWS region of the import, whose quotas hold.
        items_per_file: Rows of a file at most.

    Raises:
        InputError: A table has local indexes, or its files are beyond the quotas; all problems at once.
        MigrationError: The folder belongs to another move.

    Source: dg-import-format, dg-import-quotas
    """
    _require_no_local_indexes(case.design)
    folder.mkdir(parents=True, exist_ok=True)
    with Ledger(folder / LEDGER) as ledger, snapshot(postgres) as connection:
        bind_to(ledger, case, connection, "S3", str(items_per_file))
        resumed = 0
        for entity, mapping in mapped_entities(case).items():
            reader = RowReader(connection, entity, mapping)
            resumed += _EntityFiles(case, entity, reader, ledger, folder, items_per_file).write()
        manifest = _manifest(case, ledger)
    written = [_summary(name, table["objects"], resumed) for name, table in manifest["tables"].items()]
    check_quotas(written, region)
    write_json(folder / MANIFEST, manifest)
    return written


def _require_no_local_indexes(design: Design) -> None:
    step = "Load this table in batches, or give up its local indexes."
    problems = [
        Problem(
            "design.yaml",
            0,
            f"tables.{name}.local_secondary_indexes",
            f"an import makes no local indexes; got {', '.join(table.local_secondary_indexes)}",
            step,
        )
        for name, table in design.tables.items()
        if table.local_secondary_indexes
    ]
    if problems:
        raise InputError(problems)


def check_quotas(files: list[ImportFiles], region: str) -> None:
    """Checks what an import of each table is limited to.

    Raises:
        InputError: A table has too many files or too many bytes; all problems at once.

    Source: dg-import-quotas
    """
    most_bytes = MOST_BYTES_LARGE if region in LARGE_REGIONS else MOST_BYTES
    quotas = (("objects", MOST_OBJECTS, "Put more items into a file."),
              ("size_bytes", most_bytes, "Ask AWS for more, or load a part in batches."))  # fmt: skip
    problems = [
        Problem(
            MANIFEST, 0, f"tables.{one.table}", f"{what} of an import; got {found:,}, allowed {most:,}", step
        )
        for one in files
        for what, most, step in quotas
        if (found := getattr(one, what)) > most
    ]
    if problems:
        raise InputError(problems)


@dataclass
class _EntityFiles:
    """The files of one entity; the ledger's chunks are files."""

    case: Case
    entity: str
    reader: RowReader
    ledger: Ledger
    folder: Path
    items_per_file: int

    def write(self) -> int:
        """Writes what the ledger does not say is done; returns the files that had been begun."""
        self.reader.count()
        earlier = self.ledger.chunks(self.entity)
        begun = [record for record in earlier if not record.done]
        for record in begun:
            chunk = self.reader.between(record.first, record.last)
            self._file(record.number, chunk) if chunk else self.ledger.finish_chunk(record)
        after = earlier[-1].last if earlier else None
        for number, chunk in enumerate(self._large_chunks(after), start=len(earlier)):
            self._file(number, chunk)
        return len(begun)

    def _large_chunks(self, after: int | None) -> Iterator[Chunk]:
        rows = itertools.chain.from_iterable(chunk.rows for chunk in self.reader.chunks(after))
        while part := tuple(itertools.islice(rows, self.items_per_file)):
            yield Chunk(part)

    def _file(self, number: int, chunk: Chunk) -> None:
        table = self.case.design.entities[self.entity].table
        names = key_names(self.case.design.tables[table])

        def key(item: Item) -> bytes:
            return key_digest(table, names, item)

        maker = ChunkMaker(self.entity, ItemMaker(self.case.design, self.entity), key, self.ledger)
        with self.ledger.transaction():
            items, rejects = maker.made(chunk)
            record = ChunkRecord(self.entity, number, chunk.first, chunk.last, len(chunk.rows), len(items))
            self.ledger.begin_chunk(record, rejects)
        name = f"{table}/{self.entity}-{number:05d}.json.gz"
        file = write_lines(self.folder / name, sorted(items, key=key))
        facts = {"key": name, "items": file.items, "md5": file.md5}
        facts |= {"size_bytes": file.size_bytes, "text_bytes": file.text_bytes}
        self.ledger.remember(**{f"file {self.entity} {number:05d}": json.dumps(facts)})
        self.ledger.finish_chunk(record)


def _manifest(case: Case, ledger: Ledger) -> dict[str, Any]:
    facts = [json.loads(text) for name, text in ledger.facts().items() if name.startswith("file ")]
    return {
        "version": MANIFEST_VERSION,
        "case": case.name,
        "rejected": len(ledger.rejects()),
        "tables": {
            name: {
                "import": import_request(case.design, name),
                "objects": [fact for fact in facts if fact["key"].startswith(f"{name}/")],
            }
            for name in case.design.tables
        },
    }


def import_request(design: Design, table: str) -> dict[str, Any]:
    """Returns the parameters of ImportTable for a table; the bucket's name is left to who uploads the files.

    Source: api-import-table
    """
    created = _created(design, table).request
    return {
        "S3BucketSource": {"S3KeyPrefix": f"{table}/"},
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "GZIP",
        "TableCreationParameters": {name: created[name] for name in CREATED if name in created},
    }


def _created(design: Design, table: str) -> Operation:
    return next(one for one in compile_schema(design) if (one.table, one.api) == (table, "CreateTable"))


def follow_up(design: Design, table: str) -> list[Operation]:
    """Returns the operations that give an imported table what an import cannot: stream, class, recovery."""
    created = _created(design, table).request
    updates = [
        Operation("UpdateTable", table, {"TableName": table, name: created[name]}, capability)
        for name, capability in UPDATED.items()
        if created.get(name) not in (None, False, "STANDARD")
    ]
    rest = (one for one in compile_schema(design) if one.table == table and one.api != "CreateTable")
    return [*updates, *rest]


def _summary(table: str, objects: list[dict[str, Any]], resumed: int) -> ImportFiles:
    sums = {name: sum(one[name] for one in objects) for name in ("items", "size_bytes", "text_bytes")}
    return ImportFiles(table=table, objects=len(objects), resumed=resumed, **sums)


def load_import(folder: Path, design: Design, engine: DynamoEngine) -> dict[str, int]:
    """Makes new tables of written files, as an import would, and returns the items of each.

    Args:
        folder: Holds files and manifest.
        design: Says what the tables get after the import.
        engine: An engine that lacks the tables.

    Raises:
        EngineError: A table exists already.
        MigrationError: There is no manifest, a file is absent or changed, or a table has not the items that
            the manifest says.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise MigrationError(f"{folder / MANIFEST}: {error.strerror}. Write the files first.") from error
    return {
        name: _load_table(folder, design, name, content, engine)
        for name, content in manifest["tables"].items()
    }


def _load_table(
    folder: Path, design: Design, table: str, content: dict[str, Any], engine: DynamoEngine
) -> int:
    request = content["import"]["TableCreationParameters"]
    run_operation(Operation("CreateTable", table, request), engine)
    writer = BatchWriter(engine.client, table, key_names(design.tables[table]))
    for one in content["objects"]:
        for batch in batches(read_lines(folder / one["key"], one["md5"], one["items"])):
            writer.write(batch)
    found = sum(1 for part in range(SEGMENTS) for _ in scanned_part(engine.client, table, part))
    wanted = sum(one["items"] for one in content["objects"])
    if found != wanted:
        raise MigrationError(
            f"{table}: has {found} items after the import; the manifest says {wanted}. "
            "Items with one key replaced each other: delete the table and write the files again."
        )
    for operation in follow_up(design, table):
        run_operation(operation, engine)
    return found
