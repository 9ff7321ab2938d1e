"""The table of targets on the latency page, and the estimate beside it, from numbers made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from workbench.replay.estimates import estimate
from workbench.replay.load.collect import Sums
from workbench.replay.load.histograms import Times
from workbench.replay.load.results import PatternLoad
from workbench.replay.load.usage import Crowd, CrowdMeter
from workbench.report import latency_page
from workbench.spec.design import LatencyGoal


def load_of(pattern, ms, target, operation="Query", **sums):
    """Returns a pattern whose 1,000 requests all took a time [ms]."""
    times = Times()
    times.record(np.full(1000, ms * 1000))
    given = Sums(times, times, 1000, **{"pages": 1000, **sums})
    return PatternLoad.of(pattern, operation, given, target)


def trial_of(*loads):
    """Returns a trial with these times."""
    row = SimpleNamespace(dynamodb=SimpleNamespace(p50_ms=4.5))
    told = {"engine": "dynamodb-local 3.1.0", "postgres": "PostgreSQL 18", "machine": "m", "seed": 1}
    replay = SimpleNamespace(**told, samples=9, warmup=1, row=lambda _: row)
    rows = tuple(SimpleNamespace(load=load) for load in loads)
    timings = SimpleNamespace(**told, samples=1000, warmup=20, rows=rows, crowd=Crowd(0.0, 2))
    return SimpleNamespace(replay=replay, timings=timings)


def test_an_estimate_is_calls_times_assumed_times():
    """Three pages and 20 KB: 3 x (4 + 1) + 20 x 0.04 = 15.8 ms; a transaction is served twice."""
    query = estimate(load_of("pages", 2, 10, pages=3000, size_bytes=20 * 1024 * 1000))
    assert (query.calls, query.kb) == (3.0, 20.0)
    assert (query.low_ms, query.ms, query.high_ms) == pytest.approx((3.8, 15.8, 43.3))
    assert estimate(load_of("move", 2, 10, "TransactWriteItems")).ms == pytest.approx(2 * 4 + 1)


def test_targets_are_judged_and_counted():
    """2 ms is below 10, 30 ms is not; what has no target is not counted."""
    trial = trial_of(load_of("fast", 2, 10), load_of("slow", 30, 10), load_of("free", 30, None))
    assert latency_page.target_verdict(trial).text == (
        "1 of 2 documented targets hold on DynamoDB Local 3.1.0 on this machine with 95 % confidence, "
        "1 are missed, 0 are open."
    )
    rows = latency_page.target_table(trial).rows
    assert [row["verdict"] for row in rows] == ["holds", "misses", "no target"]
    assert (rows[0]["boto3"], rows[0]["interval"]) == (4.5, "2.00 to 2.00")
    footnote = latency_page.target_table(trial).footnote
    assert "others used 0.0 of 2 processors meanwhile" in footnote
    assert "1000 samples a pattern after 20 of warm-up" in footnote
    nothing = trial_of(load_of("free", 30, None))
    assert "no target for any pattern" in latency_page.target_verdict(nothing).text


def test_the_crowd_is_what_others_use():
    """Between nothing and all processors, whatever this process does meanwhile."""
    crowd = CrowdMeter().read()
    assert crowd.cores >= 0
    assert crowd.of_cores >= 1


def goals_of(*goals):
    """Returns a case whose patterns `fast` and `slow` read, `write` writes, with some goals."""
    kinds = {"fast": "GetItem", "slow": "Query", "write": "PutItem"}
    patterns = {name: SimpleNamespace(operation=kind) for name, kind in kinds.items()}
    return SimpleNamespace(design=SimpleNamespace(patterns=patterns, latency_goals=goals))


def test_goals_for_all_reads_are_judged_by_the_slowest_read():
    """Reads of 2 and 30 ms are below 100, not below 20; a write of 500 ms is no read."""
    reads = (load_of("fast", 2, 10), load_of("slow", 30, None), load_of("write", 500, None, "PutItem"))
    goals = [LatencyGoal(says="all", p99_ms=limit, source={"line": 613}) for limit in (100, 20)]
    table = latency_page.goal_table(goals_of(*goals), trial_of(*reads))
    assert [row["verdict"] for row in table.rows] == ["holds", "misses"]
    assert [(row["slowest"], row["interval"]) for row in table.rows] == [("slow", "30.02 to 30.02")] * 2
    assert "DynamoDB Local 3.1.0 on this machine" in table.title


def test_a_goal_without_a_verdict_says_why():
    """What names no limit is told with its line and the reason; a design without goals says so."""
    goal = LatencyGoal(says="sub-10ms", reason="It names no percentile.", source={"line": 232})
    (row,) = latency_page.goal_table(goals_of(goal), trial_of(load_of("fast", 2, 10))).rows
    assert (row["verdict"], row["why"], row["line"]) == ("not judged here", "It names no percentile.", 232)
    assert "asks nothing" in latency_page.goal_table(goals_of(), trial_of()).text
    with pytest.raises(ValidationError, match="needs `p99_ms` or `reason`"):
        LatencyGoal(says="fast", source={"line": 1})
