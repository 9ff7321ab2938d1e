"""Deliberate bugs of a move: verification names the item and the attribute of each.

The rows of the source are right, the case that verifies is right, and the case that moves has one bug. The
expected findings are written down by hand from the row that the bug touches.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.items import ItemMaker
from workbench.migrate import Ledger, backfill, ensure_schema, load_source, verify
from workbench.spec import load_case
from workbench.spec.design import Design
from workbench.spec.mapping import Mapping

ALGOITNY = load_case("algoitny")
TABLE = {
    "partition_key": {"name": "PK", "type": "S"},
    "sort_key": {"name": "SK", "type": "N"},
    "billing_mode": "PAY_PER_REQUEST",
    "global_secondary_indexes": {
        "ByShelf": {
            "partition_key": {"name": "GSI1PK", "type": "S"},
            "sort_key": {"name": "GSI1SK", "type": "S"},
            "projection": {"type": "ALL"},
        }
    },
}
ENTITY = {
    "table": "Books",
    "keys": {"PK": "OWNER#{owner}#ROOM#{room}", "SK": "{place}"},
    "index_keys": {"ByShelf": {"keys": {"GSI1PK": "ROOM#{room}", "GSI1SK": "{bought}"}}},
    "attributes": {
        "owner": {"type": "S"},
        "room": {"type": "S"},
        "place": {"type": "N", "format": "integer"},
        "title": {"type": "S"},
        "bought": {"type": "S", "format": "timestamp"},
        "price": {"type": "N"},
        "lent": {"type": "BOOL"},
    },
}
COLUMNS = {name: name for name in ("id", "owner", "room", "place", "title", "bought", "price", "lent")}
ROWS = """
CREATE TABLE books (id bigint PRIMARY KEY, owner text, room text, place integer, title text,
                    bought timestamptz, price numeric, lent boolean);
INSERT INTO books SELECT n, 'ada', 'attic', n, 'A title of 25 characters ' || n,
                         timestamptz '2026-03-01 00:00Z' + n * interval '1 hour',
                         n + 0.12345678901234567890, n % 2 = 0
                  FROM generate_series(1, 60) AS n;
"""
ROW_7 = "item of Book row 7 in Books, PK=OWNER#ada#ROOM#attic, SK=7"


def books_case(entity=None, **columns):
    """Returns a case with one entity, `Book`; columns and parts of the entity may be wrong on purpose."""
    design = Design.model_validate(
        {
            "schema_version": 1,
            "case": "books",
            "title": "Books",
            "document": "none",
            "tables": {"Books": TABLE},
            "entities": {"Book": {**ENTITY, **(entity or {})}},
        }
    )
    selected = ", ".join(f"{sql} AS {name}" for name, sql in {**COLUMNS, **columns}.items())
    query = f"SELECT {selected} FROM books"
    mapping = Mapping.model_validate(
        {"schema_version": 1, "case": "books", "entities": {"Book": {"query": query}}}
    )
    return replace(ALGOITNY, design=design, mapping=mapping, population=None, source_sql=None)


RIGHT = books_case()


def only_row_7(wrong, right):
    """Returns SQL that is wrong for one row of sixty."""
    return f"CASE WHEN id = 7 THEN {wrong} ELSE {right} END"


def without(attribute):
    """Returns the entity's attributes without one."""
    return {"attributes": {name: kind for name, kind in ENTITY["attributes"].items() if name != attribute}}


WRONG_MAPPINGS = {
    "dropped attribute": (
        {"title": only_row_7("NULL", "title")},
        [f"different {ROW_7}: title"],
    ),
    "dropped flag that is false": (
        {"lent": "CASE WHEN lent OR id <> 7 THEN lent END"},
        [f"different {ROW_7}: lent"],
    ),
    "swapped key parts": (
        {"owner": only_row_7("room", "owner"), "room": only_row_7("owner", "room")},
        [
            "extra item in Books, PK=OWNER#attic#ROOM#ada, SK=7",
            f"missing {ROW_7}",
        ],
    ),
    "wrong time zone": (
        {"bought": only_row_7("bought AT TIME ZONE 'Asia/Seoul' AT TIME ZONE 'UTC'", "bought")},
        [f"different {ROW_7}: GSI1SK, bought"],
    ),
    "truncated string": (
        {"title": only_row_7("left(title, 25)", "title")},
        [f"different {ROW_7}: title"],
    ),
    "padded string": (
        {"title": only_row_7("title || ' '", "title")},
        [f"different {ROW_7}: title"],
    ),
    "rounded to a double": (
        {"price": only_row_7("price::float8::numeric", "price")},
        [f"different {ROW_7}: price"],
    ),
    "rounded to cents": (
        {"price": only_row_7("round(price, 2)", "price")},
        [f"different {ROW_7}: price"],
    ),
    "flipped flag": (
        {"lent": only_row_7("NOT lent", "lent")},
        [f"different {ROW_7}: lent"],
    ),
}


@pytest.fixture
def moved_by(source, target):
    """Fills the source, moves it by a case that may be wrong, and returns what verification finds."""

    def moved(case, afterwards=""):
        with source.connect() as connection:
            connection.execute(ROWS)
        ensure_schema(RIGHT, target)
        with Ledger() as ledger:
            backfill(case, source, target, ledger)
        if afterwards:
            with source.connect() as connection:
                connection.execute(afterwards)
        return verify(RIGHT, source, target)

    return moved


def findings(found):
    """Returns the discrepancies in words, sorted."""
    return sorted(map(str, found.discrepancies))


def test_the_right_mapping_is_found_equal(moved_by):
    """Without a bug nothing is found, so what the other tests find is their bug."""
    found = moved_by(RIGHT)

    assert (found.equal, found.discrepancies, found.items) == (True, (), 60)


@pytest.mark.parametrize("bug", WRONG_MAPPINGS)
def test_a_mapping_that_is_wrong_for_one_row_is_named_by_item_and_attribute(moved_by, bug):
    """Of sixty items exactly the one that the bug touched is listed, with the attributes that it touched."""
    columns, expected = WRONG_MAPPINGS[bug]

    found = moved_by(books_case(**columns))

    assert not found.equal
    assert findings(found) == expected


def test_an_attribute_that_the_design_forgot_is_named_for_each_item(moved_by):
    """All sixty items lack it and say so."""
    found = moved_by(books_case(without("title")))

    assert {discrepancy.attributes for discrepancy in found.discrepancies} == {("title",)}
    assert sorted(discrepancy.row_key for discrepancy in found.discrepancies) == list(range(1, 61))


def test_a_key_template_with_swapped_parts_is_named_by_its_key_attribute(moved_by):
    """Each item is found under its wrong key, and the part of the key that is wrong is named."""
    found = moved_by(books_case({"keys": {**ENTITY["keys"], "PK": "OWNER#{room}#ROOM#{owner}"}}))

    misplaced = [discrepancy for discrepancy in found.discrepancies if discrepancy.kind == "misplaced"]
    assert f"misplaced {ROW_7}: PK" in findings(found)
    assert {discrepancy.attributes for discrepancy in misplaced} == {("PK",)}
    assert (len(misplaced), found.entities[0].missing, found.extra) == (60, 60, {"Books": 60})


def test_an_index_key_with_a_wrong_part_is_named(moved_by):
    """The item is there, only its place in the index is wrong."""
    keys = {"GSI1PK": "ROOM#{owner}", "GSI1SK": "{bought}"}
    found = moved_by(books_case({"index_keys": {"ByShelf": {"keys": keys}}}))

    assert f"different {ROW_7}: GSI1PK" in findings(found)
    assert {discrepancy.attributes for discrepancy in found.discrepancies} == {("GSI1PK",)}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE books SET title = title || '!' WHERE id = 7", [f"different {ROW_7}: title"]),
        ("UPDATE books SET title = NULL WHERE id = 7", [f"different {ROW_7}: title"]),
        ("DELETE FROM books WHERE id = 7", ["extra item in Books, PK=OWNER#ada#ROOM#attic, SK=7"]),
        (
            "UPDATE books SET place = 70 WHERE id = 7",
            [
                "extra item in Books, PK=OWNER#ada#ROOM#attic, SK=7",
                "missing item of Book row 7 in Books, PK=OWNER#ada#ROOM#attic, SK=70",
            ],
        ),
        (
            "INSERT INTO books SELECT 61, owner, room, 61, title, bought, price, lent FROM books LIMIT 1",
            ["missing item of Book row 61 in Books, PK=OWNER#ada#ROOM#attic, SK=61"],
        ),
    ],
    ids=["lost update", "lost removal of a value", "missed delete", "lost move of a key", "lost insert"],
)
def test_a_change_that_did_not_reach_the_items_is_named(moved_by, statement, expected):
    """A write to the source that replication lost shows as exactly one item, or as its two places."""
    found = moved_by(RIGHT, statement)

    assert not found.equal
    assert findings(found) == expected


def changed(value):
    """Returns an attribute value that is wrong by one character, digit or flag; None to leave it out."""
    ((kind, inside),) = value.items()
    if kind == "S" and len(inside) > 1:
        return {"S": inside[:-1]}
    if kind == "N":
        last = "1" if inside[-1] != "1" else "2"
        return {"N": inside[:-1] + last}
    if kind == "BOOL":
        return {"BOOL": not inside}
    return None


class OneBugAnAttribute:
    """Makes items, of which each spoils one attribute that no item before it spoiled.

    Args:
        maker: Makes the right items.
        entity: The entity's name.
        row_key: The column that names a row.
        spoilt: Receives (entity, row key, attribute) of each bug.
        keys: Names of the attributes of the primary key, which stay.
    """

    def __init__(self, maker, entity, row_key, spoilt, keys):
        self._maker, self._entity, self._row_key = maker, entity, row_key
        self._spoilt, self._keys = spoilt, keys

    def item(self, row):
        """Returns the row's item with one bug, while attributes without one remain."""
        item = self._maker.item(row)
        done = {attribute for entity, _, attribute in self._spoilt if entity == self._entity}
        for name in sorted(item.keys() - self._keys - done):
            value = changed(item.pop(name))
            if value:
                item[name] = value
            self._spoilt.append((self._entity, row[self._row_key], name))
            break
        return item


@pytest.mark.parametrize("name", ["algoitny", "dealership"])
def test_every_attribute_of_a_case_is_watched(source, target, monkeypatch, name):
    """One character, digit or flag of each attribute of each entity is spoilt in one item: all are named."""
    case = load_case(name)
    spoilt = []

    def buggy(design, entity):
        table = design.entity_table(entity)
        keys = {key.name for key in (table.partition_key, table.sort_key) if key}
        return OneBugAnAttribute(
            ItemMaker(design, entity), entity, case.mapping.entities[entity].key, spoilt, keys
        )

    ensure_schema(case, target)
    load_source(case, source, 20, 1)
    monkeypatch.setitem(verify.__globals__, "SHOWN", 1000)
    monkeypatch.setitem(backfill.__globals__, "ItemMaker", buggy)
    with Ledger() as ledger:
        backfill(case, source, target, ledger)

    found = verify(case, source, target)

    named = {(d.entity, d.row_key, *d.attributes) for d in found.discrepancies}
    assert named == set(spoilt)
    assert len(spoilt) > 50
