"""The page of documented costs: every row of the document, totals first."""

import pytest

from workbench.report import documented_costs_page as page
from workbench.report.tables import Statement
from workbench.spec import load_case

CASE = load_case("algoitny")


@pytest.fixture(scope="module")
def found():
    """The documented costs of AlgoItny."""
    return page.reproduce_costs(CASE)


def test_the_verdict_has_each_total_three_times(found):
    """Documented, at list prices and ours, for the four tables."""
    text = page.verdict(found).text
    assert "Current PostgreSQL: 55.00 to 75.00 documented, 56.76 at list prices" in text
    assert "DynamoDB, 10,000 DAU: 850.00 documented, 619.40 at list prices" in text
    assert page.heading(CASE).title == "Documented costs"


def test_every_row_has_its_line_and_reason(found):
    """The tables show the lines of the document in order; what it leaves out has no line."""
    tables = page.cost_tables(found)
    assert [row["line"] for row in tables[1].rows] == [464, 465, 466, 467, 468, 470, 471, 472, None]
    assert all(row["why"] for table in tables for row in table.rows)
    assert tables[0].rows[0]["documented"] == "50.00 to 70.00"
    assert str(tables[1].rows[0]["listed"]) == "4.75"


def test_the_figure_draws_a_range_to_both_ends(found):
    """The largest gap is told; ranges have a second part."""
    figure = page.total_figure(found)
    assert "PostgreSQL, 10,000 DAU: the document has 1,550.00 to 1,650.00" in figure.caption
    assert "up to the high end" in figure.svg


def test_the_break_even_is_a_table_or_a_sentence(found):
    """Without a stated break-even the page says so."""
    assert page.break_even_table(found).rows[0]["dau"] == "5,000"
    without = page.DocumentedCosting(CASE, found.tables, (), found.snapshot, found.region)
    assert page.break_even_table(without) == Statement("The document states no break-even.")
