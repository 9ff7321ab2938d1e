"""The case inavor-shuttle says what its document says, its decisions hold, and both sides answer alike."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from workbench.access.execution import RequestRefusedError
from workbench.access.repository import Repository
from workbench.engines import open_postgres
from workbench.items import ItemMaker
from workbench.migrate import rehearse, verify
from workbench.replay import replay
from workbench.spec import load_case

CASE = load_case("inavor-shuttle")
DOCUMENT_LINES = 176
USERS, SAMPLES, SEED = 15, 10, 3
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DAY_SECONDS = 86_400

# Lines 65 to 88: keys, indexes, expiry.
DOCUMENTED_TABLES = {
    "Shops": (["domain"], {}, None),
    "Jobs": (
        ["jobId"],
        {
            "shopDomain-createdAt": ("shopDomain", "createdAt"),
            "status-createdAt": ("status", "createdAt"),
        },
        "expiresAt",
    ),
    "ImportHistory": (["shopDomain", "timestamp"], {}, "expiresAt"),
}


@pytest.fixture(scope="module")
def moved(dynamodb_local):
    """A small population on both sides, its replay and the comparison afterwards."""
    client = dynamodb_local.connect("inavorshuttle")
    engine = replace(dynamodb_local, client=client, database="inavorshuttle")
    with open_postgres() as postgres:
        assert rehearse(CASE, postgres, engine, USERS, SEED).verification.equal
        result = replay(CASE, postgres, engine, SAMPLES, SEED, warmup=2)
        yield postgres, engine, result, verify(CASE, postgres, engine)
    client.close()


def items_of(engine, table):
    """Returns all items of a table."""
    pages = engine.client.get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


def epoch(text):
    """Returns the exact seconds since 1970 of a stored timestamp."""
    moment = dt.datetime.fromisoformat(text)
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole + Decimal(moment.microsecond) / 1_000_000


def test_tables_as_documented():
    """Three on-demand tables with the documented keys, indexes, expiry and point-in-time recovery."""
    found = {}
    for name, table in CASE.design.tables.items():
        keys = [key.name for key in (table.partition_key, table.sort_key) if key]
        indexes = {
            index: (stated.partition_key.name, stated.sort_key.name)
            for index, stated in table.global_secondary_indexes.items()
        }
        found[name] = (keys, indexes, table.time_to_live)
        assert (table.billing_mode, table.point_in_time_recovery) == ("PAY_PER_REQUEST", True)
    assert found == DOCUMENTED_TABLES
    assert CASE.design.tables["ImportHistory"].sort_key.type == "N"


def test_sources_are_lines_of_the_document():
    """Every line that is named exists."""
    design = CASE.design
    stated = [
        *design.patterns.values(),
        *design.decisions,
        *design.tables.values(),
        *design.entities.values(),
    ]
    assert all(one.source.line is None or one.source.line <= DOCUMENT_LINES for one in stated)


def test_every_index_is_queried():
    """No index is paid for without a pattern that reads it."""
    used = {pattern.index for pattern in CASE.design.patterns.values() if getattr(pattern, "index", None)}
    assert used == set(DOCUMENTED_TABLES["Jobs"][1])


def test_every_pattern_answers_and_consumes_as_expected(moved):
    """All 25 patterns answer what SQL answers, and each request consumes what the model predicts."""
    result = moved[2]
    wrong = {row.pattern: (row.differences, row.errors, row.unit_differences) for row in result.rows}
    assert wrong == dict.fromkeys(CASE.design.patterns, ((), {}, ()))
    assert all(row.samples == row.equal == row.units_equal > 0 for row in result.rows)
    assert len(result.rows) == result.agreeing_patterns == 25


def test_differences_to_aws_are_explained(moved):
    """Where AWS would count other units, the rule that makes the difference is named."""
    rows = moved[2].rows
    differing = {row.pattern for row in rows if row.predicted["aws"] != row.predicted["dynamodb-local"]}
    assert differing == {row.pattern for row in rows if row.dialect_flags}


def test_both_sides_hold_the_same_data_after_the_writes(moved):
    """Rows mapped again after the replay are the items there, the history beside the jobs included."""
    assert moved[3].discrepancies == ()
    assert moved[3].equal


def test_job_ids_are_ulids_of_their_creation(moved):
    """Each job id has 26 characters, the first ten of which are the millisecond of its creation."""
    jobs = items_of(moved[1], "Jobs")
    assert len({job["jobId"]["S"] for job in jobs}) == len(jobs) > 100
    for job in jobs:
        milliseconds = 0
        for character in job["jobId"]["S"][:10]:
            milliseconds = milliseconds * 32 + CROCKFORD.index(character)
        assert milliseconds == int(epoch(job["createdAt"]["S"]) * 1000)
        assert len(job["jobId"]["S"]) == 26
        assert set(job["jobId"]["S"]) <= set(CROCKFORD)


def test_jobs_live_90_days_and_history_a_year(moved):
    """The expiry is creation plus 90 days for a job, and end plus 365 days for an import."""
    for job in items_of(moved[1], "Jobs"):
        created = int(epoch(job["createdAt"]["S"]))
        assert int(job["expiresAt"]["N"]) - created == 90 * DAY_SECONDS
    for entry in items_of(moved[1], "ImportHistory"):
        ended = int(Decimal(entry["timestamp"]["N"]))
        assert int(entry["expiresAt"]["N"]) - ended == 365 * DAY_SECONDS


def test_history_is_that_of_real_imports_that_ended(moved):
    """Each ended import job that was no dry run has one entry, in its shop, and there are no others."""
    jobs = items_of(moved[1], "Jobs")
    ended = {
        (job["jobId"]["S"], job["shopDomain"]["S"], job["status"]["S"])
        for job in jobs
        if job["type"]["S"] == "IMPORT"
        and not job["isDryRun"]["BOOL"]
        and job["status"]["S"] in {"COMPLETED", "FAILED"}
    }
    entries = items_of(moved[1], "ImportHistory")
    assert {(e["jobId"]["S"], e["shopDomain"]["S"], e["status"]["S"]) for e in entries} == ended
    assert len(entries) == len(ended)


def test_two_imports_of_one_second_stay_two():
    """The fraction of the second keeps apart what whole seconds would let overwrite each other."""
    maker = ItemMaker(CASE.design, "ImportHistory")
    ends = [Decimal("2366841600.25"), Decimal("2366841600.750001")]
    keys = [maker.key({"shopDomain": "a.example.com", "timestamp": end})["timestamp"] for end in ends]
    assert keys == [{"N": "2366841600.25"}, {"N": "2366841600.750001"}]


def test_progress_costs_no_index_write(moved):
    """A report of progress writes one unit in the table and none in an index."""
    assert moved[2].row("report_progress").predicted["aws"] == {"Jobs": 1.0}


def test_a_repeated_report_of_progress_changes_nothing(moved):
    """The same report a second time is refused by its condition, so that nothing is counted twice."""
    postgres, engine, *_ = moved
    with postgres.connect() as connection:
        found = "SELECT job_id, processed_products FROM jobs WHERE status = 'RUNNING' ORDER BY id LIMIT 1"
        job, processed = connection.execute(found).fetchone()
    report = Repository(CASE.design, engine).patterns["report_progress"]
    stated = {
        "jobId": job,
        "processedProducts": processed,
        "failedProducts": 1,
        "updatedAt": dt.datetime(2045, 1, 17, tzinfo=dt.UTC),
    }
    with pytest.raises(RequestRefusedError) as caught:
        report(**stated)
    assert caught.value.condition_failed


def test_only_a_worker_reads_the_token(moved):
    """The token is binary, no other read returns it, and departed shops have none."""
    assert CASE.design.entities["Shop"].attributes["accessToken"].type == "B"
    assert "accessToken" not in CASE.design.patterns["get_shop"].attributes
    assert "accessToken" not in CASE.design.patterns["scan_departed_shops"].attributes
    uninstall = Repository(CASE.design, moved[1]).patterns["uninstall_shop"]
    uninstall(domain="shop-00001.example.com", uninstalledAt=dt.datetime(2045, 1, 17, tzinfo=dt.UTC))
    shops = items_of(moved[1], "Shops")
    assert all(("accessToken" in shop) != ("uninstalledAt" in shop) for shop in shops)
    assert {"accessToken" in shop for shop in shops} == {True, False}


def test_hostile_rows_are_listed(dynamodb_local):
    """Settings that are no map, an empty domain and a message beyond an item's limit are refused by name."""
    client = dynamodb_local.connect("inavorhostile")
    engine = replace(dynamodb_local, client=client, database="inavorhostile")
    with open_postgres() as postgres:
        moved = rehearse(CASE, postgres, engine, 3, SEED, hostile=True)
    client.close()
    reasons = sorted(reject.reason for reject in moved.rejects)
    assert [reason.split(" has ")[0] for reason in reasons] == [
        "key domain is empty",
        "settings: JSON of type L is not of type M",
        "the item",
    ]
