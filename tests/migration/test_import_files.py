"""Files for an import from S3 hold each row once, keep to its format and quotas, and make the same tables."""

from __future__ import annotations

import gzip
import itertools
import json
from dataclasses import replace

import botocore.session
import pytest
from botocore.validate import ParamValidator
from click.testing import CliRunner

from workbench.cli import workbench
from workbench.engines import open_postgres
from workbench.errors import EngineError, InputError, MigrationError
from workbench.migrate import ensure_schema, import_files, load_source, verify
from workbench.migrate.import_files import (
    ImportFiles,
    check_quotas,
    import_request,
    load_import,
    write_import,
)
from workbench.spec import load_case
from workbench.spec.case import case_names

CASE = load_case("flights")
USERS, SEED, REGION, ITEMS = 10, 6, "us-east-1", 150
"""400 flights and what they refer to, in files of 150 rows."""

_numbers = itertools.count()


@pytest.fixture(scope="module")
def source():
    """A server with flights, and with an airline whose name no item can hold."""
    with open_postgres() as server:
        load_source(CASE, server, USERS, SEED, hostile=True)
        yield server


@pytest.fixture
def empty(dynamodb_local):
    """A database of DynamoDB Local without tables."""
    name = f"imported{next(_numbers)}"
    engine = replace(dynamodb_local, client=dynamodb_local.connect(name), database=name)
    yield engine
    engine.client.close()


def written(source, folder):
    """Returns what is said of the files of the one table."""
    (files,) = write_import(CASE, source, folder, REGION, ITEMS)
    return files


def content(folder):
    """Returns the bytes of each file."""
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.gz"))}


def test_an_import_makes_the_tables_of_the_design(source, empty, tmp_path):
    """New tables made from the files hold what the rows say, and are as the design describes them."""
    files = written(source, tmp_path)
    assert load_import(tmp_path, CASE.design, empty) == {"Flights": files.items}
    verification = verify(CASE, source, empty)
    assert verification.equal
    assert (verification.items, verification.rejected) == (files.items, 1)
    ensure_schema(CASE, empty)


def test_files_have_the_format_of_an_import(source, tmp_path):
    """Each line is one `Item` in DynamoDB JSON; sizes and counts of the manifest are the files'."""
    files = written(source, tmp_path)
    objects = json.loads((tmp_path / "import.json").read_text())["tables"]["Flights"]["objects"]
    texts = {one["key"]: gzip.decompress((tmp_path / one["key"]).read_bytes()) for one in objects}
    for one in objects:
        lines = [json.loads(line) for line in texts[one["key"]].splitlines()]
        assert all(line.keys() == {"Item"} and line["Item"]["PK"].keys() == {"S"} for line in lines)
        assert one["items"] == len(lines) <= ITEMS
    assert files.objects == len(objects) == len(content(tmp_path))
    assert files.text_bytes == sum(map(len, texts.values()))
    assert files.size_bytes == sum(map(len, content(tmp_path).values()))


def test_items_of_one_partition_are_not_together(source, tmp_path):
    """A file is shuffled, so that no stretch of it goes to one partition."""
    written(source, tmp_path)
    lines = gzip.decompress(content(tmp_path)["Flight-00000.json.gz"]).splitlines()
    keys = [json.loads(line)["Item"]["PK"]["S"] for line in lines]
    assert len(set(keys)) > 1
    runs = sum(one == other for one, other in itertools.pairwise(keys))
    sorted_runs = sum(one == other for one, other in itertools.pairwise(sorted(keys)))
    assert runs < sorted_runs * 0.8


def test_the_same_source_gives_the_same_files(source, tmp_path):
    """Two runs write the same bytes, and a second run in a finished folder writes nothing."""
    first, second = tmp_path / "one", tmp_path / "two"
    assert written(source, first) == written(source, second)
    assert content(first) == content(second)
    times = {path: path.stat().st_mtime_ns for path in first.rglob("*.gz")}
    written(source, first)
    assert {path: path.stat().st_mtime_ns for path in first.rglob("*.gz")} == times


@pytest.mark.parametrize("survivors", [0, 1, 4])
def test_a_cut_off_run_goes_on(source, tmp_path, monkeypatch, survivors):
    """Stopped before any file, or between two, the next run ends with the files of an unbroken one."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    said = written(source, whole)
    write, left = import_files.write_lines, itertools.count()

    def dying(path, items):
        if next(left) == survivors:
            raise KeyboardInterrupt
        return write(path, items)

    monkeypatch.setattr(import_files, "write_lines", dying)
    with pytest.raises(KeyboardInterrupt):
        written(source, broken)
    assert not (broken / "import.json").exists()
    monkeypatch.setattr(import_files, "write_lines", write)
    assert written(source, broken) == replace(said, resumed=1)
    assert content(broken) == content(whole)


def test_a_folder_of_another_move_is_refused(source, tmp_path):
    """Files of another size of file are not mixed with those that are there."""
    written(source, tmp_path)
    with pytest.raises(MigrationError, match="this ledger belongs to another target"):
        write_import(CASE, source, tmp_path, REGION, ITEMS + 1)


def test_an_import_makes_new_tables_only(source, empty, tmp_path):
    """Where a table exists nothing is written into it."""
    written(source, tmp_path)
    ensure_schema(CASE, empty)
    with pytest.raises(EngineError, match="Flights: CreateTable: the table exists"):
        load_import(tmp_path, CASE.design, empty)
    assert empty.client.scan(TableName="Flights", Select="COUNT")["Count"] == 0


def test_items_that_replaced_each_other_are_noticed(source, empty, tmp_path):
    """The service says nothing of two items with one key; the count of the new table does."""
    files = written(source, tmp_path)
    path = tmp_path / "import.json"
    manifest = json.loads(path.read_text())
    manifest["tables"]["Flights"]["objects"].append(manifest["tables"]["Flights"]["objects"][0])
    path.write_text(json.dumps(manifest))
    with pytest.raises(MigrationError, match=rf"has {files.items} items after the import; the manifest says"):
        load_import(tmp_path, CASE.design, empty)


def test_a_damaged_file_is_refused(source, empty, tmp_path):
    """A file that is not what was written is named before its items are loaded."""
    written(source, tmp_path)
    path = tmp_path / "Flights" / "Plane-00000.json.gz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(
        MigrationError, match=r"Plane-00000\.json\.gz: is not the file that its manifest names"
    ):
        load_import(tmp_path, CASE.design, empty)


def test_a_folder_without_a_manifest_is_refused(empty, tmp_path):
    """Without a manifest nobody knows what the tables must have."""
    with pytest.raises(MigrationError, match=r"import\.json: No such file .*\. Write the files first\."):
        load_import(tmp_path, CASE.design, empty)


@pytest.mark.parametrize("name", case_names())
def test_requests_are_what_the_service_takes(name):
    """Each request is valid by botocore's own description of ImportTable, once a bucket is named."""
    shape = (
        botocore.session.Session().get_service_model("dynamodb").operation_model("ImportTable").input_shape
    )
    design = load_case(name).design
    for table in design.tables:
        request = import_request(design, table)
        request["S3BucketSource"]["S3Bucket"] = "bucket"
        assert not ParamValidator().validate(request, shape).has_errors()


def test_local_indexes_are_refused(source, tmp_path):
    """ImportTable takes no local indexes: each table with some is named, and nothing is written."""
    with pytest.raises(InputError) as refused:
        write_import(load_case("dealership"), source, tmp_path / "new", REGION)
    assert str(refused.value) == (
        "design.yaml: tables.Dealership-Reviews.local_secondary_indexes: an import makes no local indexes; "
        "got ByHelpfulness, ByStars. Load this table in batches, or give up its local indexes."
    )
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("region", "objects", "size_bytes", "problems"),
    [
        ("us-east-1", 50_000, 15 * 10**12, 0),
        ("us-east-1", 50_001, 15 * 10**12 + 1, 2),
        ("eu-central-1", 50_000, 10**12, 0),
        ("eu-central-1", 50_000, 10**12 + 1, 1),
    ],
)
def test_quotas_are_those_of_the_region(region, objects, size_bytes, problems):
    """50,000 objects everywhere; 15 TB in the three large regions and 1 TB elsewhere."""
    files = ImportFiles("Flights", 1, objects, size_bytes, size_bytes, 0)
    if not problems:
        check_quotas([files], region)
        return
    with pytest.raises(InputError) as refused:
        check_quotas([files], region)
    assert len(refused.value.problems) == problems


def test_the_command_says_what_it_wrote(tmp_path):
    """`workbench import-files` names items, files and sizes of each table; local indexes end it with 2."""
    folder = tmp_path / "files"
    shown = CliRunner().invoke(workbench, ["import-files", "flights", str(folder), "--users", "2"])
    assert shown.exit_code == 0, shown.output
    tables = json.loads((folder / "import.json").read_text())["tables"]
    items = sum(one["items"] for one in tables["Flights"]["objects"])
    assert shown.output.startswith(f"Flights: {items:,} items in 5 files, 0.0 MB, billed as 0.000 GB")
    refused = CliRunner().invoke(
        workbench, ["import-files", "dealership", str(tmp_path / "no"), "--users", "1"]
    )
    assert isinstance(refused.exception, InputError)
