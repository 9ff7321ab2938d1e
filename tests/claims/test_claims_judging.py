"""From a documented value and ours to a verdict."""

from decimal import Decimal

import pytest

from workbench.claims.evidence import Ours
from workbench.claims.ledger import Claim
from workbench.claims.verdict import Verdict, judge


def claim(documented, **more) -> Claim:
    """Returns a claim of a documented value."""
    plain = {"lines": [1], "quote": "x", "kind": "price", "check": "total", "documented": documented}
    return Claim.model_validate({**plain, **more})


def ours(value, *depends_on, internal=False) -> Ours:
    """Returns our value."""
    return Ours(value, "computed", depends_on, internal=internal)


@pytest.mark.parametrize(
    ("documented", "more", "value", "verdict"),
    [
        (23.0, {"tolerance": 0.5}, Decimal("23.5"), Verdict.CONFIRMED),
        (23.0, {"tolerance": 0.5}, Decimal("23.51"), Verdict.CONTRADICTED),
        ([50.0, 70.0], {}, Decimal("52.56"), Verdict.CONFIRMED),
        ([50.0, 70.0], {}, Decimal(730), Verdict.CONTRADICTED),
        (2.0, {}, (Decimal(0), Decimal(3)), Verdict.DEPENDS_ON),
        (150.0, {"relation": "at most"}, (Decimal(57), Decimal(74)), Verdict.CONFIRMED),
        (150.0, {"relation": "at most"}, (Decimal(57), Decimal(174)), Verdict.DEPENDS_ON),
        (150.0, {"relation": "at least"}, Decimal(149), Verdict.CONTRADICTED),
        (True, {}, True, Verdict.CONFIRMED),
        (True, {}, False, Verdict.CONTRADICTED),
        ("on-demand", {}, "on-demand", Verdict.CONFIRMED),
        ("on-demand", {}, "provisioned", Verdict.CONTRADICTED),
        (10.0, {}, None, Verdict.NOT_CHECKABLE),
    ],
)
def test_verdict(documented, more, value, verdict) -> None:
    """Inside confirms, outside contradicts, across the edge depends, unknown is not checkable."""
    assert judge(claim(documented, **more), ours(value)).verdict is verdict


def test_an_open_condition_is_named() -> None:
    """A value that holds under a condition depends on it, in the words of the check."""
    found = judge(claim(documented=True), ours("open", "the weather"))
    assert (found.verdict, found.why) == (Verdict.DEPENDS_ON, "Computed; it depends on the weather.")


def test_a_contradiction_shows_both_values_and_the_note() -> None:
    """46 is twice 23; the note of the ledger follows."""
    found = judge(claim(46.0, unit="USD", note="See line 2."), ours(Decimal(23)))
    assert found.why == "Computed; the document says 46 USD, 2.00 times ours. See line 2."
    assert not found.within_document


def test_a_document_that_contradicts_itself_is_shown_as_such() -> None:
    """Another line of the same document is no computation of ours."""
    found = judge(claim(9.0, unit="indexes"), ours(Decimal(7), internal=True))
    assert found.within_document
    assert found.why.endswith("so the document disagrees with itself.")


def test_a_value_of_no_known_kind_is_refused() -> None:
    """A check that returns neither number, range, word nor truth is a mistake of the program."""
    with pytest.raises(TypeError, match="is neither a number nor a range"):
        judge(claim(9.0), ours([7]))


def test_bounds_in_the_wrong_order_are_refused() -> None:
    """A range is written with its lower bound first."""
    with pytest.raises(ValueError, match="Write the lower bound first"):
        claim([70.0, 50.0])
