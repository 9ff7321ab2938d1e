"""Exports have DynamoDB's layout, can be trusted when they are read back, and make the same tables again."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import itertools
import json
from dataclasses import replace

import pytest

from workbench.engines import open_postgres
from workbench.errors import EngineError, MigrationError
from workbench.migrate import rehearse, verify
from workbench.migrate.export_files import (
    check_export,
    export_tables,
    exports_in,
    read_export,
    restore_export,
)
from workbench.spec import load_case

AT = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
CASE = load_case("inavor-shuttle")
"""It has binary attributes, which JSON lacks."""
USERS, SEED = 3, 5

_numbers = itertools.count()


@pytest.fixture(scope="module")
def source():
    """A server for the rows."""
    with open_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def moved(dynamodb_local, source):
    """A small population on both sides."""
    engine = replace(dynamodb_local, client=dynamodb_local.connect("exported"), database="exported")
    assert rehearse(CASE, source, engine, USERS, SEED).verification.equal
    yield engine
    engine.client.close()


@pytest.fixture
def empty(dynamodb_local):
    """A database of DynamoDB Local without tables."""
    name = f"restored{next(_numbers)}"
    engine = replace(dynamodb_local, client=dynamodb_local.connect(name), database=name)
    yield engine
    engine.client.close()


@pytest.fixture
def export(moved, tmp_path):
    """An export of all tables: the folder, and what was said of it."""
    return tmp_path, export_tables(CASE.design, moved, tmp_path, AT)


def md5(path):
    """Returns the MD5 of a file as S3 writes it."""
    return base64.b64encode(hashlib.md5(path.read_bytes(), usedforsecurity=False).digest()).decode()


def test_manifests_name_every_file(export, moved):
    """Names, counts and checksums of the manifests are those of the files; every line holds one item."""
    folder, exports = export
    for one in exports:
        summary = json.loads((one.folder / "manifest-summary.json").read_text())
        files = [json.loads(line) for line in (one.folder / "manifest-files.json").read_text().splitlines()]
        assert one.folder.parent == folder / one.table / "AWSDynamoDB"
        assert (
            summary["manifestFilesS3Key"] == f"{one.table}/AWSDynamoDB/{one.folder.name}/manifest-files.json"
        )
        assert (summary["outputFormat"], summary["exportTime"]) == (
            "DYNAMODB_JSON",
            "2026-11-21T09:30:00.000Z",
        )
        for file in files:
            path = folder / file["dataFileS3Key"]
            lines = gzip.decompress(path.read_bytes()).splitlines()
            assert (file["md5Checksum"], file["itemCount"]) == (md5(path), len(lines))
            assert all(json.loads(line).keys() == {"Item"} for line in lines)
        stored = moved.client.scan(TableName=one.table, Select="COUNT")["Count"]
        assert summary["itemCount"] == sum(file["itemCount"] for file in files) == one.items == stored
        for name in ("manifest-summary", "manifest-files"):
            assert (one.folder / f"{name}.checksum").read_text() == md5(one.folder / f"{name}.json")


def test_an_export_makes_the_same_tables_again(export, moved, source, empty):
    """Tables made from the export hold what the source's rows say, and what the exported tables hold."""
    folder, exports = export
    assert restore_export(CASE.design, empty, folder) == {one.table: one.items for one in exports}
    assert verify(CASE, source, empty).equal
    for engine in (moved, empty):
        check = check_export(CASE.design, engine, folder)
        assert check.whole
        assert check.items == sum(one.items for one in exports)


def test_a_table_that_changed_differs(export, empty):
    """An item that was changed, added or deleted after the export is told by the comparison."""
    folder, exports = export
    restore_export(CASE.design, empty, folder)
    table = next(one.table for one in exports if one.items)
    item = next(read_export(exports_in(folder)[table]))
    empty.client.put_item(TableName=table, Item={**item, "added": {"S": "later"}})
    check = check_export(CASE.design, empty, folder)
    assert not check.whole
    assert (check.items - check.equal, check.missing) == (1, 1)


def test_a_finished_export_stays(export, moved):
    """The same export asked for again is not written again; one that lacks its summary is."""
    folder, exports = export
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.gz")}
    assert export_tables(CASE.design, moved, folder, AT) == exports
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.gz")} == before
    (exports[0].folder / "manifest-summary.json").unlink()
    assert export_tables(CASE.design, moved, folder, AT) == exports
    assert not [*folder.rglob("*.part")]


@pytest.mark.parametrize("name", ["manifest-files.json", "manifest-summary.json", "data/part00000.json.gz"])
def test_a_changed_file_is_refused(export, name):
    """A byte more in any file of an export is noticed, and the file named."""
    _, exports = export
    path = exports[0].folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(MigrationError, match=str(path)):
        list(read_export(exports[0].folder))


def test_an_absent_export_is_refused(tmp_path):
    """A folder without a finished export is named."""
    with pytest.raises(MigrationError, match=r"holds no finished export\. Write one first\."):
        exports_in(tmp_path)


def test_restoring_over_tables_is_refused(export, moved):
    """A restore makes its tables; it never writes into some that exist."""
    with pytest.raises(EngineError):
        restore_export(CASE.design, moved, export[0])
