"""All access patterns of algoitny beside the same questions in SQL, and that a wrong one shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from workbench.access.relational import Question
from workbench.access.repository import Repository
from workbench.engines import DynamoEngine, PostgresEngine, open_postgres
from workbench.errors import InputError
from workbench.migrate import Verification, rehearse, verify
from workbench.replay import ReplayResult, measure_sizes, replay
from workbench.replay.driver import Driver
from workbench.spec import Case, load_case

USERS, SAMPLES, SEED = 20, 12, 3
CASE = load_case("algoitny")


@dataclass(frozen=True)
class Replayed:
    """A small population on both sides, and what its replay found."""

    case: Case
    postgres: PostgresEngine
    engine: DynamoEngine
    result: ReplayResult
    afterwards: Verification

    def changed(self, pattern: str, **fields: Any) -> Case:
        """Returns the case with fields of one pattern changed."""
        stated = self.case.design.patterns[pattern].model_copy(update=fields)
        return self.with_design(patterns={**self.case.design.patterns, pattern: stated})

    def with_design(self, **fields: Any) -> Case:
        """Returns the case with fields of its design changed."""
        return replace(self.case, design=self.case.design.model_copy(update=fields))

    def again(self, case: Case, pattern: str) -> Any:
        """Returns what one pattern of a changed case does on the same data."""
        connection = self.postgres.connect(autocommit=True)
        try:
            return Driver(case.design, connection, self.engine).pattern(pattern, 10, SEED + 1, 0)
        finally:
            connection.close()


@pytest.fixture(scope="module")
def replayed(dynamodb_local):
    """The case, moved and replayed once."""
    client = dynamodb_local.connect("patterns")
    engine = replace(dynamodb_local, client=client, database="patterns")
    with open_postgres() as postgres:
        moved = rehearse(CASE, postgres, engine, USERS, SEED)
        assert moved.verification.equal
        result = replay(CASE, postgres, engine, SAMPLES, SEED, warmup=3)
        yield Replayed(CASE, postgres, engine, result, verify(CASE, postgres, engine))
    client.close()


@pytest.mark.parametrize("pattern", CASE.design.patterns)
def test_a_pattern_answers_what_sql_answers(replayed, pattern):
    """Every request of the pattern gives the same items, in the same order where it matters, as its SQL."""
    row = replayed.result.row(pattern)
    assert (row.differences, row.errors) == ((), {})
    assert row.samples > 0
    assert row.equal == row.samples


@pytest.mark.parametrize("pattern", CASE.design.patterns)
def test_a_pattern_consumes_what_the_model_predicts(replayed, pattern):
    """Every request consumes the predicted units in the table and in each index."""
    row = replayed.result.row(pattern)
    assert row.unit_differences == ()
    assert (row.units_dialect, row.units_equal) == ("dynamodb-local", row.samples)
    assert sum(row.observed.values()) > 0


def test_all_33_patterns_are_replayed(replayed):
    """The document counts 33 access patterns; all are equal on both sides, every operation is among them."""
    result = replayed.result
    assert (len(result.rows), result.equal_patterns, result.agreeing_patterns) == (33, 33, 33)
    assert {row.operation for row in result.rows} == {
        "GetItem",
        "BatchGetItem",
        "Query",
        "Scan",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
    }


def test_both_sides_hold_the_same_data_after_the_writes(replayed):
    """Rows mapped again after the replay are the items there: no write forgot an attribute or a key."""
    assert replayed.afterwards.discrepancies == ()
    assert replayed.afterwards.equal


def test_units_that_aws_would_count_otherwise_are_explained(replayed):
    """Where the two dialects predict different units, the flag that makes the difference is named."""
    rows = {row.pattern: row for row in replayed.result.rows}
    differing = {
        name for name, row in rows.items() if row.predicted["aws"] != row.predicted["dynamodb-local"]
    }
    assert differing == {name for name, row in rows.items() if row.dialect_flags}
    assert rows["record_history"].dialect_flags == ("transaction_doubles_indexes",)


MUTATIONS = [
    ("get_problem", ("title, problem_url", "upper(title) || '!' AS title, problem_url"), "title"),
    ("list_problems_by_platform", ("created_at DESC, id DESC", "created_at, id"), "DynamoDB has"),
    ("list_user_history", ("LIMIT 20", "LIMIT 1"), "count of items"),
    ("count_usage_today", ("count(*)", "count(*) + 1"), "count: DynamoDB has"),
    ("log_usage", ('\'{"client": "web"}\'', '\'{"client": "app"}\''), "metadata"),
]


@pytest.mark.parametrize(("pattern", "swap", "told"), MUTATIONS)
def test_a_wrong_statement_is_detected(replayed, pattern, swap, told):
    """A wrong column, order, limit, count or write in SQL shows as a difference that names what differs."""
    sql = replayed.case.design.patterns[pattern].sql
    assert swap[0] in sql
    row = replayed.again(replayed.changed(pattern, sql=sql.replace(*swap)), pattern)
    assert not row.answers_equal
    assert any(told in text for text in row.differences)


def test_a_projection_that_lacks_an_attribute_is_detected(replayed):
    """An attribute that the read leaves out but the SQL returns is named."""
    pattern = "list_problems_by_platform"
    row = replayed.again(replayed.changed(pattern, attributes=("id", "platform")), pattern)
    assert row.equal < row.samples
    assert any("title: DynamoDB has nothing, SQL has" in text for text in row.differences)


def test_a_write_that_sql_does_not_make_is_detected(replayed):
    """An update that changes no row differs from the item that DynamoDB changed."""
    pattern = "increment_execution_count"
    sql = replayed.case.design.patterns[pattern].sql
    row = replayed.again(replayed.changed(pattern, sql=sql.replace("WHERE", "WHERE false AND")), pattern)
    assert row.equal == 0
    assert any("count of items: DynamoDB has 1, SQL has 0" in text for text in row.differences)


def test_a_refused_write_is_the_same_answer_on_both_sides(replayed):
    """A taken email address fails the condition here and the UNIQUE constraint there, and changes nothing."""
    columns = "id, email, name, google_id, execution_count, is_active, is_staff, created_at, updated_at"
    draw = f"SELECT {columns}, NULL AS plan_name FROM users ORDER BY id LIMIT %(count)s"
    row = replayed.again(replayed.changed("create_user", draw=draw), "create_user")
    assert (row.equal, row.errors, row.differences) == (10, {}, ())
    assert (row.observed, row.units_equal) == ({}, 10)
    assert row.predicted["aws"] == {"AlgoItny-Users": 1.0}
    assert row.dialect_flags == ("failed_condition_reported",)


def test_a_write_that_only_sql_refuses_is_an_error(replayed):
    """Without the condition DynamoDB overwrites the user that SQL keeps; the error is counted by its kind."""
    columns = "id, email, name, google_id, execution_count, is_active, is_staff, created_at, updated_at"
    draw = f"SELECT {columns}, NULL AS plan_name FROM users ORDER BY id LIMIT %(count)s"
    row = replayed.again(replayed.changed("create_user", draw=draw, condition=()), "create_user")
    assert row.equal == 0
    ((kind, count),) = row.errors.items()
    assert kind.startswith("SQL UniqueViolation")
    assert (count, row.dynamodb.count) == (10, 0)


def test_a_request_that_dynamodb_refuses_is_counted_and_not_repeated_in_sql(replayed):
    """An invalid request is an error by its code, and SQL is not asked to change what DynamoDB did not."""
    changed = replayed.changed("increment_execution_count", set={"PK": "USER#other"})
    row = replayed.again(changed, "increment_execution_count")
    assert row.errors == {"DynamoDB ValidationException": 10}
    assert (row.equal, row.sql.count) == (0, 0)


def test_a_table_that_is_not_as_the_design_says_shows_in_the_units(replayed):
    """An index that the design keeps to itself, but the table has, is consumed and not predicted."""
    tables = replayed.case.design.tables
    users = tables["AlgoItny-Users"]
    known = {name: i for name, i in users.global_secondary_indexes.items() if name != "GSI3"}
    without = users.model_copy(update={"global_secondary_indexes": known})
    entities = replayed.case.design.entities
    user = entities["User"]
    keys = {name: k for name, k in user.index_keys.items() if name != "GSI3"}
    case = replayed.with_design(
        tables={**tables, "AlgoItny-Users": without},
        entities={**entities, "User": user.model_copy(update={"index_keys": keys})},
    )
    row = replayed.again(case, "change_user_plan")
    assert row.units_equal < row.samples
    assert "AlgoItny-Users/GSI3: observed 1, predicted 0 units" in row.unit_differences[0]


def test_a_column_that_no_item_stores_is_an_error_of_the_design(replayed):
    """A misspelt column names itself and the attributes that could have been meant."""
    case = replayed.changed("get_plan", sql="SELECT 1 AS nmae")
    with pytest.raises(InputError, match=r"patterns\.get_plan: sql returns columns that no item") as caught:
        replayed.again(case, "get_plan")
    assert "got nmae, allowed created_at, description" in str(caught.value)


def test_the_same_seed_draws_the_same_parameters(replayed):
    """Parameters depend on data and seed only."""
    question = Question(Repository(CASE.design, replayed.engine).patterns["get_problem"].maker)
    with replayed.postgres.connect() as connection:
        one, same = (question.draw(connection, 5, 20) for _ in range(2))
        other = question.draw(connection, 6, 20)
    assert one == same
    assert one != other


def test_measured_sizes_are_those_of_the_items_that_are_there(replayed):
    """Counts of measured items and entries equal those of a scan; every place has billed bytes."""
    sizes, client = measure_sizes(CASE, replayed.postgres), replayed.engine.client
    assert sizes.items["SubscriptionPlan"].count == client.scan(TableName="AlgoItny-Plans")["Count"]
    (index,) = sizes.entries["SubscriptionPlan"]
    entries = client.scan(TableName="AlgoItny-Plans", IndexName=index, Select="COUNT")["Count"]
    assert sizes.entries["SubscriptionPlan"][index].count == entries
    assert set(sizes.billed_bytes()) == {
        place
        for name, table in CASE.design.tables.items()
        for place in (name, *(f"{name}/{index}" for index in table.global_secondary_indexes))
    }
