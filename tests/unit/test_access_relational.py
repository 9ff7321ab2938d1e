"""Answers compared: what counts as equal, and how a difference reads."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.access.relational import Question, Rows, differences
from workbench.access.requests import RequestMaker, sql_parameters
from workbench.errors import InputError

from .access_shop import SHOP, design

ITEMS = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.builds(lambda n: {"N": str(n)}, st.integers(0, 3)))
)


def question(**fields: Any) -> Question:
    """Returns the shop's orders as a question in SQL."""
    return Question(RequestMaker(design({"operation": "Scan", **fields}), "it"))


def told(items: list[dict[str, Any]], rows: Rows, *, ordered: bool = True) -> list[str]:
    """Returns the differences as they read."""
    return [str(difference) for difference in question().compare(items, rows, ordered=ordered)]


def rows(*columns: str, of: list[tuple[Any, ...]]) -> Rows:
    """Returns rows as a driver gives them."""
    return Rows(columns, tuple(dict(zip(columns, row, strict=True)) for row in of))


def test_rows_are_encoded_by_the_attributes_they_are_named_like():
    """Both sides are compared by value, and only in the columns that SQL returns."""
    item = {
        "PK": {"S": "SHOP#00001"},
        "order_id": {"S": "a"},
        "total": {"N": "1.50"},
        "placed_at": {"S": "2044-01-01T00:00:00.000000Z"},
        "labels": {"SS": ["b", "a"]},
        "details": {"M": {"x": {"L": [{"NULL": True}]}}},
        "status": {"S": "not compared"},
    }
    moment = dt.datetime(2044, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    row = ("a", 1.5, moment, ["a", "b"], {"x": [None]})
    columns = ("order_id", "total", "placed_at", "labels", "details")
    assert told([item], rows(*columns, of=[row])) == []


def test_a_difference_names_item_and_attribute_and_both_values():
    """The item is called by its position and key."""
    item = {"PK": {"S": "p"}, "SK": {"S": "s"}, "total": {"N": "2"}}
    assert told([item], rows("total", "status", of=[(3, "open")])) == [
        'item 1 (PK=p, SK=s): status: DynamoDB has nothing, SQL has {"S": "open"}',
        'item 1 (PK=p, SK=s): total: DynamoDB has {"N": "2"}, SQL has {"N": "3"}',
    ]


def test_null_and_an_absent_attribute_are_the_same():
    """A NULL is left out of the item, so it equals an attribute that is not there."""
    assert told([{"total": {"N": "1"}}], rows("total", "status", of=[(1, None)])) == []


def test_items_on_one_side_only_are_told_with_the_counts():
    """A missing or an extra item shows beside the two counts."""
    items = [{"order_id": {"S": name}} for name in "ab"]
    answer = rows("order_id", of=[("b",)])
    assert told(items, answer, ordered=False) == [
        "count of items: DynamoDB has 2, SQL has 1",
        "item 1: DynamoDB has the item, SQL has nothing",
    ]
    assert told([], answer) == [
        "count of items: DynamoDB has 0, SQL has 1",
        'row 1: DynamoDB has nothing, SQL has {"order_id": {"S": "b"}}',
    ]


def test_the_order_counts_only_where_it_is_part_of_the_answer():
    """Swapped items are equal without order and differ with it."""
    items = [{"order_id": {"S": name}} for name in "ab"]
    answer = rows("order_id", of=[("b",), ("a",)])
    assert told(items, answer, ordered=False) == []
    assert len(told(items, answer, ordered=True)) == 2


def indexed(name: str, total: str | None) -> dict[str, Any]:
    """Returns an order as the index by status gives it, with or without its sort key."""
    return {"order_id": {"S": name}, **({"StatusSK": {"N": total}} if total else {})}


@pytest.mark.parametrize(
    ("totals", "expected", "differing"),
    [
        (("1", "7.0", "7", "9"), "acbd", 0),
        (("1", "7", "7", "9"), "bacd", 2),
        (("1", "7", "8", "9"), "acbd", 2),
        ((None, None, None, None), "acbd", 2),
        (("7", "7", "7", "7"), "dcba", 0),
        (("7", "7", "7", "7"), "dcbx", 1),
    ],
)
def test_entries_of_an_index_with_equal_keys_have_no_order(totals, expected, differing):
    """Two entries of the same sort key may change places, others and those without their key may not."""
    asked = question(operation="Query", index="ByStatus", partition={"StatusPK": "STATUS#{status}"})
    items = [indexed(name, total) for name, total in zip("abcd", totals, strict=True)]
    answer = rows("order_id", of=[(name,) for name in expected])
    found = asked.compare(items, answer, ordered=True)
    assert len(found) == differing


def test_all_entries_of_an_index_without_sort_key_may_change_places():
    """What only groups entries says nothing about their order."""
    shop = copy.deepcopy(SHOP)
    index = shop["tables"]["Shop-Main"]["global_secondary_indexes"]["ByStatus"]
    del index["sort_key"], shop["entities"]["Order"]["index_keys"]["ByStatus"]["keys"]["StatusSK"]
    given = {"operation": "Query", "index": "ByStatus", "partition": {"StatusPK": "STATUS#{status}"}}
    asked = Question(RequestMaker(design(given, shop), "it"))
    items = [indexed(name, "1") for name in "ab"]
    assert asked.compare(items, rows("order_id", of=[("b",), ("a",)]), ordered=True) == ()


def test_long_values_are_cut_with_their_length():
    """A difference in a long text stays one readable line."""
    (line,) = told([{"status": {"S": "x" * 1000}}], rows("status", of=[("y",)]))
    assert "... (1009 characters), SQL has" in line
    assert len(line) < 200


def test_a_count_is_compared_with_the_column_count():
    """Equal counts are no difference, a statement without the column never is equal."""
    asked = question()
    assert asked.compare_count(3, rows("count", of=[(3,)])) == ()
    (difference,) = asked.compare_count(3, rows("count", of=[(4,)]))
    assert str(difference) == "count: DynamoDB has 3, SQL has 4"
    assert len(asked.compare_count(0, rows("n", of=[(0,)]))) == 1


def test_columns_that_no_item_stores_are_all_named():
    """A misspelt column is an error of the design."""
    with pytest.raises(InputError, match="no item of Order stores; got stat, totl, allowed details, labels,"):
        told([], rows("stat", "totl", "status", of=[]))


def test_json_parameters_reach_the_driver_as_text():
    """Maps and lists of a JSON attribute are text, in a batch each element; other lists stay arrays."""
    asked = question(parameters={"extra": "details"})
    given_values = {"extra": {"a": [1]}, "lines": None, "labels": ["x"]}
    assert asked.arguments(given_values) == {"extra": '{"a": [1]}', "lines": None, "labels": ["x"]}
    batch = question(operation="BatchWriteItem", for_each=["details"])
    assert batch.arguments({"details": [{"a": 1}, None]}) == {"details": ['{"a": 1}', None]}


def test_sql_parameters_are_found_once_and_not_in_escaped_text():
    """A doubled percent sign is no parameter."""
    assert sql_parameters("SELECT %(b)s, %(a)s, %(b)s, '%%(c)s'") == ("b", "a")


@settings(deadline=None)
@given(ITEMS, st.randoms())
def test_any_order_of_the_same_items_is_equal_without_order(items, random):
    """A shuffled copy never differs when the order does not count."""
    shuffled = list(items)
    random.shuffle(shuffled)
    labels = [str(number) for number in range(len(items))]
    assert differences(items, shuffled, labels, [0] * len(items)) == ()


@settings(deadline=None)
@given(ITEMS, ITEMS)
def test_lists_are_equal_exactly_when_nothing_is_told(one, other):
    """Differences are told if and only if the ordered lists differ."""
    labels = [str(number) for number in range(len(one))]
    assert (differences(one, other, labels, range(len(one))) == ()) == (one == other)
