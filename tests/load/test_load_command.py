"""`workbench replay --profile`: what it refuses, what it prints, how it ends; and the page of it."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import workbench.cli.replay_load as command
from workbench.cli import workbench
from workbench.cli.replay import replay
from workbench.errors import InputError
from workbench.replay.load.arrivals import Plan, Segment
from workbench.replay.load.collect import Sums, Window
from workbench.replay.load.histograms import Times, begin_log
from workbench.replay.load.judging import Bottleneck, Resources
from workbench.replay.load.memory import Growth
from workbench.replay.load.render import caution, overload_told
from workbench.replay.load.results import Knee, LoadResult, PatternLoad, Percentiles, SegmentLoad, Trial
from workbench.report import load_page


def times_of(*ms):
    """Returns a histogram of times [ms]."""
    times = Times()
    times.record(np.array(ms) * 1000)
    return times


FAST = Percentiles.of(times_of(*[2] * 1000))
SLOW = Percentiles.of(times_of(*[900] * 500))
TRIALS = (
    Trial(400, holds=False, why="p99 70 ms, target 50 ms", p99_ms={50.0: 70.0}),
    Trial(100, holds=True, why="", p99_ms={50.0: 12.0}),
)
OVERLOAD_TOLD = (
    "Overload: 500 requests a second due for 10 s, 5.0 times the knee; 90 a second answered; failed: 4,000 "
    "timed out; at most 1,234 open at once."
)


def result(**changes):
    """Returns the result of an overload, with some fields changed."""
    sums = Sums(times_of(*[2] * 1000), times_of(*[1] * 1000), 1000, 3, pages=1500, size_bytes=4000)
    given = {
        "case": "shop",
        "profile": "stress",
        "target": "dynamodb-local 3.1.0",
        "machine": "a processor, 2 cores",
        "seed": 7,
        "digest": "0123456789abcdef",
        "users": 5,
        "processes": 1,
        "connections": 16,
        "timeout_seconds": 5.0,
        "peak_requests_per_second": 500.0,
        "dau": 1234.0,
        "seconds": 30.0,
        "status": "complete",
        "overall": FAST,
        "service": FAST,
        "lag": FAST,
        "patterns": (PatternLoad.of("get_order", "GetItem", sums, 10.0),),
        "segments": (
            SegmentLoad("baseline", 0.0, 10.0, 50.0, 49.0, FAST, {}),
            SegmentLoad("overload", 10.0, 10.0, 500.0, 90.0, SLOW, {"timed out": 4000}),
        ),
        "windows": (Window(0.0, 25, 25, 0, 2.0, 2.0, 2.0), Window(10.0, 250, 45, 205, 900.0, 900.0, 900.0)),
        "failures": {},
        "resources": Resources(10.0, 1.2, (0.2,), 1.6, 2, 16, 8.0),
        "bottleneck": Bottleneck("engine", "engine 1.20 of 2 processors"),
        "recovery_seconds": 1.5,
        "knee": Knee(100.0, 400.0, TRIALS),
        "most_open": 1234,
        "memory": {"collector": Growth(150.4, 151.4, 160.0)},
    }
    return LoadResult(**{**given, **changes})


def run(monkeypatch, found, *options):
    """Returns what the command did when the load found something."""
    asked = []
    monkeypatch.setattr(command, "run_load", lambda given: asked.append(given) or found)
    outcome = CliRunner().invoke(replay, ["shop", "--profile", "stress", *options])
    return outcome, asked[0]


@pytest.mark.parametrize(("status", "code"), [("complete", 0), ("engine lost", 1), ("interrupted", 130)])
def test_the_exit_code_says_how_the_run_ended(monkeypatch, status, code):
    """A lost engine is 1 and an interrupt 130, with the results printed all the same."""
    outcome, options = run(monkeypatch, result(status=status), "--rate", "50", "--connections", "3")
    assert (outcome.exit_code, options.rate, options.connections) == (code, 50.0, 3)
    assert "get_order" in outcome.output
    assert ("ENGINE LOST" in outcome.output) == (status == "engine lost")


def test_the_table_tells_rate_knee_limit_and_recovery(monkeypatch):
    """Everything that a reader needs stands below the tables, and JSON has the same fields."""
    lines = run(monkeypatch, result())[0].output.splitlines()
    text = "\n".join(lines)
    assert lines[2].split()[:4] == ["overload", "500", "90", "900.10"]
    assert lines[2].endswith(" 4000")
    assert "Knee: 100 requests/s hold every target; 400/s misses." in text
    assert "     400 requests/s misses: p99 70 ms, target 50 ms" in text
    assert OVERLOAD_TOLD in text
    assert "Back to normal 1.5 s after the overload." in text
    assert "Memory after a tenth of the run and at its end: collector 150 to 151 MiB." in text
    assert "Limited by: engine (engine 1.20 of 2 processors)." in text
    assert "3 requests were answered with a refusal: a condition did not hold." in text
    assert "500 requests a second at most; the profile's busiest second is that of 1,234 daily" in text
    found = json.loads(run(monkeypatch, result(), "--format", "json")[0].output)
    assert found["patterns"][0]["mean_calls"] == 1.5
    assert found["patterns"][0]["verdict"] == "holds"


def test_seeds_below_zero_are_refused_by_every_command():
    """Random numbers are drawn with seeds from zero on."""
    overview = click.Context(workbench)
    commands = [workbench.get_command(overview, name) for name in workbench.list_commands(overview)]
    commands += [one for group in commands for one in getattr(group, "commands", {}).values()]
    seeds = [option.type for one in commands for option in one.params if option.name == "seed"]
    assert len(seeds) > 5
    assert {getattr(kind, "min", None) for kind in seeds} == {0}


def test_the_units_of_moto_are_not_taken_for_a_bill():
    """They are a stub, which the text of a load on moto says."""
    assert caution("moto 5.2.5").endswith("The units that moto reports mean nothing.")
    assert "units" not in caution("dynamodb-local 3.1.0")


def test_what_was_not_counted_is_not_told():
    """PostgreSQL's clients take what is due next and do not know how much is."""
    overload = result().segment("overload")
    assert overload_told(result(), overload) == OVERLOAD_TOLD
    assert overload_told(result(most_open=0), overload).endswith("failed: 4,000 timed out.")


def options_of(**given):
    """Returns options with some changed."""
    names = dict.fromkeys(command.Options.__dataclass_fields__)
    return command.Options(**{**names, "case": "algoitny", "profile": "peak", **given})


def test_options_that_do_not_go_together_are_all_named():
    """A rate that is given twice, a resume without folder or of a search, a rate for users who wait."""
    with pytest.raises(InputError) as error:
        command.check(options_of(rate=1.0, dau=2.0, resume=True))
    assert [problem.file for problem in error.value.problems] == ["--dau", "--resume"]
    with pytest.raises(InputError, match="the search for the knee is not kept"):
        command.check(options_of(resume=True, out=Path("run"), profile="knee"))
    with pytest.raises(InputError, match="its users ask when they have their answers"):
        command.check(options_of(profile="closed", rate=3.0))
    with pytest.raises(InputError) as error:
        command.check(options_of(rate=float("nan"), duration=float("inf"), timeout=5.0))
    assert [problem.file for problem in error.value.problems] == ["--duration", "--rate"]
    command.check(options_of(rate=1.0))
    command.check(options_of(resume=True, out=Path("run")))


def test_an_interrupt_before_the_run_ends_with_130(monkeypatch):
    """While data is moved or a rate is searched there is no result yet; the command says so."""

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run_load", interrupted)
    outcome = CliRunner().invoke(replay, ["shop", "--profile", "knee"])
    assert (outcome.exit_code, outcome.output) == (130, "Interrupted before there was a result.\n")


def test_arrivals_are_read_and_wrong_lines_named(tmp_path):
    """One ascending time a line; every other line is a problem with its number."""
    path = tmp_path / "arrivals.txt"
    path.write_text("0.5\n1.25\n1.25\n")
    assert command.read_arrivals(path) == (0.5, 1.25, 1.25)
    path.write_text("")
    with pytest.raises(InputError, match="no time of arrival"):
        command.read_arrivals(path)
    path.write_text("0.5\nsoon\n0.25\n-1\n")
    with pytest.raises(InputError) as error:
        command.read_arrivals(path)
    assert [problem.line for problem in error.value.problems] == [2, 3, 4]


def test_postgres_alone_needs_a_profile():
    """Without one PostgreSQL runs beside DynamoDB anyway."""
    outcome = CliRunner().invoke(replay, ["algoitny", "--engine", "postgres"])
    assert outcome.exit_code == 2
    assert "--engine postgres needs --profile" in outcome.output


def kept_run(folder, ms):
    """Returns the folder of a run whose only pattern took some times [ms]."""
    folder.mkdir()
    with (folder / "times.hlog").open("w") as file:
        begin_log(file)
        times_of(*ms).write(file, "get_order", 0.0, 1.0)
    return str(folder)


def test_runs_are_merged_and_compared(tmp_path):
    """The sum of two runs has the requests of both; a run that is slower is said to be."""
    one, two = kept_run(tmp_path / "one", [2] * 500), kept_run(tmp_path / "two", [9] * 500)
    merged = CliRunner().invoke(replay, ["merge", one, two]).output.splitlines()
    assert merged[1].split()[:2] == ["get_order", "1000"]
    compared = CliRunner().invoke(replay, ["compare", one, two]).output.splitlines()
    assert compared[1].endswith("slower")


def test_the_page_says_up_to_which_rate_the_targets_hold():
    """Knee, limit, rates that were tried, course and recovery, each from the data."""
    trial = load_page.LoadTrial(Knee(100.0, 400.0, TRIALS), result())
    assert load_page.knee_statement(trial).text == (
        "100 requests a second hold every target on DynamoDB Local 3.1.0, 400 miss one. "
        "Under the overload the limit is: engine (engine 1.20 of 2 processors)."
    )
    assert [row["50"] for row in load_page.knee_table(trial).rows] == [70.0, 12.0]
    assert "back to normal 1.5 s after it" in load_page.course_figure(trial).caption
    assert load_page.segment_table(trial).rows[1]["why"] == "4,000 timed out"
    assert load_page.overload_statement(trial).text == (
        f"{OVERLOAD_TOLD} Back to normal 1.5 s after the overload. Nothing crashed. "
        "Memory after a tenth of the run and at its end: collector 150 to 151 MiB."
    )
    lost = load_page.LoadTrial(trial.knee, result(status="engine lost"))
    assert load_page.overload_statement(lost).tone == "bad"
    assert "one of get_order" in load_page.percentile_figure(trial).caption
    assert "says nothing about AWS" in load_page.caution(trial.stress).text
    assert "2.00 ms late in the median" in load_page.client_statement(trial).text
    nothing = load_page.LoadTrial(Knee(0.0, 50.0, TRIALS), result(recovery_seconds=None))
    assert load_page.knee_statement(nothing).tone == "bad"
    assert "not seen to be back to normal" in load_page.course_figure(nothing).caption


def test_a_plan_knows_its_segments():
    """When each begins and ends, from the start of the run."""
    plan = Plan((Segment("a", 2, 1), Segment("b", 3, 1)), (1.0,), (1,), 1)
    assert plan.starts() == {"a": (0.0, 2.0), "b": (2.0, 5.0)}


def test_the_page_is_drawn_although_no_request_was_judged():
    """On a machine so slow that hardly one request was due, figures say so instead of failing."""
    empty = Percentiles.of(Times())
    calm = SegmentLoad("baseline", 0.0, 1.0, 0.4, 0.0, empty, {})
    over = SegmentLoad("overload", 1.0, 1.0, 2.0, 0.0, empty, {})
    found = result(patterns=(), overall=empty, lag=empty, segments=(calm, over), windows=())
    trial = load_page.LoadTrial(Knee(0.4, None, TRIALS), found)
    assert load_page.percentile_figure(trial).caption.startswith("No request was judged")
    assert "0 are answered" in load_page.course_figure(trial).caption
    assert load_page.segment_table(trial).rows[0]["p50"] is None
    assert load_page.overload_statement(trial).tone == "plain"
    assert "0.00 ms late" in load_page.client_statement(trial).text
