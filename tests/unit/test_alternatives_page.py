"""All alternatives on the page of cost: totals, curves and every crossing."""

import pytest

from workbench.compare.case_bills import MODES
from workbench.compare.case_costs import RELATIONAL
from workbench.compare.relational_case import SIZED_RELATIONAL
from workbench.report import alternatives_page as page
from workbench.report import cost_page
from workbench.report.tables import Statement
from workbench.spec import load_case

CASE = load_case("algoitny")


@pytest.fixture(scope="module")
def costing():
    """AlgoItny where all prices are known."""
    return cost_page.price_case(CASE, "us-east-1")


def test_totals_come_cheapest_first_and_unsized_last(costing):
    """At two million users the document's sizing has ended: it stands last, without a cost."""
    rows = page.alternative_table(costing, 2_000_000).rows
    assert {row["name"] for row in rows} == {*MODES, RELATIONAL, *SIZED_RELATIONAL}
    priced = [row["usd"] for row in rows[:-1]]
    assert priced == sorted(priced)
    assert (rows[-1]["name"], rows[-1]["usd"]) == (RELATIONAL, None)
    assert all(0 <= row["weak"] <= 100 for row in rows[:-1])


def test_the_figure_names_the_cheapest_at_both_ends(costing):
    """The sentence is that of the costs at 100 and at 100 million users."""
    found = page.compared(costing)
    caption = page.curve_figure(found).caption
    for dau in (100, 10**8):
        names = [name for name in (*found.ours, *found.theirs) if name != RELATIONAL or dau == 100]
        cheapest = min(names, key=lambda name: found.curves[name].usd(dau))
        assert f"{cheapest} at {dau:,} users" in caption


def test_pairs_hold_all_crossings(costing):
    """The counts add up to the crossings that the comparison finds."""
    found = page.compared(costing)
    crossed = found.crossings(page.LEAST_DAU, page.MOST_DAU)
    rows = page.pair_table(found).rows
    assert sum(row["count"] for row in rows) == len(crossed)
    assert {row["first"] for row in rows} <= set(crossed["dau"])
    assert all(row["first"] <= row["last"] and row["steps"] <= row["count"] for row in rows)


def test_without_crossings_there_is_a_sentence(costing, monkeypatch):
    """An empty table is told in words."""
    found = page.compared(costing)
    empty = found.crossings(100, 100)
    monkeypatch.setattr(type(found), "crossings", lambda *_: empty)
    assert page.pair_table(found).text == "No pair of alternatives crosses between 100 and 100,000,000 users."


def test_a_region_with_one_side_shows_its_totals(costing):
    """In eu-west-1 DynamoDB's totals stand alone, and the note names what is left out."""
    elsewhere = cost_page.price_case(CASE, "eu-west-1")
    totals, rest = page.alternatives(elsewhere, 1000)
    assert {row["name"] for row in totals.rows} == set(MODES)
    assert "Left out, because eu-west-1 lacks prices: Aurora I/O-Optimized" in totals.footnote
    assert rest == Statement("There are no two sides to compare in this region.")
    assert len(page.alternatives(costing, 1000)) == 3
