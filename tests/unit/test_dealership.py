"""The case dealership says what its document says, and its counters are those that SQL counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest

from workbench.access.execution import RequestRefusedError
from workbench.access.relational import Question
from workbench.access.repository import Repository
from workbench.engines import open_postgres
from workbench.items import ItemMaker
from workbench.migrate import rehearse, verify
from workbench.population import generate
from workbench.replay import replay
from workbench.replay.driver import Driver
from workbench.spec import load_case

CASE = load_case("dealership")
USERS, SAMPLES, SEED = 20, 12, 3
DOCUMENT_LINES = 50
DOCUMENTED_TABLES = ["users", "dealerships", "reviews", "review_votes"]
MOMENT = dt.datetime(2025, 7, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def moved(dynamodb_local):
    """A small population in PostgreSQL and DynamoDB, its replay and the comparison afterwards."""
    client = dynamodb_local.connect("dealership")
    engine = replace(dynamodb_local, client=client, database="dealership")
    with open_postgres() as postgres:
        assert rehearse(CASE, postgres, engine, USERS, SEED).verification.equal
        result = replay(CASE, postgres, engine, SAMPLES, SEED, warmup=3)
        yield postgres, engine, result, verify(CASE, postgres, engine)
    client.close()


def asked(moved, pattern, parameters):
    """Returns what a pattern does with parameters that are stated and not drawn."""
    postgres, engine, *_ = moved
    stated = CASE.design.patterns[pattern].model_copy(update={"draw": parameters})
    design = CASE.design.model_copy(update={"patterns": {**CASE.design.patterns, pattern: stated}})
    connection = postgres.connect(autocommit=True)
    try:
        return Driver(design, connection, engine).pattern(pattern, 1, SEED, 0)
    finally:
        connection.close()


def test_documented_tables_are_mapped():
    """Each of the four relational tables is drawn, and becomes a table of its own."""
    assert list(CASE.population.tables) == DOCUMENTED_TABLES
    names = [name.partition("-")[2].lower() for name in CASE.design.tables]
    assert names == [name.replace("_", "") for name in DOCUMENTED_TABLES]


def test_sources_are_lines_of_the_document():
    """Every line that is named exists."""
    stated = [*CASE.design.patterns.values(), *CASE.design.decisions, *CASE.design.tables.values()]
    assert all(one.source.line is None or one.source.line <= DOCUMENT_LINES for one in stated)


def test_each_entity_is_created_read_updated_and_deleted():
    """CRUD is there for what each relational table holds, also inside transactions."""
    done = {name: set() for name in CASE.design.entities}
    for pattern in CASE.design.patterns.values():
        for member in getattr(pattern, "members", (pattern,)):
            done[member.entity].add(member.operation.replace("Query", "GetItem"))
    every = {"PutItem", "GetItem", "UpdateItem", "DeleteItem"}
    assert done == dict.fromkeys(done, every) | {"Login": every - {"UpdateItem"}}


def test_every_index_is_queried():
    """No index is paid for without a pattern that reads it."""
    entities, patterns = CASE.design.entities, CASE.design.patterns.values()
    used = {(entities[p.entity].table, p.index) for p in patterns if getattr(p, "index", None)}
    declared = {
        (name, index)
        for name, table in CASE.design.tables.items()
        for index in (*table.global_secondary_indexes, *table.local_secondary_indexes)
    }
    assert used == declared


def test_a_user_votes_once_on_a_review():
    """The population's votes are unique, as the relational constraint and the items' key ask."""
    tables = {data.table: b"".join(data.blocks) for data in generate(CASE.population, 60, SEED)}
    votes = [tuple(line.split(b"\t")[1:3]) for line in tables["review_votes"].splitlines()]
    assert len(set(votes)) == len(votes) > 500


def test_a_closed_dealership_is_in_no_list():
    """The index keys of a dealership are there only while it is open."""
    maker = ItemMaker(CASE.design, "Dealership")
    row = {"id": 7, "name_key": "fir", "name_initial": "f", "state": "TX", "city": "Salem", "rating_rank": 1}
    keys = {"place", "name_sort", "name_initial", "ranked_state", "rating_rank"}
    assert keys <= maker.item({**row, "is_active": True}).keys()
    assert not keys & maker.item({**row, "is_active": False}).keys()


def test_every_pattern_answers_and_consumes_as_expected(moved):
    """All 31 patterns answer what SQL answers, and each request consumes what the model predicts."""
    result = moved[2]
    wrong = {row.pattern: (row.differences, row.errors, row.unit_differences) for row in result.rows}
    assert wrong == dict.fromkeys(CASE.design.patterns, ((), {}, ()))
    assert all(row.samples == row.equal == row.units_equal > 0 for row in result.rows)
    assert len(result.rows) == result.agreeing_patterns == 31


def test_differences_to_aws_are_explained(moved):
    """Where AWS would count other units, the rule that makes the difference is named."""
    rows = moved[2].rows
    differing = {row.pattern for row in rows if row.predicted["aws"] != row.predicted["dynamodb-local"]}
    assert differing == {row.pattern for row in rows if row.dialect_flags}


def test_kept_counters_are_those_that_sql_counts(moved):
    """After all reviews and votes of the replay, counters, means and ranks equal those counted anew."""
    afterwards = moved[3]
    assert afterwards.discrepancies == ()
    assert afterwards.equal


def test_pages_join_without_gap_or_repetition(moved):
    """Pages of the best dealerships, each asked for below the last rank, give the whole list once."""
    postgres, engine, *_ = moved
    pattern = Repository(CASE.design, engine).patterns["list_best_dealerships"]
    ranks, below = [], 10**13
    while page := pattern(state="TX", below=below).items:
        ranks += [int(item["rating_rank"]["N"]) for item in page]
        below = ranks[-1]
    with postgres.connect() as connection:
        sql = "SELECT rating_rank FROM rated_dealerships WHERE is_active AND state = 'TX' ORDER BY 1 DESC"
        expected = [rank for (rank,) in connection.execute(sql).fetchall()]
    assert len(expected) > 20
    assert ranks == expected


def test_a_vote_toggles(moved):
    """Cast, cast again, turned and withdrawn: the second is refused, each other changes the counters."""
    pair = (
        "SELECT u.id AS user_id, r.dealership_id, r.id AS review_id FROM users u, reviews r "
        "WHERE NOT EXISTS (SELECT FROM review_votes v WHERE v.user_id = u.id AND v.review_id = r.id) "
        "ORDER BY u.id, r.id LIMIT 1"
    )
    with moved[0].connect() as connection:
        user, dealership, review = connection.execute(pair).fetchone()
    base = f"SELECT {user} AS user_id, {dealership} AS dealership_id, {review} AS review_id"
    moments = (
        "timestamptz '2025-07-13 00:00+00' AS created_at, timestamptz '2025-07-13 00:00+00' AS updated_at"
    )
    steps = ", {} AS helpful_step, {} AS unhelpful_step, {} AS rank_step"
    cast = f"{base}, 999999 AS id, true AS is_helpful, {moments}" + steps.format(1, 0, 10**10)
    turn = f"{base}, false AS is_helpful, timestamptz '2025-07-13 01:00+00' AS updated_at" + steps.format(
        -1, 1, -(10**10)
    )
    back = f"{base}, false AS is_helpful" + steps.format(0, -1, 0)
    done = [("cast_vote", cast), ("cast_vote", cast), ("change_vote", turn), ("withdraw_vote", back)]
    rows = [asked(moved, *step) for step in done]
    assert [(row.equal, row.errors) for row in rows] == [(1, {})] * 4
    assert [bool(row.observed) for row in rows] == [True, False, True, True]
    assert verify(CASE, *moved[:2]).equal


def test_a_review_on_stale_counters_is_refused_and_changes_nothing(moved):
    """Of two reviews of one dealership that were computed from the same counters only one is written."""
    draw = CASE.design.patterns["create_review"].draw
    postgres, engine, *_ = moved
    bound = Repository(CASE.design, engine).patterns["create_review"]
    with postgres.connect() as connection:
        (drawn,) = Question(bound.maker).draw(connection, SEED, 1)
    assert asked(moved, "create_review", draw).equal == 1
    with pytest.raises(RequestRefusedError) as caught:
        bound(**{**drawn, "id": drawn["id"] + 1})
    assert caught.value.condition_failed
    assert verify(CASE, postgres, engine).equal


def test_relational_steps_rise_and_survive_a_zone():
    """Each RDS configuration has a standby, and the last covers 100,000 DAU and more."""
    steps = CASE.workload.relational
    assert all(step.multi_az for step in steps)
    assert all(low.max_dau < high.max_dau for low, high in pairwise(steps))
    assert steps[-1].max_dau >= 100_000
