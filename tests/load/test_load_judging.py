"""Verdicts, the knee, the bottleneck and the recovery, from numbers whose answer is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from workbench.errors import InputError
from workbench.replay.load.arrivals import Plan, Segment
from workbench.replay.load.collect import Sums, Window
from workbench.replay.load.crew import Outcome, Setting, Usage
from workbench.replay.load.histograms import Quantile, Times
from workbench.replay.load.judging import (
    Resources,
    bottleneck,
    groups,
    resources,
    seconds_to_recover,
)
from workbench.replay.load.knee import find_knee
from workbench.replay.load.render import compared, compared_table, merged_table
from workbench.replay.load.results import PatternLoad, Trial
from workbench.replay.load.run import judged, overload_rate
from workbench.replay.load.store import RESULT, STATE, Folder, log_of, merge_logs, read_sums, saved_sums
from workbench.replay.verdicts import verdict


def times_of(*ms):
    """Returns a histogram of times [ms]."""
    times = Times()
    times.record(np.array(ms) * 1000)
    return times


@pytest.mark.parametrize(
    ("quantile", "target", "expected"),
    [
        (Quantile(5.0, 4.0, 9.9), 10, "holds"),
        (Quantile(5.0, 4.0, 10.0), 10, "open"),
        (Quantile(12.0, 10.0, 15.0), 10, "misses"),
        (Quantile(5.0, 4.0, None), 10, "open"),
        (Quantile(None, None, None), 10, "open"),
        (Quantile(5.0, 4.0, 6.0), None, "no target"),
    ],
)
def test_a_verdict_needs_the_whole_interval(quantile, target, expected):
    """Below the target holds, at or above it misses, across it is open."""
    assert verdict(quantile, target) == expected


@pytest.mark.parametrize("limit", [35.0, 400.0, 999.0])
def test_the_knee_is_found_by_halving(limit):
    """A rate holds up to the limit: what is found holds, what misses does not, and they are near."""
    knee = find_knee(lambda rate: Trial(rate, rate <= limit, "" if rate <= limit else "late", {}), 1000, 8)
    assert knee.requests_per_second <= limit < knee.misses_at
    assert knee.misses_at / knee.requests_per_second < 1.05
    assert len(knee.trials) == 9


def test_a_first_rate_that_holds_is_doubled():
    """What was measured as the most can be too little: 1,000 and 2,000 hold, 4,000 does not."""
    knee = find_knee(lambda rate: Trial(rate, rate <= 3000, "", {}), 1000, 3)
    assert [trial.requests_per_second for trial in knee.trials][:3] == [1000, 2000, 4000]
    assert 2000 <= knee.requests_per_second <= 3000


def test_nothing_holds_and_nothing_misses():
    """Without a rate that holds the lowest tried can be used; without one that misses there is no end."""
    nothing = find_knee(lambda rate: Trial(rate, holds=False, why="late", p99_ms={}), 1000, 4)
    assert (nothing.requests_per_second, nothing.usable_rate < 100) == (0.0, True)
    assert overload_rate(nothing) == 2000
    assert find_knee(lambda rate: Trial(rate, holds=True, why="", p99_ms={}), 10, 4).misses_at is None


def test_patterns_with_the_same_target_are_judged_together():
    """Two patterns below 10 ms are pooled; fewer than 100 requests are judged by the slowest."""
    patterns = {
        "a": Sums(response=times_of(*[2] * 150), requests=150),
        "b": Sums(response=times_of(*[9] * 50), requests=50),
        "c": Sums(response=times_of(5, 80), requests=2),
    }
    found = groups(patterns, {"a": 10.0, "b": 10.0, "c": 50.0})
    assert [(g.target_ms, g.requests, g.holds) for g in found] == [(10.0, 200, True), (50.0, 2, False)]


def outcome(patterns, status="complete"):
    """Returns an outcome that has only these sums."""
    plan = Plan((Segment("peak", 4, 10),), (1.0,), (1,), 1)
    return Outcome(plan, SimpleNamespace(patterns=patterns, segments={}), [], status, 4.0)


def test_a_trial_says_what_did_not_hold():
    """A late percentile, failures of more than 1 % and a lost engine are each named."""
    late = Sums(response=times_of(*[70] * 100), requests=95)
    late.failures["timed out"] = 5
    found = judged(50, outcome({"a": late}, "engine lost"), {"a": 50.0})
    assert found.why == "p99 70 ms, target 50 ms; 5 of 100 failed; engine lost"
    assert judged(50, outcome({"a": late}), {"a": 100.0}).why == "5 of 100 failed"


def test_a_failed_request_took_longer_than_any_target():
    """Of 1,000 the true percentile lies between ranks 983 and 997: 12 failures leave it open, 30 miss it."""
    found = []
    for failed in (0, 12, 30):
        sums = Sums(times_of(*[2] * (1000 - failed)), requests=1000 - failed)
        sums.failures["connection refused"] = failed
        found.append(PatternLoad.of("get", "GetItem", sums, 10.0))
    assert [one.verdict for one in found] == ["holds", "open", "misses"]
    assert found[-1].response.p99.ms == pytest.approx(2, rel=0.002)


def test_a_trial_without_requests_shows_nothing():
    """A rate at which nothing came has not been seen to hold."""
    assert judged(0.1, outcome({}), {}).why == "no request came"


def used(**given):
    """Returns resources of an idle run with some numbers changed."""
    idle = {"seconds": 10.0, "engine_cores": 0.1, "client_cores": (0.1,), "machine_cores": 0.2}
    return Resources(**{**idle, "cores": 2, "connections": 16, "busy_connections": 1.0, **given})


@pytest.mark.parametrize(
    ("given", "queued", "expected"),
    [
        ({}, 0.1, "nothing"),
        ({}, 50.0, "engine's queue"),
        ({"client_cores": (0.95,), "machine_cores": 1.9}, 0.1, "client"),
        ({"engine_cores": 1.5, "machine_cores": 1.9}, 50.0, "engine"),
        ({"engine_cores": 0.2, "machine_cores": 1.95}, 50.0, "machine"),
        ({"busy_connections": 15.5}, 50.0, "connections"),
        ({"busy_connections": 15.5, "engine_cores": 0.95, "machine_cores": 1.2}, 50.0, "engine's queue"),
        ({"engine_cores": None}, 0.1, "nothing"),
    ],
)
def test_the_bottleneck_is_named_with_its_numbers(given, queued, expected):
    """Who has nothing left to give is the limit; the sentence holds the numbers."""
    found = bottleneck(used(**given), queued, 2.0)
    assert found.name == expected
    assert f"{queued:.1f} ms waiting, 2.0 ms served" in found.evidence


def test_processor_time_is_that_between_two_readings():
    """From 2 s to 6 s the engine had 2 s, the two processes 1 s and 0.4 s: half, a quarter, a tenth."""
    plan = Plan((Segment("a", 2, 1), Segment("b", 4, 1)), (1.0,), (1,), 1)
    usage = [
        Usage(0.0, 1.0, (0.0, 0.0), 10.0),
        Usage(2.0, 2.0, (0.5, 0.1), 12.0),
        Usage(6.0, 4.0, (1.5, 0.5), 18.0),
    ]
    sums = Sums(service=times_of(*[100] * 80))
    run = Outcome(plan, SimpleNamespace(segments={"b": sums}), usage, "complete", 6.0)
    found = resources(run, Setting(2, 8), 4, segment="b")
    assert (found.engine_cores, found.machine_cores, found.connections) == (0.5, 1.5, 16)
    assert found.client_cores == pytest.approx((0.25, 0.1))
    assert found.busy_connections == pytest.approx(2.0, rel=0.01)


def windows(*p99):
    """Returns windows of half a second each."""
    return [Window(n / 2, 10, 10, 0, 1.0, ms, ms) for n, ms in enumerate(p99)]


def test_recovery_begins_with_the_first_of_three_normal_windows():
    """Normal is up to twice the usual; a single good window among bad ones does not count."""
    course = windows(*[10] * 8, *[5000] * 4, 900, 12, 700, 15, 11, 10, 9)
    assert seconds_to_recover(course, 0, 4, 6) == pytest.approx(1.5)


def test_no_recovery_is_told_as_none():
    """Still late at the end, failures after it, or nothing to compare with: no time to recover."""
    late = windows(*[10] * 8, *[5000] * 4, *[900] * 6)
    assert seconds_to_recover(late, 0, 4, 6) is None
    assert seconds_to_recover(windows(10, 10), 0, 0.5, 0.5) is None
    failing = windows(*[10] * 20)
    for window in failing[12:]:
        window.failed = 1
    assert seconds_to_recover(failing, 0, 4, 6) is None


def test_sums_survive_being_saved():
    """What a run added up to is the same after it was read from disk."""
    sums = Sums(times_of(1, 2, 300), times_of(1), 3, 1, pages=4, size_bytes=500, half_units=7)
    sums.failures["timed out"] = 2
    assert read_sums(saved_sums(sums)) == sums


def test_a_folder_refuses_another_run(tmp_path):
    """A folder with a run is not overwritten, and resumed only with what that run was begun with."""
    folder = Folder(tmp_path / "run")
    identity = {"case": "algoitny", "seed": 1}
    with pytest.raises(InputError, match=r"holds no run that was begun; got .*run\. Leave --resume out"):
        folder.begin(identity, resume=True)
    assert folder.begin(identity, resume=False) == 0.0
    empty = SimpleNamespace(patterns={}, segments={}, failures={}, lag=Times(), settled_s=7.5, answers={})
    with folder.open():
        folder.keep(identity, empty)
    with pytest.raises(InputError, match=r"--out: holds a run already; got .*run\. Name another folder"):
        folder.begin(identity, resume=False)
    with pytest.raises(InputError, match="holds a run with another seed; got"):
        folder.begin({"case": "algoitny", "seed": 2}, resume=True)
    assert folder.begin(identity, resume=True) == 7.5
    (folder.path / STATE).unlink()
    (folder.path / RESULT).touch()
    with pytest.raises(InputError, match=r"holds a run that is complete; .*Name another folder"):
        folder.begin(identity, resume=True)
    with pytest.raises(InputError, match="cannot be written: Not a directory"):
        Folder(folder.path / RESULT / "run").begin(identity, resume=False)
    with pytest.raises(InputError, match="there is no histogram log here"):
        log_of(tmp_path)
    (tmp_path / "notes").write_bytes(b"\xff no intervals\n")
    with pytest.raises(InputError, match="there is no histogram log here"):
        merge_logs([tmp_path / "notes"])


def test_merged_and_compared_runs_are_tables():
    """A change counts when the intervals do not overlap; a pattern of one run only is left out."""
    before = {"get": times_of(*[10] * 1000), "put": times_of(*[10] * 1000), "old": times_of(1)}
    after = {"get": times_of(*[20] * 1000), "put": times_of(*[10] * 1000)}
    lines = compared_table(before, after).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["get", "put"]
    assert lines[1].endswith("+100 %  slower")
    assert lines[2].endswith("+0 %  no change that the samples show")
    assert compared(Quantile(9, 8, 10), Quantile(5, 4, 6)) == "faster"
    assert merged_table(before).splitlines()[1].split()[:3] == ["get", "1000", "10.01"]
