"""`workbench replay`: what it prints and how it ends, for results made by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

import workbench.cli.replay as command
from workbench.replay import Latency, PatternResult, ReplayResult
from workbench.replay.load.histograms import NO_QUANTILE, Quantile
from workbench.replay.load.results import PatternLoad, Percentiles
from workbench.replay.load.usage import Crowd
from workbench.replay.render import as_json, as_table, timed_table
from workbench.replay.timing import TimedPattern, Timings

ROW = PatternResult(
    pattern="get_order",
    operation="GetItem",
    samples=100,
    dynamodb=Latency(100, 1.5, 2.25, 9.0, None),
    sql=Latency(100, 0.25, 0.5, 1.0, None),
    mean_items=1.0,
    mean_requests=1.0,
    observed={"Shop": 0.5},
    predicted={"aws": {"Shop": 0.75}, "dynamodb-local": {"Shop": 0.5}},
    units_dialect="dynamodb-local",
    units_equal=100,
    equal=100,
)
RESULT = ReplayResult(
    case="shop",
    rows=(ROW,),
    engine="dynamodb-local 3.1.0",
    postgres="PostgreSQL 18.4",
    machine="a processor, 2 cores, 8 GB",
    samples=100,
    warmup=10,
    seed=7,
    seconds=4.4,
)
NONE = Percentiles(0, NO_QUANTILE, NO_QUANTILE, NO_QUANTILE, NO_QUANTILE, 0.0)
P99 = Percentiles(
    1000, Quantile(1.25, 1.0, 1.5), Quantile(3.0, 2.0, 4.0), Quantile(9.0, 8.0, 11.0), NO_QUANTILE, 12.0
)
LOAD = PatternLoad("get_order", "GetItem", 1000, 3, {}, P99, P99, 1.0, 512.0, 0.5, 10.0, "open")
TIMINGS = Timings(
    "shop",
    "dynamodb-local 3.1.0",
    "PostgreSQL 18.4",
    "a processor",
    5,
    1000,
    20,
    7,
    (TimedPattern(LOAD, NONE),),
    ("idle",),
    Crowd(0.25, 2),
)
WRONG = replace(
    ROW,
    pattern="put_order",
    equal=98,
    units_equal=99,
    differences=("item 1: total: DynamoDB has 1, SQL has 2",),
    unit_differences=("request 4: Shop: observed 2, predicted 1 units",),
    errors={"SQL UniqueViolation": 1},
    dialect_flags=("empty_read_charged",),
)


def test_the_table_shows_times_units_and_answers():
    """A percentile that is not carried is a dash; the summary counts patterns and says what was measured."""
    lines = as_table(RESULT).splitlines()
    assert lines[0].split()[:4] == ["pattern", "operation", "samples", "DynamoDB"]
    assert lines[1].split() == [
        *("get_order", "GetItem", "100", "1.50", "2.25", "9.00", "-", "0.25", "0.50", "1.00", "-"),
        *("0.50", "0.50", "0.75", "100", "of", "100"),
    ]
    assert lines[2:] == [
        "",
        "1 of 1 patterns answer alike in DynamoDB and SQL.",
        "1 of 1 patterns consume what the model predicts for dynamodb-local.",
        (
            "dynamodb-local 3.1.0, PostgreSQL 18.4, a processor, 2 cores, 8 GB; up to 100 samples a pattern "
            "after 10 of warm-up, seed 7, 4 s."
        ),
    ]


def test_what_differs_is_listed_below_the_table():
    """Differences, errors, flags of the dialect and patterns without parameters are named."""
    nothing = replace(ROW, pattern="idle", samples=0, equal=0, units_equal=0)
    lines = as_table(replace(RESULT, rows=(ROW, WRONG, nothing))).splitlines()
    assert lines[5:10] == [
        "put_order: item 1: total: DynamoDB has 1, SQL has 2",
        "put_order: request 4: Shop: observed 2, predicted 1 units",
        "put_order: 1 times SQL UniqueViolation",
        "put_order: units on AWS differ by empty_read_charged",
        "idle: nothing was drawn from the data",
    ]
    assert lines[10] == "1 of 3 patterns answer alike in DynamoDB and SQL."


def test_units_of_an_engine_that_reports_none_are_not_compared():
    """An engine whose capacity means nothing has a dash instead of a prediction, and agrees with nothing."""
    row = replace(ROW, units_dialect="", units_equal=0)
    text = as_table(replace(RESULT, rows=(row,), engine="moto 5"))
    assert "The units that moto 5 reports mean nothing and are not compared." in text
    assert text.splitlines()[1].split()[12] == "-"


def test_json_holds_everything_with_null_for_what_was_not_carried():
    """The JSON form is the result's own fields."""
    found = json.loads(as_json(RESULT))
    assert found["rows"][0]["dynamodb"] == {
        "count": 100,
        "p50_ms": 1.5,
        "p90_ms": 2.25,
        "p99_ms": 9.0,
        "p999_ms": None,
    }
    assert found["rows"][0]["predicted"]["aws"] == {"Shop": 0.75}
    assert found["seed"] == 7


@pytest.mark.parametrize(("row", "code"), [(ROW, 0), (WRONG, 1)])
def test_the_command_ends_with_1_when_something_differs(monkeypatch, row, code):
    """All equal is 0; a different answer or different units are 1, and the table is printed all the same."""
    asked = []
    answer = replace(RESULT, rows=(row,)), TIMINGS
    monkeypatch.setattr(command, "_replayed", lambda *given: asked.append(given) or answer)
    outcome = CliRunner().invoke(command.replay, ["shop", "--users", "5", "--samples", "9", "--seed", "2"])
    assert outcome.exit_code == code
    assert row.pattern in outcome.output
    assert asked == [("shop", 5, 9, 2, ("dynamodb-local", False))]


def test_the_command_prints_json(monkeypatch):
    """With --format json the output is one JSON object."""
    monkeypatch.setattr(command, "_replayed", lambda *_: (RESULT, TIMINGS))
    outcome = CliRunner().invoke(command.replay, ["shop", "--format", "json"])
    told = json.loads(outcome.output)
    assert (told["case"], told["timings"]["rows"][0]["load"]["verdict"]) == ("shop", "open")


def test_times_stand_beside_targets_and_verdicts():
    """The interval of p99 encloses the target, so the verdict is open; boto3 and SQL stand beside."""
    lines = timed_table(TIMINGS, RESULT).splitlines()
    assert lines[1].split() == [
        *("get_order", "GetItem", "1000", "1.25", "9.00", "8.00", "11.00", "-", "10", "open"),
        *("1.00", "512", "0.50", "3", "1.50", "-", "-", "5.0", "(1.2", "to", "13.0)"),
    ]
    assert lines[3] == (
        "0 of 1 documented targets hold on dynamodb-local 3.1.0 here, 0 are missed, 1 are open."
    )
    assert lines[4] == "Not measured, no row gives them parameters: idle."
    assert "seed 7; others used 0.2 of 2 processors meanwhile. Targets" in lines[5]
    assert str(Crowd(1.0, 2)).endswith("so the times hold waiting for them, too")
