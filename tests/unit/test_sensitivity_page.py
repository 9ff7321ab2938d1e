"""The page of sensitivity: how sure the comparison is, what decides, and when a move has paid."""

import numpy as np
import pytest

from workbench.compare.case_costs import RELATIONAL
from workbench.report import growth_page
from workbench.report import sensitivity_page as page
from workbench.report.figures import Figure
from workbench.report.tables import Statement
from workbench.spec import load_case

CASE = load_case("algoitny")
DRAWS = 200


@pytest.fixture(scope="module")
def study():
    """AlgoItny where all prices are known, on few draws."""
    return page.explore(CASE, "us-east-1", 10_000, DRAWS, 1)


@pytest.fixture(scope="module")
def one_sided():
    """AlgoItny in a region that has no relational prices."""
    return page.explore(CASE, "eu-west-1", 10_000, DRAWS, 1)


def test_the_verdict_tells_chance_and_strongest_assumption(study):
    """The chance is that of the draws against the alternative that is hardest to beat."""
    chances = study.both.chances(study.values, np.array([10_000.0]))
    text = page.verdict(study).text
    assert f"{chances['chance'].min():.1%} of 200 draws" in text
    assert study.tornado.iloc[0]["assumption"] in text
    assert page.heading(CASE).title == "Sensitivity"


def test_every_assumption_is_shown_with_its_range(study):
    """Those of the workload and those of relational sizing, each with a reason."""
    rows = page.input_table(study).rows
    assert {row["name"] for row in rows} == set(study.both.costs.model.assumptions)
    assert all(row["reason"] for row in rows)
    assert {row["shape"] for row in rows} >= {"triangular", "log-uniform"}


def test_chances_are_shares_of_the_draws(study):
    """A share of 200 draws is a whole number of half percent; beyond the document's sizing there is none."""
    rows = page.chance_table(study).rows
    assert [row["dau"] for row in rows] == list(page.DECADES)
    shares = [row[name] for row in rows for name in study.both.theirs if not np.isnan(row[name])]
    assert all(0 <= share <= 100 and (share * 2) % 1 == pytest.approx(0, abs=1e-9) for share in shares)
    assert np.isnan(rows[-1][RELATIONAL])


def test_figures_say_what_they_show(study):
    """Each figure has a sentence with a number from its data."""
    figures = [
        page.band_figure(study),
        page.chance_figure(study),
        page.crossing_figure(study),
        page.tornado_figure(study),
        page.sobol_figure(study),
        growth_page.growth_figure(study, 0.05, 0),
    ]
    assert all(isinstance(figure, Figure) and any(map(str.isdigit, figure.caption)) for figure in figures)


def test_crossings_are_told_in_both_directions(study):
    """Every row has a share of draws and percentiles that ascend."""
    rows = page.crossing_table(study).rows
    assert {row["direction"] for row in rows} == {"DynamoDB", "the other"}
    assert all(row["dau_p5"] <= row["dau_p50"] <= row["dau_p95"] for row in rows)
    assert all(0 < row["share"] <= 100 for row in rows)


def test_crossings_to_a_share_are_near_those_to_the_user(study):
    """At one percent no crossing is further than that from the exact one."""
    exact = study.both.drawn_crossings(study.values, study.grid)
    assert len(exact) == len(study.crossed)
    assert np.allclose(study.crossed["dau"], exact["dau"], rtol=0.0101, atol=1)


def test_futures_begin_with_the_move_and_both_databases(study):
    """After the first month moving has cost the move and both; the sums of staying are its monthly costs."""
    growth = growth_page.Growth(study, 0.05, 500)
    found = study.both.futures(RELATIONAL, growth.forecast, growth.one_off, 3)
    first = float(min(study.both.curves[name].usd(10_000) for name in study.both.ours))
    stay = float(study.both.curves[RELATIONAL].usd(10_000))
    assert found["move_usd"].iloc[0] == pytest.approx(growth.one_off + stay + first)
    assert found["stay_usd"].iloc[0] == pytest.approx(stay)
    assert growth.one_off == pytest.approx(500 + float(growth.loading.total))
    assert len(found) == 36


def test_payback_has_a_row_for_each_alternative(study):
    """Months lie within the forecast, and the text says what the move costs."""
    table = growth_page.payback_table(study, 0.05, 500)
    assert [row["theirs"] for row in table.rows] == list(study.both.theirs)
    assert all(np.isnan(row["month"]) or 1 <= row["month"] <= 36 for row in table.rows)
    assert "people 500 USD" in table.footnote


def test_a_region_with_one_side_says_so(one_sided):
    """The verdict names what is missing; everything else is left out without an error."""
    assert page.verdict(one_sided).text.startswith(
        "There is nothing to compare in eu-west-1: no price for aurora"
    )
    assert page.band_figure(one_sided) == Statement(page.ONE_SIDED)
    assert growth_page.growth_figure(one_sided, 0.05, 0) == Statement(page.ONE_SIDED)


def test_where_nothing_crosses_there_is_a_sentence(study, monkeypatch):
    """Without crossings neither an empty figure nor an empty table is shown."""
    monkeypatch.setitem(study.__dict__, "crossed", study.crossed.iloc[:0])
    assert page.crossing_figure(study).text == "No draw of 200 crosses between 100 and 100,000,000 users."
    assert isinstance(page.crossing_table(study), Statement)
