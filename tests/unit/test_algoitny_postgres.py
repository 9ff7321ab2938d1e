"""The SQL of algoitny on a real PostgreSQL: every statement runs, and rows become items."""

from __future__ import annotations

import re

import pytest
from psycopg.rows import dict_row

from workbench.access import RequestMaker
from workbench.access.relational import Question
from workbench.items import ItemMaker, Unrepresentable
from workbench.population import generate
from workbench.spec import load_case

CASE = load_case("algoitny")
USERS, SEED = 20, 5


def load(connection, *, hostile=False):
    """Makes the schema and copies a population into it."""
    connection.execute(CASE.source_sql)
    for data in generate(CASE.population, USERS, SEED, hostile=hostile):
        statement = f"COPY {data.table} ({', '.join(data.columns)}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for block in data.blocks:
                copy.write(block)


def mapped(connection):
    """Returns the items by table and key, and the reasons of the rows that are none."""
    items, reasons = {}, []
    for name, mapping in CASE.mapping.entities.items():
        maker = ItemMaker(CASE.design, name)
        for row in connection.cursor(row_factory=dict_row).execute(mapping.query):
            try:
                item = maker.item(row)
            except Unrepresentable as reason:
                reasons.append(f"{name}: {reason}")
                continue
            place = (maker.entity.table, item["PK"]["S"], item["SK"]["S"])
            assert place not in items
            items[place] = item
    return items, reasons


def opened(postgres, *, hostile=False):
    """Yields a connection that sees a population in a schema of its own; nothing is committed."""
    with postgres.connect() as connection, connection.transaction(force_rollback=True):
        schema = "algoitny_hostile" if hostile else "algoitny"
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"SET LOCAL search_path TO {schema}")
        load(connection, hostile=hostile)
        yield connection


@pytest.fixture(scope="module")
def population(postgres):
    """A connection that sees the population."""
    yield from opened(postgres)


@pytest.fixture
def loaded(population):
    """The same, changes of one test are taken back."""
    with population.transaction(force_rollback=True):
        yield population


@pytest.fixture
def hostile(postgres):
    """A connection that sees a population with hostile rows."""
    yield from opened(postgres, hostile=True)


def test_every_row_becomes_one_item(loaded):
    """Without hostile rows each row of the seven tables is an item with a key of its own."""
    items, reasons = mapped(loaded)
    counts = [f"SELECT count(*) FROM {table}" for table in CASE.population.tables]
    rows = sum(loaded.execute(count).fetchone()[0] for count in counts)
    assert reasons == []
    assert len(items) == rows


def test_hostile_rows_are_refused_with_their_reason(hostile):
    """Exactly the hostile rows become no item, each for its own reason."""
    _, reasons = mapped(hostile)
    assert [re.sub(r"item has 42\d{4} bytes", "item has 42.... bytes", reason) for reason in reasons] == [
        "SubscriptionPlan: monthly_price_usd: NaN is not a finite number",
        "SubscriptionPlan: key GSI1SK is empty",
        "SubscriptionPlan: key GSI1SK has 1107 bytes, at most 1024 are allowed",
        "Problem: the item has 42.... bytes, at most 409600 are allowed",
        "Problem: metadata: a number has 40 significant digits, at most 38 are kept",
        "TestCase: the item has 42.... bytes, at most 409600 are allowed",
    ]


def test_documented_usage_key_would_lose_rows(loaded):
    """Rows share user, action and time, so the document's key without the id would overwrite some."""
    same = "SELECT count(*) - count(DISTINCT (user_id, action, created_at)) FROM usage_log"
    assert loaded.execute(same).fetchone()[0] > 0


@pytest.mark.parametrize("name", CASE.design.patterns)
def test_pattern_draws_and_answers(loaded, name):
    """Parameters can be drawn, fit the pattern, and the SQL answers in attributes of the entity."""
    maker = RequestMaker(CASE.design, name)
    question = Question(maker)
    drawn = question.draw(loaded, SEED, 8)
    assert 0 < len(drawn) <= 8
    assert drawn == question.draw(loaded, SEED, 8)
    answered = 0
    for parameters in drawn:
        assert maker.requests(parameters)
        rows = question.ask(loaded, question.arguments(parameters))
        answered += len(rows.rows)
        if not getattr(maker.pattern, "count_only", False):
            assert len(question.items(rows)) == len(rows.rows)
    assert answered
