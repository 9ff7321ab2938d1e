"""What the page on factors says, from stated numbers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from workbench.replay.factors.gains import Gain
from workbench.replay.factors.results import FactorResult, Factors, LevelResult, Slope
from workbench.replay.load.histograms import Quantile
from workbench.replay.load.results import Percentiles
from workbench.replay.load.usage import Crowd
from workbench.report import factors_page as page

NONE = Quantile(None, None, None)


def level(x, ms):
    """A level with a median."""
    times = Percentiles(50, Quantile(ms, ms - 0.1, ms + 0.1), NONE, NONE, NONE, ms)
    return LevelResult(x, str(x), times, x, 1.0, 500.0, 900.0, 0.1, None)


def factor(name, low, engine=None):
    """A factor of two levels that adds 2 ms a page."""
    slope, levels = Slope(2.0, low, 3.0, 1.0), (level(1, 3.0), level(2, 5.0))
    return FactorResult(name, "Pages of a query", "pages", "page", 1, "all", levels, slope, slope, engine)


@pytest.fixture
def factors():
    """One factor that is sure, of which the engine does three quarters, and one that is not."""
    rows = (factor("pages", 1.0, Slope(1.5, 1, 2, 0)), factor("index_read", -1.0))
    return Factors("dynamodb-local 3.1.0", "a machine", 50, 10, 1, 1000, rows, Crowd(0.1, 2))


def trial(calls):
    """A trial of one pattern that takes some calls a request."""
    load = SimpleNamespace(pattern="scan_all", mean_calls=calls)
    timings = SimpleNamespace(rows=(SimpleNamespace(load=load),))
    return SimpleNamespace(timings=timings, settings=SimpleNamespace(users=30, samples=100))


def test_finding_counts_what_is_sure(factors) -> None:
    """An interval that holds zero does not count; the engine's share is of the sure factors."""
    assert page.finding(factors).text == (
        "1 of 2 factors change the time of a request beyond doubt (95 %). Each page adds 2.00 ms "
        "(1.00 to 3.00). Over those factors, 75% of what a step adds is processor time of the engine."
    )


def test_pages_that_one_call_saves(factors) -> None:
    """Four calls are three pages too many, at 2 ms each; the engine and the machine are named."""
    assert page.pages_statement(trial(4.0), factors).text == (
        "scan_all takes the most calls, 4.0 a request; one in their place would save about 6.00 ms "
        "(3.00 to 9.00) of DynamoDB Local 3.1.0 on this machine."
    )


def test_one_call_leaves_nothing_to_save(factors) -> None:
    """Where every pattern takes one call, the page says so."""
    text = page.pages_statement(trial(1.0), factors).text
    assert text == "With 30 users every pattern takes one call, so no page can be saved."


def test_gain_that_is_not_sure_is_not_the_best(factors) -> None:
    """The largest gain whose interval holds zero gives way to the largest that is sure."""
    doubtful = Gain("list", "index_read", "the table answers", 3, factors.rows[1].slope, 9.0)
    sure = Gain("scan_all", "pages", "one page", 1, factors.rows[0].slope, 7.0)
    assert page.gain_statement((doubtful, sure), factors).text == (
        "Most is to be gained at scan_all, which takes 7.00 ms in the median: one page saves at most 2.00 ms "
        "(1.00 to 3.00) of DynamoDB Local 3.1.0 on this machine, never of AWS."
    )
    assert "told from nothing" in page.gain_statement((doubtful,), factors).text


def test_tables_and_figure_show_every_factor(factors) -> None:
    """Unknown percentiles and processor times are shown as missing, and the engine is named everywhere."""
    rows = page.level_table(factors).rows
    assert [row["p50_interval"] for row in rows] == ["2.90 to 3.10", "4.90 to 5.10"] * 2
    assert {row["p99_interval"] for row in rows} == {None}
    assert [row["engine"] for row in page.slope_table(factors).rows] == [1.5, None]
    figure = page.factor_figure(factors)
    assert figure.svg.count("Pages of a query") >= 2
    assert "DynamoDB Local 3.1.0 on this machine" in figure.caption
