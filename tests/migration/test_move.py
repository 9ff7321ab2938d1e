"""Loading, moving and verifying a case on real engines."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest

from workbench.errors import EngineError, MigrationError
from workbench.migrate import Ledger, Reject, backfill, ensure_schema, load_source, rehearse, verify
from workbench.migrate.source import is_loaded
from workbench.spec import load_case
from workbench.spec.design import Design
from workbench.spec.mapping import Mapping

ALGOITNY = load_case("algoitny")

TABLE = {
    "partition_key": {"name": "PK", "type": "S"},
    "sort_key": {"name": "SK", "type": "N"},
    "billing_mode": "PAY_PER_REQUEST",
}
ENTITY = {
    "table": "Notes",
    "keys": {"PK": "OWNER#{owner}", "SK": "{place}"},
    "attributes": {
        "owner": {"type": "S"},
        "place": {"type": "N", "format": "integer"},
        "body": {"type": "S"},
        "at": {"type": "S", "format": "timestamp"},
        "facts": {"type": "M"},
    },
}
QUERY = "SELECT id, owner, place, body, at, facts FROM notes WHERE owner NOT LIKE '%skip%'"


def notes_case(query=QUERY, **mapping):
    """Returns a case with one entity, `Note`, made of the table `notes`."""
    design = Design.model_validate(
        {
            "schema_version": 1,
            "case": "notes",
            "title": "Notes",
            "document": "none",
            "tables": {"Notes": TABLE},
            "entities": {"Note": ENTITY},
        }
    )
    mapped = Mapping.model_validate(
        {"schema_version": 1, "case": "notes", "entities": {"Note": {"query": query, **mapping}}}
    )
    return replace(ALGOITNY, design=design, mapping=mapped, population=None, source_sql=None)


NOTES = notes_case()


@pytest.fixture
def notes(source, target):
    """Makes the table of notes with rows, given as SQL, and the table of items."""

    def filled(values):
        with source.connect() as connection:
            connection.execute(
                "CREATE TABLE notes (id bigint PRIMARY KEY, owner text, place integer, body text, "
                "at timestamptz, facts jsonb)"
            )
            connection.execute(f"INSERT INTO notes {values}")
        ensure_schema(NOTES, target)

    return filled


def moved(case, source, target, ledger_path=None):
    """Returns the result of a backfill."""
    with Ledger(ledger_path) as ledger:
        return backfill(case, source, target, ledger)


def stored(target, place):
    """Returns the item of Ada's note at a place."""
    key = {"PK": {"S": "OWNER#ada"}, "SK": {"N": str(place)}}
    return target.client.get_item(TableName="Notes", Key=key).get("Item")


def test_a_row_becomes_the_item_that_design_and_mapping_state(notes, source, target):
    """Keys are filled, NULL is left out, a moment is UTC, and a number in JSON keeps its digits."""
    notes("""VALUES (7, 'ada', 3, NULL, '2026-05-06 07:08:09.5+02', '{"x": 0.12345678901234567890123}')""")

    moved(NOTES, source, target)

    assert stored(target, 3) == {
        "PK": {"S": "OWNER#ada"},
        "SK": {"N": "3"},
        "owner": {"S": "ada"},
        "place": {"N": "3"},
        "at": {"S": "2026-05-06T05:08:09.500000Z"},
        "facts": {"M": {"x": {"N": "0.12345678901234567890123"}}},
    }


def test_rows_that_no_item_can_hold_are_listed_with_the_reason(notes, source, target):
    """Endless moments, too precise numbers, missing key parts and keys taken before are named by row."""
    notes("""VALUES
        (1, 'ada', 1, 'first', NULL, NULL),
        (2, 'ada', 1, 'second', NULL, NULL),
        (3, 'ada', NULL, 'placeless', NULL, NULL),
        (4, 'ada', 4, '', 'infinity', NULL),
        (5, 'ada', 5, '', NULL, '{"n": 123456789012345678901234567890123456789}'),
        (6, 'skip', 6, '', NULL, NULL)""")

    result = moved(NOTES, source, target)

    assert result.rejects == (
        Reject("Note", 2, "its item would have the key of Note row 1"),
        Reject("Note", 3, "key SK has a part that is NULL"),
        Reject("Note", 4, "at: infinity is not a moment between the years 1 and 9999"),
        Reject("Note", 5, "facts: a number has 39 significant digits, at most 38 are kept"),
    )
    (counts,) = result.entities
    assert (counts.rows, counts.items, counts.rejected) == (5, 1, 4)
    assert stored(target, 1)["body"] == {"S": "first"}
    (verdict,) = verify(NOTES, source, target).entities
    assert (verdict.rows, verdict.equal, verdict.rejected) == (5, 1, 4)


@pytest.mark.parametrize(("policy", "body"), [("keep", {"S": ""}), ("omit", None)])
def test_an_empty_string_is_kept_or_left_out_as_the_mapping_says(notes, source, target, policy, body):
    """`empty_strings` decides whether an empty text becomes an attribute."""
    notes("VALUES (1, 'ada', 1, '', NULL, NULL)")

    moved(notes_case(empty_strings=policy), source, target)

    assert stored(target, 1).get("body") == body


def test_verification_names_what_is_missing_extra_and_different(notes, source, target):
    """Each discrepancy tells kind, key, row and the attributes that differ; the counts agree."""
    notes("SELECT n, 'ada', n, 'body ' || n, NULL, NULL FROM generate_series(1, 300) AS n")
    moved(NOTES, source, target)
    assert verify(NOTES, source, target).equal
    key = {"PK": {"S": "OWNER#ada"}}
    target.client.delete_item(TableName="Notes", Key={**key, "SK": {"N": "17"}})
    target.client.put_item(TableName="Notes", Item={**stored(target, 18), "body": {"S": "else"}})
    target.client.put_item(TableName="Notes", Item={**key, "SK": {"N": "301"}})

    found = verify(NOTES, source, target)

    assert not found.equal
    assert sorted(map(str, found.discrepancies)) == [
        "different item of Note row 18 in Notes, PK=OWNER#ada, SK=18: body",
        "extra item in Notes, PK=OWNER#ada, SK=301",
        "missing item of Note row 17 in Notes, PK=OWNER#ada, SK=17",
    ]
    (verdict,) = found.entities
    assert (verdict.equal, verdict.different, verdict.missing) == (298, 1, 1)
    assert (found.extra, found.table_items) == ({"Notes": 1}, {"Notes": 300})


class CountingClient:
    """A client that counts the writes of each key and fails after some requests.

    Args:
        client: The client that does the work.
        requests: Requests that may write before one fails.
    """

    def __init__(self, client, requests=10**6):
        self._client = client
        self._requests = requests
        self.puts = Counter()

    def __getattr__(self, name):
        return getattr(self._client, name)

    def batch_write_item(self, RequestItems):  # noqa: N803 - boto3's name
        """Writes, or fails as a lost connection would."""
        self._requests -= 1
        if self._requests < 0:
            raise ConnectionError("connection lost")
        ((_, writes),) = RequestItems.items()
        self.puts.update(write["PutRequest"]["Item"]["SK"]["N"] for write in writes)
        return self._client.batch_write_item(RequestItems=RequestItems)


def test_a_resumed_backfill_writes_only_what_is_not_there(notes, source, target, tmp_path):
    """Of a chunk that was cut off, items that had arrived are not sent again."""
    notes("SELECT n, 'ada', n, 'body ' || n, NULL, NULL FROM generate_series(1, 2000) AS n")
    broken = CountingClient(target.client, requests=30)
    with pytest.raises(ConnectionError):
        moved(NOTES, source, replace(target, client=broken), tmp_path / "ledger")

    whole = CountingClient(target.client)
    result = moved(NOTES, source, replace(target, client=whole), tmp_path / "ledger")

    assert result.resumed_chunks > 0
    assert (broken.puts + whole.puts) == Counter(str(number) for number in range(1, 2001))
    assert verify(NOTES, source, target).equal
    assert moved(NOTES, source, target, tmp_path / "ledger").resumed_chunks == 0


def test_a_resumed_chunk_is_judged_anew(notes, source, target, tmp_path):
    """A row that was mended since is no reject any more, and rows that are gone are not waited for."""
    notes("VALUES (1, 'ada', 1, '', 'infinity', NULL), (2, 'ada', 2, '', NULL, NULL)")
    cut = broken_for_writes(target)
    with pytest.raises(ConnectionError):
        moved(NOTES, source, replace(target, client=cut), tmp_path / "ledger")
    with source.connect() as connection:
        connection.execute("UPDATE notes SET at = NULL WHERE id = 1")
    assert moved(NOTES, source, target, tmp_path / "ledger").rejects == ()

    second = tmp_path / "gone"
    with pytest.raises(ConnectionError):
        moved(NOTES, source, replace(target, client=broken_for_writes(target)), second)
    with source.connect() as connection:
        connection.execute("DELETE FROM notes")
    assert moved(NOTES, source, target, second).resumed_chunks == 1
    assert moved(NOTES, source, target, second).resumed_chunks == 0


def broken_for_writes(target):
    """Returns a client that cannot write."""
    return CountingClient(target.client, requests=0)


class ThrottledClient(CountingClient):
    """A client that takes one item of each batch."""

    def batch_write_item(self, RequestItems):  # noqa: N803 - boto3's name
        """Writes the first item and leaves the others unprocessed."""
        ((table, writes),) = RequestItems.items()
        super().batch_write_item({table: writes[:1]})
        return {"UnprocessedItems": {table: writes[1:]} if writes[1:] else {}}


def test_unprocessed_items_are_sent_again(notes, source, target, monkeypatch):
    """What a table leaves unprocessed is repeated until it is taken."""
    monkeypatch.setattr("workbench.migrate.writer.LONGEST_WAIT_SECONDS", 0.001)
    notes("SELECT n, 'ada', n, 'body', NULL, NULL FROM generate_series(1, 10) AS n")

    moved(NOTES, source, replace(target, client=ThrottledClient(target.client)))

    assert verify(NOTES, source, target).equal


def test_a_table_that_takes_nothing_ends_the_move_with_advice(notes, source, target, monkeypatch):
    """After the last attempt the table is named, and that the same command resumes."""
    monkeypatch.setattr("workbench.migrate.writer.LONGEST_WAIT_SECONDS", 0.001)
    notes("VALUES (1, 'ada', 1, '', NULL, NULL)")
    deaf = SimpleNamespace(
        exceptions=target.client.exceptions,
        describe_table=target.client.describe_table,
        batch_write_item=lambda RequestItems: {"UnprocessedItems": RequestItems},  # noqa: N803 - boto3's name
    )

    with pytest.raises(MigrationError) as error:
        moved(NOTES, source, replace(target, client=deaf))

    assert str(error.value) == (
        "Notes: some items were not written in 12 attempts. "
        "Raise the table's capacity and run the same command again: it resumes."
    )


def test_an_item_that_the_engine_refuses_is_a_clear_error(notes, source, target):
    """A refusal names the table and the engine's words."""
    notes("VALUES (1, 'ada', 1, '', NULL, NULL)")
    design = NOTES.design.model_copy(deep=True)
    table = design.tables["Notes"].model_copy(update={"sort_key": None})
    entity = design.entities["Note"].model_copy(update={"keys": {"PK": "OWNER#{owner}"}})
    design = design.model_copy(update={"tables": {"Notes": table}, "entities": {"Note": entity}})

    with pytest.raises(MigrationError, match=r"Notes: items were not written: .*ValidationException"):
        moved(replace(NOTES, design=design), source, target)


def test_a_mapping_key_that_is_null_or_repeated_is_refused(notes, source, target):
    """Rows that the key would pass over are counted in the message; nothing is moved."""
    notes(
        "VALUES (1, 'ada', 1, '', NULL, NULL), (2, 'ada', 2, '', NULL, NULL), (3, 'bo', NULL, '', NULL, NULL)"
    )
    query = "SELECT place AS id, 'x' AS owner, place FROM notes UNION ALL SELECT 1, 'y', 1"

    with pytest.raises(MigrationError) as error:
        moved(notes_case(query), source, target)

    assert str(error.value) == (
        "Note: column id of its mapping query has 1 NULLs and 1 repeated values. "
        "Name a unique column that is never NULL in `key`."
    )


def test_a_mapping_key_that_is_no_integer_is_refused(notes, source, target):
    """The message names the type of the column."""
    notes("VALUES (1, 'ada', 1, '', NULL, NULL)")

    with pytest.raises(MigrationError) as error:
        moved(notes_case("SELECT 'a' AS id, owner, place FROM notes"), source, target)

    assert str(error.value) == (
        "Note: column id of its mapping query is str. Name an integer column in `key`."
    )


def test_a_mapping_query_that_fails_names_its_entity(source, target):
    """PostgreSQL's words follow the entity."""
    ensure_schema(NOTES, target)

    with pytest.raises(EngineError) as error:
        moved(NOTES, source, target)

    assert str(error.value) == (
        'Note: its mapping query failed: relation "notes" does not exist. '
        "Check it against the tables of the source."
    )


def test_a_ledger_is_refused_for_other_tables(notes, source, target, tmp_path):
    """Tables that were dropped and made again are not those that the ledger knows."""
    notes("VALUES (1, 'ada', 1, '', NULL, NULL)")
    moved(NOTES, source, target, tmp_path / "ledger")
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.remember(target="Notes@0.0")

    with pytest.raises(MigrationError) as error:
        moved(NOTES, source, target, tmp_path / "ledger")

    assert str(error.value) == (
        f"{tmp_path / 'ledger'}: this ledger belongs to another target. "
        "Name another file with --ledger, or start with empty tables and a new ledger."
    )


def test_verification_without_tables_names_them(source, target):
    """Missing tables are an error, not missing items."""
    with pytest.raises(MigrationError) as error:
        verify(NOTES, source, target)

    assert str(error.value) == "Notes: no such table. Make the tables with `workbench schema apply`."


def test_a_table_that_is_not_as_designed_is_refused(target):
    """The difference is shown instead of moving into a wrong table."""
    ensure_schema(NOTES, target)
    table = NOTES.design.tables["Notes"].model_copy(update={"time_to_live": "expires"})
    changed = replace(NOTES, design=NOTES.design.model_copy(update={"tables": {"Notes": table}}))

    with pytest.raises(MigrationError) as error:
        ensure_schema(changed, target)

    assert str(error.value) == (
        "Notes: time_to_live: documented expires -> actual off\n"
        "Drop the tables that are not as the design says, or change the design."
    )


def test_the_hostile_rows_of_algoitny_are_all_listed_and_the_rest_arrives(source, target, tmp_path):
    """Each row that the population calls hostile is rejected with its reason; everything else is equal."""
    result = rehearse(ALGOITNY, source, target, 3, 1, hostile=True, ledger_path=tmp_path / "ledger")

    assert result.verification.equal
    assert result.rows == result.items + len(result.rejects)
    assert len(result.rejects) == len(ALGOITNY.population.hostile)
    assert sorted((reject.entity, reject.reason.split(" has ")[0]) for reject in result.rejects) == [
        ("Problem", "metadata: a number"),
        ("Problem", "the item"),
        ("SubscriptionPlan", "key GSI1SK"),
        ("SubscriptionPlan", "key GSI1SK is empty"),
        ("SubscriptionPlan", "monthly_price_usd: NaN is not a finite number"),
        ("TestCase", "the item"),
    ]
    again = rehearse(ALGOITNY, source, target, 3, 1, hostile=True, ledger_path=tmp_path / "ledger")
    assert (again.rejects, again.items, again.verification) == (
        result.rejects,
        result.items,
        result.verification,
    )
    with pytest.raises(
        MigrationError, match="this move began with users 3, seed 1, hostile rows; got users 4"
    ):
        rehearse(ALGOITNY, source, target, 4, 1, ledger_path=tmp_path / "ledger")
    with pytest.raises(MigrationError, match="holds tables of algoitny that this ledger does not know"):
        rehearse(ALGOITNY, source, target, 3, 1)


def test_a_loaded_sequence_goes_on_behind_its_last_row(source):
    """After the load, a row without an id gets the next one."""
    assert not is_loaded(ALGOITNY, source)
    rows = load_source(ALGOITNY, source, 3, 1)

    assert is_loaded(ALGOITNY, source)
    with source.connect() as connection:
        (new,) = connection.execute(
            "INSERT INTO users (email, created_at, updated_at) VALUES ('new@example.com', now(), now()) "
            "RETURNING id"
        ).fetchone()
        (largest,) = connection.execute("SELECT max(id) FROM users WHERE id < %s", (new,)).fetchone()
    assert new == largest + 1
    assert rows["users"] == 3


def test_a_load_that_fails_leaves_the_database_empty(source):
    """Schema and rows are one transaction."""
    broken = replace(ALGOITNY, source_sql=ALGOITNY.source_sql + "; CREATE TABLE users (id int);")

    with pytest.raises(EngineError, match=r'algoitny: source.sql failed: relation "users" already exists'):
        load_source(broken, source, 3, 1)

    assert not is_loaded(ALGOITNY, source)
