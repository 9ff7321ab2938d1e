"""What the workbench needs of PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest


@pytest.fixture
def connection(postgres):
    """A connection whose work is rolled back."""
    with postgres.connect() as opened:
        yield opened
        opened.rollback()


def test_it_is_the_locked_version(postgres):
    """The embedded server is PostgreSQL 18."""
    assert postgres.version.startswith("18.")


def test_copy_carries_unicode_nulls_and_quotes(connection):
    """COPY loads text of every plane, tabs, line ends, backslashes and NULLs unchanged."""
    rows = [(1, "naïve 日本語 🚌"), (2, "tab\tline\nback\\slash"), (3, None), (4, "")]
    connection.execute("CREATE TEMP TABLE source (id int, text text)")
    with connection.cursor().copy("COPY source FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    assert connection.execute("SELECT id, text FROM source ORDER BY id").fetchall() == rows


def test_text_orders_by_code_point(connection):
    """Text is ordered as DynamoDB orders sort keys: by UTF-8 bytes."""
    query = "SELECT v FROM (VALUES (U&'\\+01F68C'), (U&'\\FFEE'), ('b'), ('B'), ('é')) AS t (v) ORDER BY v"
    found = [row[0] for row in connection.execute(query)]
    assert found == sorted(found, key=str.encode)
    assert found[:2] == ["B", "b"]


def test_lower_case_knows_unicode(connection):
    """Upper and lower case cover more than ASCII."""
    assert connection.execute("SELECT lower('ÄÉЖ')").fetchone() == ("äéж",)


def test_work_is_rolled_back(postgres):
    """A connection does not commit by itself."""
    with postgres.connect() as connection:
        connection.execute("CREATE TABLE never (id int)")
        connection.rollback()
    with postgres.connect() as connection:
        assert connection.execute("SELECT to_regclass('never')").fetchone() == (None,)


def test_repeatable_read_sees_one_moment(postgres):
    """A repeatable read transaction does not see what commits after it began."""
    with postgres.connect() as writer, postgres.connect() as reader:
        writer.execute("CREATE TABLE moment (id int)")
        writer.commit()
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert reader.execute("SELECT count(*) FROM moment").fetchone() == (0,)
        writer.execute("INSERT INTO moment VALUES (1)")
        writer.commit()
        assert reader.execute("SELECT count(*) FROM moment").fetchone() == (0,)
        reader.rollback()
        writer.execute("DROP TABLE moment")


def test_read_only_connection_refuses_writes(postgres):
    """A connection that was set to read only refuses to write."""
    with postgres.connect() as connection:
        connection.read_only = True
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE refused (id int)")


def test_server_side_cursor_streams(connection):
    """A named cursor returns many rows without holding them all."""
    with connection.cursor("stream") as cursor:
        cursor.itersize = 100
        cursor.execute("SELECT generate_series(1, 1000)")
        assert sum(row[0] for row in cursor) == 500_500


def test_time_zone_is_utc(connection):
    """The embedded server runs in UTC, wherever the machine is."""
    assert connection.execute("SHOW timezone").fetchone() == ("UTC",)


def test_json_arrays_and_timestamps_have_python_types(connection):
    """JSON, arrays and timestamps arrive as Python values."""
    row = connection.execute(
        "SELECT '{\"a\": [1]}'::jsonb, ARRAY['x', NULL], timestamptz '2026-01-01 00:00+00'"
    ).fetchone()
    assert row[0] == {"a": [1]}
    assert row[1] == ["x", None]
    assert row[2].isoformat() == "2026-01-01T00:00:00+00:00"
