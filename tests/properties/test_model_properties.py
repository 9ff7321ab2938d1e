"""What holds for every item and request, whatever its size."""

from base64 import b64encode
from fractions import Fraction
from itertools import product
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.model import AWS, DIALECTS, Action, TableShape, item_bytes, number_bytes, predict, value_bytes
from workbench.model.attribute_json import Reader
from workbench.model.expected import expected_collection_units, expected_units, histogram
from workbench.model.indexes import same_value

TABLE = TableShape.from_create_table(
    {
        "TableName": "t",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g", "r", "l")
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "all",
                "KeySchema": [
                    {"AttributeName": "g", "KeyType": "HASH"},
                    {"AttributeName": "r", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": "keys",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "local",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "l", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["pad"]},
            }
        ],
    }
)

texts = st.text(max_size=20)
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=6).map(lambda number: format(number, "f"))
scalars = st.one_of(
    st.builds(lambda text: {"S": text}, texts),
    st.builds(lambda number: {"N": number}, numbers),
    st.builds(lambda raw: {"B": raw}, st.binary(max_size=20)),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda members: {"SS": sorted(members)}, st.sets(texts, min_size=1, max_size=4)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda members: {"L": members}, st.lists(inner, max_size=4)),
        st.builds(lambda members: {"M": members}, st.dictionaries(texts, inner, max_size=4)),
    ),
    max_leaves=8,
)
keys = st.sampled_from(["a", "b"]).map(lambda text: {"S": text})
pads = st.integers(0, 5000).map(lambda length: {"S": "x" * length})
items = st.fixed_dictionaries(
    {"pk": st.just({"S": "x"})},
    optional={"g": keys, "r": keys, "l": keys, "pad": pads, "v": values},
)
dialects = st.sampled_from(list(DIALECTS.values()))


def sized(size_bytes):
    """An item of exactly this size, from 2 bytes on."""
    return {"pk": {"S": "x" * (size_bytes - 2)}}


def written(before, after, dialect=AWS):
    """What a write from one image to the other consumes."""
    return predict(TABLE, "PutItem", [Action("PutItem", before, after)], dialect)


def got(item, dialect=AWS):
    """What reading an item by its key consumes."""
    return predict(TABLE, "GetItem", [Action("GetItem", evaluated=[item])], dialect)


@given(st.dictionaries(texts, values, max_size=5))
def test_an_item_is_its_names_and_values_in_any_order(item):
    """The size is the sum of its parts, so their order is of no account."""
    parts = sum(len(name.encode()) + value_bytes(value) for name, value in item.items())
    assert item_bytes(item) == parts == item_bytes(dict(reversed(item.items())))


@given(st.dictionaries(texts, values, max_size=5), texts, values)
def test_an_attribute_more_is_never_smaller(item, name, value):
    """Adding an attribute adds its name and value."""
    bare = {other: kept for other, kept in item.items() if other != name}
    assert item_bytes(bare | {name: value}) == item_bytes(bare) + len(name.encode()) + value_bytes(value)


@given(st.integers(1, 10**38 - 1), st.integers(-80, 80))
def test_a_number_is_its_digits_in_base_100_and_a_byte(digits, exponent):
    """The size equals that of the number's base-100 expansion, found by division."""
    whole, count = digits * 10 ** (exponent + 160), 0
    while whole % 100 == 0:
        whole //= 100
    while whole:
        whole, count = whole // 100, count + 1
    assert number_bytes(f"{digits}E{exponent}") == min(count + 1, 21)
    assert number_bytes(f"-{digits}E{exponent}") == min(count + 2, 21)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=10))
def test_a_number_has_one_size_however_it_is_written(number):
    """Zeros without meaning and exponents change nothing."""
    plain, power = format(number, "f"), format(number, "E")
    assert number_bytes(plain) == number_bytes(power) == number_bytes(f"{plain}00")


@pytest.mark.parametrize("step", range(1, 401, 7))
def test_a_write_unit_more_begins_one_byte_after_each_kilobyte(step):
    """At every edge the byte beyond costs a unit more."""
    assert written(None, sized(step * 1024)).table == step
    assert written(None, sized(step * 1024 + 1)).table == step + 1


@pytest.mark.parametrize("step", range(1, 101, 3))
def test_a_read_unit_more_begins_one_byte_after_each_four_kilobytes(step):
    """At every edge the byte beyond costs a unit more, half of it when eventually consistent."""
    for strong, factor in ((True, 1), (False, 0.5)):
        for extra in (0, 1):
            action = Action("GetItem", consistent_read=strong, evaluated=[sized(step * 4096 + extra)])
            assert predict(TABLE, "GetItem", [action]).table == factor * (step + extra)


@given(st.integers(2, 20_000), st.integers(0, 3000), dialects)
def test_a_larger_item_never_costs_less(size_bytes, more, dialect):
    """Reads and writes of one item are monotone in its size."""
    small, large = sized(size_bytes), sized(size_bytes + more)
    assert written(None, small, dialect).table <= written(None, large, dialect).table
    assert got(small, dialect).table <= got(large, dialect).table


@given(st.one_of(st.none(), items), st.one_of(st.none(), items), dialects)
def test_a_write_costs_at_least_one_unit_and_each_touched_index_one(before, after, dialect):
    """No part of a write is below the minimum."""
    consumed = written(before, after, dialect)
    indexes = [*consumed.global_secondary_indexes.values(), *consumed.local_secondary_indexes.values()]
    assert min([consumed.table, *indexes]) >= 1
    assert consumed.capacity_units == consumed.table + sum(indexes)


@given(items, dialects)
def test_a_write_that_changes_nothing_costs_the_table_only(item, dialect):
    """Indexes are not written when their entries stay."""
    assert written(item, dict(reversed(item.items())), dialect).capacity_units == ceil(
        item_bytes(item) / 1024
    )


@given(items, items)
def test_a_change_and_its_reverse_cost_the_same(before, after):
    """Which image is the older is of no account on AWS."""
    assert written(before, after) == written(after, before)


@given(st.lists(st.tuples(items, items), min_size=1, max_size=5))
def test_a_batch_costs_the_sum_of_its_writes(images):
    """Batches give no discount."""
    batch = predict(TABLE, "BatchWriteItem", [Action("PutItem", *pair) for pair in images])
    singles = [written(*pair) for pair in images]
    assert batch.table == sum(one.table for one in singles)
    assert batch.capacity_units == sum(one.capacity_units for one in singles)


@given(st.lists(st.tuples(items, items), min_size=1, max_size=5))
def test_a_transaction_costs_the_table_twice_and_the_indexes_once(images):
    """The factor is on the table alone."""
    actions = [Action("PutItem", *pair) for pair in images]
    batch, transaction = (predict(TABLE, name, actions) for name in ("BatchWriteItem", "TransactWriteItems"))
    assert transaction.table == 2 * batch.table
    assert transaction.global_secondary_indexes == batch.global_secondary_indexes
    assert transaction.local_secondary_indexes == batch.local_secondary_indexes


@given(st.lists(st.integers(2, 9000), min_size=1, max_size=10))
def test_a_query_never_costs_more_than_the_same_items_one_by_one(sizes):
    """A page is rounded once, a batch for each item."""
    found = [sized(size) for size in sizes]
    page = predict(TABLE, "Query", [Action("Query", evaluated=found)])
    batch = predict(TABLE, "BatchGetItem", [Action("GetItem", evaluated=[item]) for item in found])
    assert page.table <= batch.table
    assert page.table == ceil(sum(sizes) / 4096) / 2


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=50), st.sampled_from([1024, 4096]))
def test_expected_units_are_the_mean_over_all_items(sizes, unit):
    """The histogram gives what adding up item by item gives."""
    brute = Fraction(sum(max(1, ceil(size / unit)) for size in sizes), len(sizes))
    assert expected_units(histogram(sizes), unit) == brute


@given(st.lists(st.integers(0, 6000), min_size=1, max_size=4), st.integers(0, 4))
def test_expected_units_of_a_query_are_the_mean_over_all_draws(sizes, count):
    """The distribution of the sum gives what enumerating every draw gives."""
    draws = [sum(draw) for draw in product(sizes, repeat=count)]
    brute = Fraction(sum(max(1, ceil(total / 4096)) for total in draws), len(draws))
    assert expected_collection_units(histogram(sizes), 4096, count) == brute


@pytest.mark.parametrize("expected", [expected_units, lambda s, u: expected_collection_units(s, u, 2)])
def test_nothing_is_expected_of_an_empty_histogram(expected):
    """There is nothing to draw."""
    with pytest.raises(ValueError, match="empty"):
        expected({}, 1024)


@given(values)
def test_a_value_equals_itself_and_nothing_of_another_type(value):
    """Equality of values is reflexive and looks at the type."""
    assert same_value(value, value)
    assert not same_value(value, {"NULL": True} if "NULL" not in value else {"BOOL": True})


@given(values)
def test_what_is_read_from_json_is_what_was_written(value):
    """Reading finds nothing wrong with a right value and keeps its size."""
    written_down = as_json(value)
    findings = []
    read = Reader(findings).value(written_down, (), 1)
    if findings:
        assert {finding.problem for finding in findings} == {"a member has an empty name"}
    else:
        assert (read, value_bytes(read)) == (value, value_bytes(value))


def as_json(value):
    """The value as a file would have it."""
    ((kind, inside),) = value.items()
    if kind == "B":
        return {"B": b64encode(inside).decode()}
    if kind == "L":
        return {"L": [as_json(member) for member in inside]}
    if kind == "M":
        return {"M": {name: as_json(member) for name, member in inside.items()}}
    return value
