"""What the pages say of results: the sentence when all is well, and the sentence when it is not."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.access.execution import Units
from workbench.compare.case_costs import AS_DESIGNED, ON_DEMAND, RELATIONAL
from workbench.errors import InputError
from workbench.migrate import Discrepancy, EntityVerdict, MoveResult, Reject, Verification
from workbench.replay import Latency, PatternResult, ReplayResult
from workbench.replay.measure import Histogram, Sizes
from workbench.report import (
    access_patterns,
    cost_page,
    decision,
    latency_page,
    migration_page,
    schema_page,
    sensitivity_page,
    summary_answers,
    summary_page,
    trial,
)
from workbench.report.build import NOTEBOOKS
from workbench.report.record import recorded
from workbench.spec import load_case
from workbench.spec.measured import EntitySizes, Measurement

CASE = load_case("algoitny")
TABLE = "AlgoItny-Main"
FAST = Latency(200, 1.0, 2.0, 4.0, None)
SLOW = Latency(200, 5.0, 8.0, 9.0, None)
UNITS: Units = {TABLE: 0.5}


def pattern_result(name="get_problem", **changes):
    """A pattern that did as it should, or not."""
    row = PatternResult(
        name, "GetItem", 200, SLOW, FAST, 1.0, 1.0, UNITS, {"dynamodb-local": UNITS, "aws": UNITS},
        "dynamodb-local", 200, 200,
    )  # fmt: skip
    return replace(row, **changes)


def replayed(*rows):
    """A replay of some patterns."""
    return ReplayResult(
        "algoitny", rows, "dynamodb-local 3.1.0", "PostgreSQL 18.4", "a CPU, 2 cores, 8 GB", 200, 10, 1, 3.0
    )


GOOD_REPLAY = replayed(pattern_result())
BAD_REPLAY = replayed(
    pattern_result(
        equal=199,
        units_equal=150,
        differences=("item 1: title",),
        unit_differences=("0.5, not 1.0",),
        errors={"ValidationException": 2},
    )
)
EQUAL = Verification((EntityVerdict("Problem", TABLE, 3, 0, 3, 0, 0),), {TABLE: 3}, {TABLE: 0}, ())
KEY = {"PK": {"S": "PROBLEM#x#1"}}
UNEQUAL = Verification(
    (EntityVerdict("Problem", TABLE, 4, 1, 2, 0, 1),),
    {TABLE: 2},
    {TABLE: 0},
    (Discrepancy("missing", TABLE, KEY, "Problem", 7),),
)
SIZES = Sizes({"Problem": Histogram({100: 3, 2000: 1})}, {"Problem": {}}, {"Problem": 0}, {"Problem": TABLE})


def made_trial(verification=EQUAL, replay=GOOD_REPLAY, rejects=()):
    """A trial with a given outcome."""
    move = MoveResult(
        case="algoitny",
        draw=None,
        engine="dynamodb-local 3.1.0",
        source="postgres 18.4",
        entities=(),
        rejects=rejects,
        resumed_chunks=0,
        verification=verification,
        seconds={"load": 1.0, "schema": 0.5, "backfill": 3.0, "verify": 1.5},
    )
    settings = trial.Settings("algoitny", "dynamodb-local", 5, 200, 1)
    return trial.Trial(settings, move, SIZES, replay, EQUAL)


@pytest.fixture(scope="module")
def costing():
    """The cost of the case when every request consumes one unit of the main table."""
    measured = Measurement(
        case="algoitny",
        fingerprint="",
        engine="dynamodb-local 3.1.0",
        users=5,
        seed=1,
        samples=200,
        units={name: {TABLE: 1.0} for name in CASE.design.patterns},
        entities={
            name: EntitySizes(
                items_per_user=2,
                mean_bytes=300,
                p50_bytes=250,
                p99_bytes=900,
                max_bytes=1000,
                billed_bytes_per_item={entity.table: 400.0},
            )
            for name, entity in CASE.design.entities.items()
        },
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost_page, "measurement_of", lambda _: measured)
        yield cost_page.price_case(CASE, "us-east-1")


def test_equal_answers_and_units_are_told_as_good() -> None:
    """All equal: counts of patterns and requests, and nothing in the table of differences."""
    assert latency_page.answers(GOOD_REPLAY).text == (
        "1 of 1 patterns give the same answer in DynamoDB as in SQL, over 200 requests."
    )
    assert latency_page.agreement(GOOD_REPLAY).tone == "good"
    assert latency_page.difference_table(GOOD_REPLAY).text == (
        "No answer, no unit differed, and no request failed."
    )


def test_differences_and_errors_are_listed() -> None:
    """Any difference turns the sentence, and each example has its row."""
    assert latency_page.answers(BAD_REPLAY).tone == "bad"
    assert latency_page.agreement(BAD_REPLAY).text.startswith("0 of 1 patterns consume exactly")
    rows = latency_page.difference_table(BAD_REPLAY).rows
    assert [(row["kind"], row["example"]) for row in rows] == [
        ("answer", "item 1: title"),
        ("units", "0.5, not 1.0"),
        ("error", "ValidationException, 2 times"),
    ]
    assert latency_page.latency_table(CASE, BAD_REPLAY).rows[0]["equal"] == "199 of 200"
    assert latency_page.unit_table(BAD_REPLAY).rows[0]["equal"] == "150 of 200"


def test_units_are_not_compared_where_the_engine_reports_none() -> None:
    """An engine whose consumed capacity is a stub is said to be one."""
    replay = replayed(pattern_result(units_dialect="", observed={}))
    assert "nothing is compared" in latency_page.agreement(replay).text
    assert latency_page.unit_table(replay).rows[0]["equal"] is None


def test_latency_figure_names_the_slowest_and_who_was_faster() -> None:
    """The sentence is computed from the medians: 5 ms against 1 ms in SQL."""
    caption = latency_page.latency_figure(GOOD_REPLAY).caption
    assert "get_problem is the slowest on DynamoDB Local 3.1.0 (median 5.0 ms)" in caption
    assert "for 0 of 1 patterns the median there is below that in SQL" in caption
    assert "do not say how fast AWS answers" in latency_page.caution(GOOD_REPLAY).text


def test_arrival_is_told_with_its_counts() -> None:
    """Whole data are told with rows and items; no reject and no discrepancy is said so."""
    found = made_trial()
    assert migration_page.arrival(found).text == (
        "Equal after the move: 3 rows, 3 items, same keys and same contents."
    )
    assert migration_page.discrepancy_table(found).tone == "good"
    assert migration_page.reject_table(found).tone == "good"
    assert migration_page.time_table(found).rows[2] == {"step": "backfill", "seconds": 3.0, "rate": 1.0}


def test_loss_and_rejects_are_told_by_row() -> None:
    """A missing item and a rejected row appear with key and reason."""
    found = made_trial(UNEQUAL, rejects=(Reject("Problem", 9, "larger than 400 KB"),))
    assert migration_page.arrival(found).text == (
        "Not equal after the move: 1 missing. 1 rows cannot be items and are listed."
    )
    assert migration_page.discrepancy_table(found).rows[0]["what"] == (
        f"missing item of Problem row 7 in {TABLE}, PK=PROBLEM#x#1"
    )
    assert migration_page.reject_table(found).rows == [
        {"entity": "Problem", "row_key": 9, "reason": "larger than 400 KB"}
    ]
    assert migration_page.verification_table(found).total == {
        "entity": "Total", "rows": 4, "equal": 2, "different": 0, "missing": 1, "rejected": 1,
    }  # fmt: skip


def test_size_figure_counts_items_above_a_unit() -> None:
    """One of four items is above 1,024 bytes."""
    caption = migration_page.size_figure(made_trial()).caption
    assert caption.startswith("25% of the items are larger than 1 KB")
    assert caption.endswith("a Problem of 2,000 bytes.")


def test_bill_ends_in_the_sum_of_its_lines(costing) -> None:
    """Every alternative's table has the total of its lines as last row."""
    for table in cost_page.bill_tables(costing, 1000):
        assert table.total is not None
        assert table.total["usd"] == sum(row["usd"] for row in table.rows)


def test_designed_capacity_leaves_the_comparison_where_it_ends(costing) -> None:
    """Beyond the users that it carries, the fixed capacity is neither priced nor called the cheapest."""
    limit = costing.costs.designed_until_dau
    assert AS_DESIGNED in [curve.name for curve in costing.curves_at(limit)]
    assert AS_DESIGNED not in [curve.name for curve in costing.curves_at(limit + 1)]
    assert cost_page.capacity_statement(costing, limit).tone == "good"
    assert cost_page.capacity_statement(costing, limit + 1).tone == "bad"
    assert f"ends at {limit:,} users" in cost_page.cost_figure(costing).caption


def test_cost_with_all_assumptions_low_or_high_encloses_the_assumed(costing) -> None:
    """The bounds stand on both sides of every cost."""
    for row in cost_page.range_table(costing, 500).rows:
        assert row["low"] <= row["assumed"] <= row["high"]


def test_mean_demand_is_requests_over_the_seconds_of_a_day(costing) -> None:
    """With a unit a request, the mean units a second are the requests a day over 86,400."""
    patterns = CASE.design.patterns
    reads = {"GetItem", "BatchGetItem", "Query", "Scan"}
    daily = sum(
        CASE.workload.requests_per_dau_day(name) for name, one in patterns.items() if one.operation in reads
    )
    row = cost_page.demand_table(costing, 1000).rows[0]
    assert float(row["mean_read"]) == pytest.approx(daily * 1000 / 86_400)
    assert (row["rcu"], row["wcu"]) == (50, 20)


def test_missing_prices_are_named(costing) -> None:
    """A region without RDS prices loses that alternative by name; one without any ends the page."""
    assert cost_page.missing_prices(costing).tone == "plain"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost_page, "measurement_of", lambda _: costing.measurement)
        elsewhere = cost_page.price_case(CASE, "us-east-2")
        with pytest.raises(InputError):
            cost_page.price_case(CASE, "mars-1")
    assert elsewhere.relational is None
    assert "rds-postgresql" in cost_page.missing_prices(elsewhere).text
    assert cost_page.crossing_table(elsewhere).text == (
        "The relational databases that the case sizes have no price in us-east-2."
    )


def test_tables_of_cost_name_sizes_patterns_and_alternatives(costing) -> None:
    """Each table has a row for each thing that it is about."""
    assert len(cost_page.pattern_table(costing).rows) == len(CASE.design.patterns)
    assert len(cost_page.size_table(costing).rows) == len(CASE.design.entities)
    names = [column.label for column in cost_page.cost_table(costing).columns]
    assert {ON_DEMAND, AS_DESIGNED, RELATIONAL} <= set(names)
    assert cost_page.breakdown_figure(costing, 1000).caption.startswith("At 1,000 daily active users")


SURE = decision.Answer("Is it?", "Yes, in 99.7% of the draws", "", "06_sensitivity")


def test_summary_gives_the_verdict_first_and_keeps_it_for_the_index(costing, tmp_path, monkeypatch) -> None:
    """The verdict names money, arrival and answers; the index reads the same text."""
    monkeypatch.setenv("WORKBENCH_RECORDS", str(tmp_path))
    verdict = summary_page.verdict(costing, made_trial(), 1000, SURE)
    assert "Cheaper than every relational sizing: yes, in 99.7% of the draws." in verdict.text
    assert "1 of 1 access patterns give the same answer as SQL." in verdict.text
    assert "The data arrived whole: 3 items equal their rows." in verdict.text
    kept = recorded("summary")
    assert kept is not None
    assert kept["verdict"] == verdict.text
    assert kept["provenance"]["Engines"] == "DynamoDB Local 3.1.0, PostgreSQL 18.4"
    assert "did not arrive whole" in summary_page.verdict(costing, made_trial(UNEQUAL), 1000, SURE).text
    assert summary_page.cost_comparison(costing).rows[0]["dau"] == 100


@pytest.fixture
def study(costing, monkeypatch):
    """The comparison of the case under few draws."""
    monkeypatch.setattr(sensitivity_page, "measurement_of", lambda _: costing.measurement)
    return sensitivity_page.explore(CASE, "us-east-1", 1000, 200, 1)


def test_summary_answers_who_decides(costing, study, tmp_path, monkeypatch) -> None:
    """Six questions, each with the page that shows more, and what other pages of the run left."""
    monkeypatch.setenv("WORKBENCH_RECORDS", str(tmp_path))
    decision.leave_answer(decision.Answer("And the sky?", "Blue", "<b>Seen</b>.", "99_sky"))
    found = summary_answers.decision(costing, made_trial(), study, 1000, ["98_sea", "99_sky"])
    pages = [answer.page for answer in found.answers]
    assert pages == [
        "05_capacity_and_cost",
        "06_sensitivity",
        "00_summary",
        "03_migration",
        "04_latency",
        "06_sensitivity",
        "99_sky",
    ]
    assert all((NOTEBOOKS / f"{page}.ipynb").exists() for page in pages[:-1])
    html = found._repr_html_()
    assert "&lt;b&gt;Seen" in html
    assert html.count("<li") == len(pages)
    assert "And the sky? Blue" in repr(found)


def test_summary_tells_what_went_wrong(costing) -> None:
    """A lost item and a missed target are told as such, in the colour of what is bad."""
    lost = summary_answers.arrival_answer(made_trial(UNEQUAL))
    assert (lost.headline, lost.tone) == ("Yes", "bad")
    late = replayed(pattern_result(dynamodb=Latency(200, 90.0, 95.0, 99.0, None)))
    missed = summary_answers.latency_answer(CASE, late)
    assert (missed.headline, missed.tone) == ("0 of 1, on this machine", "bad")
    few = replayed(pattern_result(dynamodb=Latency(5, 1.0, None, None, None)))
    assert summary_answers.latency_answer(CASE, few).headline == "Too few samples to say"
    bare = CASE.design.model_copy(update={"patterns": {"get_problem": _without_target()}})
    none = summary_answers.latency_answer(replace(CASE, design=bare), GOOD_REPLAY)
    assert none.headline == "No target is stated"
    assert "error" in summary_answers.design_answer(costing, 10**9).headline


def _without_target():
    return CASE.design.patterns["get_problem"].model_copy(update={"target_p99_ms": None})


def test_summary_lists_what_the_linter_holds_against_the_design(costing) -> None:
    """As many errors and warnings as the answer counts, below the heading that it leads to."""
    answer = summary_answers.design_answer(costing, 10_000)
    rows = summary_answers.finding_table(costing, 10_000).rows
    counts = Counter(str(row["severity"]) for row in rows)
    assert answer.headline == f"{counts['error']} errors, {counts['warning']} warnings"
    cells = json.loads((NOTEBOOKS / f"{answer.page}.ipynb").read_text(encoding="utf-8"))["cells"]
    heading = f'<h2 id="{answer.anchor}">{answer.anchor.replace("-", " ")}</h2>'
    assert ["".join(cell["source"]) for cell in cells].count(heading) == 1


def test_summary_tells_what_capacity_refuses(costing) -> None:
    """At a hundred times the users that scaling is bounded for, most is refused, which is told as bad."""
    answer = summary_answers.design_answer(costing, 10_000_000)
    assert "for want of capacity" in answer.detail
    assert answer.tone == "bad"
    assert "refuses nothing" in summary_answers.design_answer(costing, 1000).detail


def test_summary_without_a_rival_says_so(study) -> None:
    """A region that prices one side only has no comparison, and the rest stands."""
    alone = replace(study, found=None)
    for answer in (summary_answers.rival_answer(alone), summary_answers.swing_answer(alone)):
        assert (answer.headline, answer.tone) == ("Not known", "plain")


@pytest.mark.parametrize(
    ("chance", "headline"),
    [
        (0.99, "Yes, in 99.0% of the draws"),
        (0.9, "Probably, in 90.0% of the draws"),
        (0.5, "Too close to say, 50.0% of the draws"),
        (0.1, "Probably not, only in 10.0% of the draws"),
        (0.01, "No, only in 1.0% of the draws"),
    ],
)
def test_summary_says_no_more_than_the_draws_do(study, monkeypatch, chance, headline) -> None:
    """From 95 % of the draws an answer is sure, from 80 % likely, and between it is open."""
    table = pd.DataFrame({"theirs": ["RDS"], "dau": [1000.0], "chance": [chance], "error": [0.0]})
    monkeypatch.setattr(type(study.found), "chances", lambda *_: table)
    monkeypatch.setattr(summary_answers, "_crossings", lambda *_: "")
    assert summary_answers.rival_answer(study).headline == headline


def test_summary_tells_the_hardest_rival_and_where_sides_change(study) -> None:
    """The chance is the least over all alternatives, and the sentence names that one."""
    answer = summary_answers.rival_answer(study)
    chances = study.both.chances(study.values, np.array([1000.0])).dropna()
    hardest = chances.loc[chances["chance"].idxmin()]
    assert answer.headline == f"Yes, in {hardest['chance']:.1%} of the draws"
    assert hardest["theirs"] in answer.detail
    assert "At the assumed values" in answer.detail


def test_pattern_tables_tell_request_and_source() -> None:
    """A documented pattern names its line, a reconstructed one its reason; keys are told as a condition."""
    questions = {row["id"]: row for row in access_patterns.question_table(CASE).rows}
    requests = {row["id"]: row for row in access_patterns.request_table(CASE).rows}
    assert len(questions) == len(requests) == 33
    assert questions["get_problem"]["source"].startswith("line ")
    assert any(row["source"].startswith("reconstructed: ") for row in questions.values())
    assert requests["get_problem"]["keys"] == "PK = PROBLEM#{platform}#{problem_id}, SK = METADATA"
    assert requests["get_problem"]["consistency"] in {"eventual", "strong"}
    assert requests["log_usage"]["consistency"] is None
    assert access_patterns.coverage(CASE).text.startswith("33 access patterns, ")
    assert access_patterns.demand_figure(CASE, 1000).caption.startswith("1,000 daily active users send ")


def test_schema_tables_tell_every_table_index_and_entity() -> None:
    """3 tables and 7 global indexes, and each entity's place in them."""
    assert schema_page.inventory(CASE).text.startswith(
        "3 tables (1 PROVISIONED and 2 PAY_PER_REQUEST) with 7 "
    )
    assert len(schema_page.table_table(CASE).rows) == 10
    places = [(row["entity"], row["place"]) for row in schema_page.key_table(CASE).rows]
    assert ("Problem", "table") in places
    assert ("Problem", "GSI1") in places
    bare = replace(CASE, design=CASE.design.model_copy(update={"decisions": ()}))
    assert schema_page.decision_table(bare).text == "The design states no decision."


def test_trial_of_the_same_settings_is_made_once(tmp_path, monkeypatch) -> None:
    """The second notebook of a run gets what the first one found, equal in every value."""
    monkeypatch.setenv("WORKBENCH_RECORDS", str(tmp_path))
    made = []

    def make(*_):
        made.append(1)
        return made_trial(UNEQUAL)

    monkeypatch.setattr(trial, "_run", make)
    first = trial.run_trial(CASE, "dynamodb-local", 5, 200, 1)
    assert trial.run_trial(CASE, "dynamodb-local", 5, 200, 1) == first
    assert len(made) == 1
    trial.run_trial(CASE, "dynamodb-local", 6, 200, 1)
    assert len(made) == 2
