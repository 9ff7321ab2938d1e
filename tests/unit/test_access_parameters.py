"""Parameters of patterns: which fit, and how any value keeps its meaning on the way into a request."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.access.requests import RequestMaker
from workbench.errors import InputError

from .access_shop import KEY, design, only, requests

REFUSED = [
    (
        {"shop_id": 1},
        (
            "shop: patterns.it: parameters do not fit, missing order_id; got shop_id, "
            "allowed order_id, shop_id. Give at least shop_id, order_id"
        ),
    ),
    (
        {"shop": 1, "when": 2},
        (
            "shop: patterns.it: parameters do not fit, missing shop_id, order_id and unknown shop, when; "
            "got shop, when, allowed order_id, shop_id. Give at least shop_id, order_id"
        ),
    ),
    (
        {"shop_id": None, "order_id": "a"},
        "shop: patterns.it: PK: a part of the key is NULL or empty. Give values that the attributes can hold",
    ),
    (
        {"shop_id": -1, "order_id": "a"},
        (
            "shop: patterns.it: -1 cannot be padded with zeros, only integers from 0 can. "
            "Give values that the attributes can hold"
        ),
    ),
]


@pytest.mark.parametrize(("parameters", "message"), REFUSED)
def test_parameters_that_do_not_fit_are_all_named_at_once(parameters, message):
    """Missing and unknown parameters and values without a form end in one InputError."""
    with pytest.raises(InputError) as caught:
        requests({"operation": "GetItem", "key": KEY}, **parameters)
    assert str(caught.value) == message


def test_lists_of_a_batch_must_be_equally_long():
    """Lists of unequal length are refused with their lengths."""
    with pytest.raises(InputError, match=r"these have \{'order_id': 2, 'total': 1\}"):
        requests(
            {"operation": "BatchWriteItem", "for_each": ["order_id", "total"]},
            shop_id=1,
            order_id=["a", "b"],
            total=[1],
        )


def test_comparing_with_null_is_refused():
    """A condition whose value is NULL would never hold, so it is an error."""
    condition = {"attribute": "status", "operator": "=", "value": "{status}"}
    with pytest.raises(InputError, match="status: the value to compare with is NULL"):
        requests({"operation": "Scan", "filter": [condition]}, status=None)


def test_parameters_of_the_sql_are_allowed_but_not_needed():
    """What only the SQL uses may be given, so that one draw serves both sides."""
    pattern = {
        "operation": "GetItem",
        "key": KEY,
        "sql": "SELECT 1 WHERE %(internal)s = 7 AND 'a%%(no)s' = ''",
    }
    maker = RequestMaker(design(pattern), "it")
    assert maker.required == ("shop_id", "order_id")
    assert maker.allowed == {"shop_id", "order_id", "internal"}


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=50))
def test_any_text_in_a_key_is_kept_as_it_is(text):
    """A value's braces, separators and Unicode stand in the key unchanged."""
    arguments = only({"operation": "GetItem", "key": KEY}, shop_id=0, order_id=text)
    assert arguments["Key"]["SK"] == {"S": f"ORDER#{text}"}


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_a_number_parameter_keeps_its_value(number):
    """A value that is one parameter goes through the encoder of the attribute."""
    condition = {"attribute": "total", "operator": "=", "value": "{total}"}
    arguments = only({"operation": "Scan", "filter": [condition]}, total=number)
    (value,) = arguments["ExpressionAttributeValues"].values()
    assert value.keys() == {"N"}
    assert Decimal(value["N"]) == number
    assert "E" not in value["N"]


@settings(deadline=None)
@given(st.datetimes(timezones=st.timezones(), min_value=dt.datetime(1980, 1, 1)))  # noqa: DTZ001 - hypothesis wants it naive
def test_a_moment_has_the_same_text_from_every_time_zone(moment):
    """The same instant gives the same text, whatever zone the driver gave it in."""
    condition = {"attribute": "placed_at", "operator": ">=", "value": "{placed_at}"}
    pattern = {"operation": "Scan", "filter": [condition]}
    assert only(pattern, placed_at=moment) == only(pattern, placed_at=moment.astimezone(dt.UTC))
