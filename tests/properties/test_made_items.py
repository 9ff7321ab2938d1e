"""What an item is made of is canonical from the start, so that a fingerprint needs no second form."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from workbench.items import Unrepresentable, canonical
from workbench.items.codec import encoder
from workbench.migrate.digests import content_digest, made_digest
from workbench.model.item_size import item_bytes, most_item_bytes
from workbench.spec.design import Attribute

TEXT = st.text(max_size=12).filter(lambda text: "\x00" not in text)
NUMBERS = st.one_of(
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False),
)
PLAIN = st.one_of(TEXT, NUMBERS, st.booleans(), st.none())
NAMES = TEXT.filter(bool)
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(PLAIN, lambda part: st.lists(part, max_size=3) | st.dictionaries(NAMES, part, max_size=3)),
)
VALUES = {
    "S": TEXT,
    "N": NUMBERS,
    "BOOL": st.booleans(),
    "B": st.binary(max_size=8),
    "M": DOCUMENTS,
    "L": st.lists(PLAIN, max_size=4),
    "SS": st.sets(TEXT, min_size=1, max_size=4),
    "NS": st.sets(st.integers(-999, 999) | st.decimals("-9", "9", places=3), min_size=1, max_size=4),
    "BS": st.sets(st.binary(max_size=4), min_size=1, max_size=4),
}
KINDS = st.sampled_from(sorted(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind]))


def made(kind, value):
    """Returns the attribute value of a relational one; None where there is none."""
    try:
        return encoder(Attribute(type=kind))(value)
    except Unrepresentable:
        return None


@given(KINDS)
def test_made_values_are_canonical(drawn) -> None:
    """Numbers have one text, sets one order; only the order of a map's members is left open."""
    value = made(*drawn)
    if value is not None:
        shown = (json.dumps(one, sort_keys=True, default=bytes.hex) for one in (value, canonical(value)))
        assert next(shown) == next(shown)
        assert made_digest({"a": value}) == content_digest({"a": value})


@given(st.dictionaries(NAMES, KINDS, max_size=4))
def test_the_bound_of_a_size_is_never_below_it(drawn) -> None:
    """An item that the bound calls small enough is."""
    values = {name: made(*one) for name, one in drawn.items()}
    item = {name: value for name, value in values.items() if value is not None}
    assert item_bytes(item) <= most_item_bytes(item)


def test_equal_numbers_of_other_forms_have_one_text() -> None:
    """1, 1.0 and 1.00 are one number."""
    assert {made("N", value)["N"] for value in (1, 1.0, Decimal("1.00"), Decimal("1E0"))} == {"1"}
