"""Laws of the bills of the five cases: monotone, nothing without load, the cheapest way really cheapest."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.compare.case_bills import CHEAPEST, RESERVED, SCALED, case_bills
from workbench.compare.case_comparison import compare_case
from workbench.compare.case_costs import AS_DESIGNED, ON_DEMAND
from workbench.pricing import PriceBook
from workbench.spec import load_case
from workbench.spec.measured import load_measurement
from workbench.spec.sql_profile import load_sql_profile

BOOK = PriceBook.newest()
REGION = "us-east-1"
NAMES = ("algoitny", "dealership", "inavor-shuttle", "order-processor", "query-processor")
DECADES = (0, 1, 100, 10_000, 100_000)


def inputs(name):
    """A case with what was measured of it."""
    case = load_case(name)
    return case, load_measurement(case.directory), load_sql_profile(case.directory)


@pytest.fixture(scope="module", params=NAMES)
def bills(request):
    """All bills of a case, from no users to many."""
    return case_bills(*inputs(request.param), BOOK, REGION, dau=DECADES)


@pytest.fixture(scope="module")
def curves():
    """Every cost curve of every case."""
    return [curve for name in NAMES for curve in compare_case(*inputs(name), BOOK, REGION).curves.values()]


def totals(bills, name):
    """Totals of an alternative by users, as far as it is sized."""
    return [one.bill.total for one in bills.bills if one.alternative == name and one.bill]


@settings(max_examples=60, deadline=None)
@given(low=st.integers(0, 10**7), more=st.integers(1, 10**7))
def test_more_users_never_cost_less(curves, low, more):
    """No curve of any case falls, neither inside a step of a sizing nor from one to the next."""
    for curve in curves:
        high = low + more if curve.last_dau is None else min(low + more, curve.last_dau)
        if low <= high:
            assert curve.usd(low) <= curve.usd(high)


def test_no_step_of_a_curve_goes_down(curves):
    """Where another class, volume or tier begins, the bill is at least that of one user less."""
    falls = [
        (curve.name, segment.from_dau)
        for curve in curves
        for segment in curve.segments[1:]
        if curve.usd(segment.from_dau - 1) > curve.usd(segment.from_dau)
    ]
    assert falls == []


def test_every_mode_grows_with_the_users(bills):
    """From no users to many no alternative becomes cheaper."""
    for name in {one.alternative for one in bills.bills}:
        found = totals(bills, name)
        assert all(before <= after for before, after in pairwise(found)), name


def test_without_users_only_what_is_kept_ready_is_paid(bills):
    """On demand nothing is paid, with capacity only its hours."""
    idle = {one.alternative: one.bill for one in bills.bills if one.dau == 0}
    assert idle[ON_DEMAND].total == 0
    paid = {line.component.split()[0] for line in idle[AS_DESIGNED].lines if line.usd}
    assert paid <= {"provisioned"}


def test_the_cheapest_way_is_not_above_any_that_carries_the_load(bills):
    """On-demand always carries it; scaled and reserved ways where they refuse hardly anything."""
    for dau in DECADES:
        at = {one.alternative: one for one in bills.bills if one.dau == dau and one.bill}
        least = at[CHEAPEST].bill.total
        assert least <= at[ON_DEMAND].bill.total
        for name in (SCALED, *RESERVED.values()):
            if "are refused" not in at[name].remark:
                assert least <= at[name].bill.total + Decimal("1e-18")
