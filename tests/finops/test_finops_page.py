"""The page of cost operations says what the package computed, and keeps it for the summary."""

from dataclasses import replace
from decimal import Decimal

import pytest

from workbench.report import finops_page as page
from workbench.report.record import recorded
from workbench.spec import load_case


@pytest.fixture(scope="module")
def found():
    """Order processor at 10,000 users."""
    return page.operate(load_case("order-processor"), 10_000, "us-east-1", 0.2)


def test_the_order_ends_at_the_best_bill(found):
    """Rows of the order lead from today's bill to the one that the verdict names."""
    table = page.order_table(found)
    cost = found.advice.bill.total
    for row in table.rows:
        assert row["after"] == pytest.approx(cost - row["saving"])
        cost = row["after"]
    assert f"{cost:,.2f} USD" in page.verdict(found).text


def test_the_figure_begins_and_ends_with_the_bills(found):
    """The caption names both totals; without steps there is nothing to draw."""
    caption = page.order_figure(found).caption
    assert caption.startswith(f"{found.advice.bill.total:,.2f} USD a month become {found.advice.best:,.2f};")
    bare = replace(found, advice=replace(found.advice, together=()))
    assert page.order_figure(bare).text == "The bill stays as it is."


def test_every_alarm_is_in_the_table(found):
    """Rows group alarms and lose none."""
    watched = [place for row in page.alarm_table(found).rows for place in row["where"].split(", ")]
    assert len(watched) == len(found.alarms)


def test_changes_add_up_on_the_page(found):
    """The price cut of 2024 shows as price, growth as usage, the first step as design."""
    changed = page.what_changed(found)
    total = page.change_table(changed).total
    assert total["usage"] + total["price"] + total["design"] == total["difference"]
    assert total["price"] < 0 < total["before"]
    assert total["design"] != 0
    assert "price -" in page.change_statement(changed).text


def test_without_a_step_the_page_says_so(found):
    """A case that nothing can lower has sentences in place of the table."""
    bare = replace(found, advice=replace(found.advice, together=()))
    assert "nothing to do" in page.order_table(bare).text
    assert "no step without a commitment" in page.verdict(bare).text
    assert page.what_changed(bare).total("design") == 0


def test_the_summary_gets_the_steps(found):
    """What is kept is what the table shows."""
    kept = recorded(page.RECORD)
    assert [step["action"] for step in kept["steps"]] == [row["step"] for row in page.order_table(found).rows]
    assert Decimal(kept["best"]) == found.advice.best


def test_all_tables_can_be_drawn(found):
    """Each has columns for its rows."""
    for table in (page.step_table(found), page.budget_table(found), page.alarm_table(found)):
        assert table._repr_html_().count("<tr>") == len(table.rows) + 1
    assert page.heading(found.case).title == "Cost operations"
    assert "2026-11" in page.basis(found).text
