"""Relational values as attribute values: what is stored, what is refused, and when two are equal."""

from __future__ import annotations

import datetime as dt
import string
import uuid
from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.items import Unrepresentable, canonical
from workbench.items.codec import encoder, key_text, number_text
from workbench.spec.design import Attribute

UTC = dt.UTC
TOKYO = dt.timezone(dt.timedelta(hours=9))
EXACT = Context(prec=200)


def encoded(value, kind, form=None):
    """Returns a value as an attribute of a type and format holds it."""
    return encoder(Attribute(type=kind, format=form))(value)


def nested(depth):
    """Returns a scalar inside so many lists."""
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "kind", "form", "expected"),
    [
        ("Grüße 🎉", "S", None, {"S": "Grüße 🎉"}),
        ("", "S", None, {"S": ""}),
        (uuid.UUID(int=5), "S", None, {"S": "00000000-0000-0000-0000-000000000005"}),
        (0, "N", None, {"N": "0"}),
        (Decimal("-0.0"), "N", None, {"N": "0"}),
        (Decimal("12.500"), "N", None, {"N": "12.5"}),
        (Decimal("1.20E+3"), "N", None, {"N": "1200"}),
        (Decimal("1E-130"), "N", None, {"N": "0." + "0" * 129 + "1"}),
        (0.1, "N", None, {"N": "0.1"}),
        (10**38 - 1, "N", None, {"N": "9" * 38}),
        (10**125, "N", None, {"N": "1" + "0" * 125}),
        (True, "BOOL", None, {"BOOL": True}),
        (b"\x00\xff", "B", None, {"B": b"\x00\xff"}),
        (memoryview(b"ab"), "B", None, {"B": b"ab"}),
        (
            dt.datetime(2026, 1, 1, 8, 59, tzinfo=TOKYO),
            "S",
            "timestamp",
            {"S": "2025-12-31T23:59:00.000000Z"},
        ),
        (dt.datetime(9, 1, 1, tzinfo=UTC), "S", "timestamp", {"S": "0009-01-01T00:00:00.000000Z"}),
        (dt.date(2026, 2, 3), "S", "date", {"S": "2026-02-03"}),
        (dt.datetime(2026, 1, 1, 8, 59, tzinfo=TOKYO), "S", "date", {"S": "2025-12-31"}),
        (dt.datetime(1970, 1, 1, 0, 0, 1, 999999, tzinfo=UTC), "N", "epoch_seconds", {"N": "1"}),
        (dt.datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC), "N", "epoch_seconds", {"N": "-1"}),
        (7, "N", "epoch_seconds", {"N": "7"}),
        (["b", "a", "b"], "SS", None, {"SS": ["a", "b"]}),
        ([Decimal("1.0"), 1, 2], "NS", None, {"NS": ["1", "2"]}),
        ([b"b", b"a"], "BS", None, {"BS": [b"a", b"b"]}),
        (
            {"a": [None, True, Decimal("0.50")]},
            "M",
            None,
            {"M": {"a": {"L": [{"NULL": True}, {"BOOL": True}, {"N": "0.5"}]}}},
        ),
        ([], "L", None, {"L": []}),
    ],
)
def test_a_value_becomes_the_attribute_value_of_its_type_and_format(value, kind, form, expected):
    """Text is kept, numbers lose their spare zeros, moments become UTC, sets lose repetitions."""
    assert encoded(value, kind, form) == expected


@pytest.mark.parametrize(
    ("value", "kind", "form", "reason"),
    [
        (Decimal("NaN"), "N", None, "NaN is not a finite number"),
        (float("inf"), "N", None, "Infinity is not a finite number"),
        (10**38 + 1, "N", None, "a number has 39 significant digits, at most 38 are kept"),
        (Decimal("1E126"), "N", None, "a number of magnitude 1E126 is outside 1E-130 to 9.9E125"),
        (Decimal("9.9E-131"), "N", None, "a number of magnitude 1E-131 is outside 1E-130 to 9.9E125"),
        (True, "N", None, "bool is not a number"),
        ("12", "N", None, "str is not a number"),
        (12, "S", None, "int is not text"),
        ("a\x00b", "S", None, "text holds the NUL character, which PostgreSQL could not take back"),
        ("\ud800", "S", None, "text holds half a surrogate pair, which UTF-8 cannot express"),
        ("f", "BOOL", None, "str is not a boolean"),
        ("x", "B", None, "str is not bytes"),
        (dt.datetime(2026, 1, 1), "S", "timestamp",  # noqa: DTZ001 - without a zone on purpose
         "timestamp 2026-01-01T00:00:00 has no time zone"),
        ("infinity", "S", "timestamp", "infinity is not a moment between the years 1 and 9999"),
        ("-infinity", "S", "date", "-infinity is not a day between the years 1 and 9999"),
        (dt.datetime(1, 1, 1, tzinfo=TOKYO), "S", "timestamp",
         "0001-01-01 00:00:00+09:00 is not in the years 1 to 9999 of UTC"),
        ([], "SS", None, "a set is empty"),
        (["a", None], "SS", None, "NoneType is not text"),
        ("abc", "SS", None, "str is not a set"),
        ([1], "M", None, "JSON of type L is not of type M"),
        ({"": 1}, "M", None, "a map has a member without a name"),
        ({"n" * 65_536: 1}, "M", None, "a map has a member whose name is longer than 65535 bytes"),
        (nested(32), "L", None, "lists and maps are nested deeper than 31 levels"),
        ({"at": dt.date(2026, 1, 1)}, "M", None, "date is not JSON"),
    ],
)  # fmt: skip
def test_a_value_that_no_attribute_can_hold_is_refused_with_the_reason(value, kind, form, reason):
    """The reason says what the value is and what it would have to be."""
    with pytest.raises(Unrepresentable) as refused:
        encoded(value, kind, form)
    assert str(refused.value) == reason


def test_lists_and_maps_may_be_nested_to_the_limit():
    """31 lists around a value are the 32 levels that DynamoDB allows."""
    encoded(nested(31), "L")


decimals = st.decimals(allow_nan=False, allow_infinity=False)


@given(decimals)
def test_a_number_keeps_its_exact_value_or_is_refused(number):
    """Either the text has the number's value, or the number has over 38 digits or is out of range."""
    stripped = number.normalize(EXACT)
    in_range = not number or -130 <= stripped.adjusted() <= 125
    if in_range and len(stripped.as_tuple().digits) <= 38:
        text = number_text(number)
        assert Decimal(text) == number
        assert not set(text) - set(string.digits + ".-")
        assert "." not in text or text[-1] not in "0."
    else:
        with pytest.raises(Unrepresentable):
            number_text(number)


@given(st.integers(), st.integers(0, 60))
def test_an_integer_is_stored_as_the_equal_decimal_is(number, zeros):
    """The fast way for small integers and the exact way for others agree, at the edge of 38 digits too."""
    value = number * 10**zeros
    try:
        expected = number_text(Decimal(value))
    except Unrepresentable:
        with pytest.raises(Unrepresentable):
            number_text(value)
    else:
        assert number_text(value) == expected


moments = st.datetimes(
    min_value=dt.datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=dt.datetime(9998, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, TOKYO, dt.timezone(dt.timedelta(hours=-5, minutes=-30))]),
)


@given(moments, moments)
def test_moments_sort_as_their_texts_do(one, other):
    """Text order is time order, whatever the zones."""
    texts = [encoded(moment, "S", "timestamp")["S"] for moment in (one, other)]
    assert (texts[0] < texts[1]) == (one < other)
    assert (texts[0] == texts[1]) == (one == other)


@given(st.integers(0, 10**10 - 1), st.integers(0, 10**10 - 1))
def test_padded_integers_sort_as_text(one, other):
    """Numbers padded to ten digits are ordered as text as they are as numbers."""
    attribute = Attribute(type="N", format="integer")
    assert (key_text(attribute, one, "010d") < key_text(attribute, other, "010d")) == (one < other)


@pytest.mark.parametrize(
    ("value", "attribute", "form", "expected"),
    [
        (42, Attribute(type="N"), "", "42"),
        (True, Attribute(type="BOOL"), "", "true"),
        (b"\x0a", Attribute(type="B"), "", "0a"),
        (
            dt.datetime(2026, 1, 1, 8, tzinfo=TOKYO),
            Attribute(type="S", format="timestamp"),
            "date",
            "2025-12-31",
        ),
        (7, Attribute(type="N"), "04d", "0007"),
    ],
)
def test_a_value_stands_in_a_key_as_its_placeholder_says(value, attribute, form, expected):
    """Without a form the value's own text is used."""
    assert key_text(attribute, value, form) == expected


@pytest.mark.parametrize(
    ("value", "attribute", "form", "reason"),
    [
        (-1, Attribute(type="N"), "04d", "-1 cannot be padded with zeros, only integers from 0 can"),
        (True, Attribute(type="N"), "04d", "True cannot be padded with zeros, only integers from 0 can"),
        (10_000, Attribute(type="N"), "04d", "10000 has more than the 4 digits that keep its order as text"),
        ({}, Attribute(type="M"), "", "dict is not a value that a key template can hold"),
    ],
)
def test_a_value_without_text_for_a_key_is_refused(value, attribute, form, reason):
    """The reason names the value."""
    with pytest.raises(Unrepresentable) as refused:
        key_text(attribute, value, form)
    assert str(refused.value) == reason


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(string.ascii_letters, min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(string.ascii_letters, min_size=1), json_values, max_size=4))
def test_the_canonical_form_is_its_own_and_does_not_depend_on_the_order_of_members(document):
    """Forming it twice changes nothing, and members in reverse order give the same."""
    value = encoded(document, "M")
    backwards = encoded(dict(reversed(document.items())), "M")
    assert canonical(canonical(value)) == canonical(value)
    assert repr(canonical(value)) == repr(canonical(backwards))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "1.50"}, {"N": "1.5"}),
        ({"N": "1E+2"}, {"N": "100"}),
        ({"N": "-0"}, {"N": "0"}),
        ({"N": "007"}, {"N": "7"}),
        ({"NS": ["2", "1.0"]}, {"NS": ["1", "2"]}),
        ({"SS": ["b", "a"]}, {"SS": ["a", "b"]}),
        ({"L": [{"N": "1.0"}]}, {"L": [{"N": "1"}]}),
    ],
)
def test_equal_values_have_one_canonical_form(one, other):
    """Spellings of a number and the order of a set make no difference."""
    assert canonical(one) == canonical(other)


def test_the_order_of_a_list_counts():
    """Lists with the same members in another order are different."""
    assert canonical({"L": [{"N": "1"}, {"N": "2"}]}) != canonical({"L": [{"N": "2"}, {"N": "1"}]})
