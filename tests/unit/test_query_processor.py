"""The case query-processor carries the documented load, its pages join, and both sides answer alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.access.repository import Repository
from workbench.engines import open_postgres
from workbench.migrate import rehearse, verify
from workbench.replay import replay
from workbench.spec import load_case

CASE = load_case("query-processor")
DOCUMENT_LINES = 352
USERS, SAMPLES, SEED = 12, 8, 3
READS = {"GetItem", "BatchGetItem", "Query", "Scan"}
STATED_DAU = 1_000


@pytest.fixture(scope="module")
def moved(dynamodb_local):
    """A small population on both sides, its replay and the comparison afterwards."""
    client = dynamodb_local.connect("queryprocessor")
    engine = replace(dynamodb_local, client=client, database="queryprocessor")
    with open_postgres() as postgres:
        assert rehearse(CASE, postgres, engine, USERS, SEED).verification.equal
        result = replay(CASE, postgres, engine, SAMPLES, SEED, warmup=2)
        yield postgres, engine, result, verify(CASE, postgres, engine)
    client.close()


@pytest.fixture
def ask(moved):
    """A function that asks a pattern and gives its result."""
    patterns = Repository(CASE.design, moved[1]).patterns
    return lambda name, **parameters: patterns[name](**parameters)


def busiest(moved, column):
    """Returns the user or system with the most records, and all its records by time, newest first."""
    records = (
        "SELECT u.user_id, s.system_id, r.created_at, r.record_id "
        "FROM records r JOIN users u ON u.id = r.user_ref JOIN systems s ON s.id = r.system_ref"
    )
    with moved[0].connect() as connection:
        (name,) = connection.execute(
            f"SELECT {column} FROM ({records}) AS r GROUP BY {column} ORDER BY count(*) DESC, 1 LIMIT 1"
        ).fetchone()
        rows = connection.execute(
            f"SELECT created_at, record_id, system_id FROM ({records}) AS r WHERE {column} = %s "
            'ORDER BY created_at DESC, record_id COLLATE "C" DESC',
            (name,),
        ).fetchall()
    return name, rows


def test_documented_throughput_is_the_peak():
    """At 1,000 DAU the queries of the busiest second are the documented 1,000."""
    workload = CASE.workload
    reads = [name for name, pattern in CASE.design.patterns.items() if pattern.operation in READS]
    daily = sum(workload.requests_per_dau_day(name) for name in reads)
    hour = max(workload.diurnal) / sum(workload.diurnal) * 24
    day = max(workload.weekly) / sum(workload.weekly) * 7
    second = workload.assumptions[workload.peak_to_average].value
    assert STATED_DAU * daily / 86_400 * hour * day * second == pytest.approx(1_000)


def test_documented_response_time_is_the_target_of_every_read():
    """Each question has 200 ms, from the line that states it; changes have no target."""
    targets = {
        (
            pattern.operation in READS,
            pattern.target_p99_ms,
            pattern.target_source and pattern.target_source.line,
        )
        for pattern in CASE.design.patterns.values()
    }
    assert targets == {(True, 200, 169), (False, None, None)}


def test_population_is_as_dense_as_the_workload():
    """Records a user and day are those of the workload, so that ranges of days are of production size."""
    records = CASE.population.tables["records"]
    moment = records.columns["created_at"]
    days = (moment.end - moment.start).total_seconds() / 86_400
    daily_per_user = records.rows.per_parent / days
    users_per_dau = CASE.workload.assumptions["registered_users_per_dau"].value
    written = ("put_record", 1), ("put_records", 10)
    per_dau = sum(CASE.workload.requests_per_dau_day(name) * count for name, count in written)
    assert daily_per_user * users_per_dau == pytest.approx(per_dau)


def test_sources_are_lines_of_the_document():
    """Every line that is named exists."""
    stated = [*CASE.design.patterns.values(), *CASE.design.decisions, *CASE.design.tables.values()]
    assert all(one.source.line is None or one.source.line <= DOCUMENT_LINES for one in stated)


def test_every_index_is_queried():
    """No local or global index is paid for without a pattern that reads it."""
    table = CASE.design.tables["Records"]
    used = {pattern.index for pattern in CASE.design.patterns.values() if getattr(pattern, "index", None)}
    assert used == {*table.local_secondary_indexes, *table.global_secondary_indexes}


def test_every_combination_is_a_key_range():
    """User, system and both, each alone and with dates, are answered without a filter; nothing is scanned."""
    bare = {
        (
            "userId" in pattern.partition,
            "systemId" in pattern.sql.partition("WHERE")[2],
            "last" in pattern.parameters,
        )
        for pattern in CASE.design.patterns.values()
        if pattern.operation == "Query" and not pattern.filter
    }
    assert bare == {(user, system, dates) for user, system in ((1, 0), (1, 1), (0, 1)) for dates in (0, 1)}
    assert all(pattern.operation != "Scan" for pattern in CASE.design.patterns.values())


def test_every_pattern_answers_and_consumes_as_expected(moved):
    """All 24 patterns answer what SQL answers, and each request consumes what the model predicts."""
    result = moved[2]
    wrong = {row.pattern: (row.differences, row.errors, row.unit_differences) for row in result.rows}
    assert wrong == dict.fromkeys(CASE.design.patterns, ((), {}, ()))
    assert all(row.samples == row.equal == row.units_equal > 0 for row in result.rows)
    assert len(result.rows) == result.agreeing_patterns == 24


def test_differences_to_aws_are_explained(moved):
    """Where AWS would count other units, the rule that makes the difference is named."""
    rows = moved[2].rows
    differing = {row.pattern for row in rows if row.predicted["aws"] != row.predicted["dynamodb-local"]}
    assert differing == {row.pattern for row in rows if row.dialect_flags}


def test_both_sides_hold_the_same_data_after_the_writes(moved):
    """Rows mapped again after the replay are the items there: no write forgot an attribute or a key."""
    assert moved[3].discrepancies == ()
    assert moved[3].equal


def keys_of(items):
    """Returns the ids of items in order."""
    return [item["recordId"]["S"] for item in items]


@pytest.mark.parametrize(
    ("column", "parameter", "pattern"),
    [("user_id", "userId", "list_user_records"), ("system_id", "systemId", "list_system_records")],
)
def test_pages_join_without_gap_or_repetition(moved, ask, column, parameter, pattern):
    """Page by page, each after the last record of the one before, all records come once and in order."""
    name, rows = busiest(moved, column)
    moments = {record: moment for moment, record, _ in rows}
    page = keys_of(ask(pattern, **{parameter: name}).items)
    found = []
    while page:
        found += page
        token = {"last_time": moments[found[-1]], "last_id": found[-1]}
        page = keys_of(ask(f"{pattern}_next", **{parameter: name}, **token).items)
    assert len(rows) > 50
    assert found == [record for _, record, _ in rows]


def test_a_token_of_both_names_the_first_record_of_the_next_page(moved, ask):
    """The page of a user and system that a record begins starts with that record."""
    name, rows = busiest(moved, "user_id")
    system = max({row[2] for row in rows}, key=[row[2] for row in rows].count)
    mine = [(moment, record) for moment, record, other in rows if other == system]
    moment, record = mine[2]
    page = ask(
        "list_user_system_records_next", userId=name, systemId=system, last_time=moment, last_id=record
    ).items
    assert keys_of(page) == [record for _, record in mine[2:27]]


def test_a_system_whose_name_begins_another_is_kept_apart(moved, ask):
    """The records of `billing` are not those of `billing-eu`."""
    with moved[0].connect() as connection:
        users = connection.execute(
            "SELECT u.user_id FROM users u WHERE 2 = (SELECT count(DISTINCT s.system_id) FROM records r "
            "JOIN systems s ON s.id = r.system_ref WHERE r.user_ref = u.id AND s.system_id LIKE 'billing%')"
        ).fetchall()
    assert users
    for (user,) in users:
        found = ask("list_user_system_records", userId=user, systemId="billing").items
        assert {item["systemId"]["S"] for item in found} == {"billing"}


def test_projection_saves_no_units(moved, ask):
    """Titles alone, and even the count alone, consume what the whole records do."""
    name, rows = busiest(moved, "user_id")
    dates = {"userId": name, "first": rows[-1][0], "last": rows[0][0]}
    asked = [
        ask(pattern, **dates).consumed
        for pattern in ("list_user_titles_in_range", "count_user_records_in_range", "export_user_records")
    ]
    assert asked[0] == asked[1] == asked[2]
    assert asked[0]["Records"] > 1
