"""What a redesign gains: what is counted of a pattern, times the slope of the factor, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.replay.factors.gains import gains
from workbench.replay.factors.results import FactorResult, Factors, Slope
from workbench.replay.latency import Latency
from workbench.replay.load.collect import Sums
from workbench.replay.load.results import PatternLoad
from workbench.replay.load.usage import Crowd
from workbench.replay.measure import Histogram, Sizes
from workbench.replay.results import PatternResult, ReplayResult
from workbench.replay.timing import TimedPattern, Timings
from workbench.spec import load_case

DESIGN = load_case("algoitny").design
NO_TIMES = Latency(0, None, None, None, None)
SLOPES = {
    "pages": 3.0,
    "read_size": 0.1,
    "write_size": 0.2,
    "index_read": -0.5,
    "index_writes": 0.4,
    "filter": 0.1,
    "transaction": 0.7,
    "batch": 0.05,
}


def factors():
    """Results whose slopes are stated, each with an interval from half to double."""
    rows = [
        FactorResult(
            name, name, "x", "step", 1, "", (), Slope(ms, ms / 2, ms * 2, 1), Slope(0, 0, 0, 0), None
        )
        for name, ms in SLOPES.items()
    ]
    return Factors("an engine", "a machine", 10, 10, 1, 1000, tuple(rows), Crowd(0, 2))


def found_for(name, units, calls=1.0, items=1.0, size=400):
    """The gains of one pattern, by factor; ten requests of 5 ms each."""
    pattern = DESIGN.patterns[name]
    sums = Sums(requests=10, pages=int(10 * calls))
    sums.response.record(np.full(10, 5000))
    load = PatternLoad.of(name, pattern.operation, sums, None)
    row = PatternResult(name, pattern.operation, 10, NO_TIMES, NO_TIMES, items, calls, units, {}, "", 10, 10)
    timings = Timings(
        "algoitny", "", "", "", 1, 10, 1, 1, (TimedPattern(load, load.response),), (), Crowd(0, 2)
    )
    entries = dict.fromkeys(("GSI1", "GSI2", "GSI3"), Histogram({size: 7}))
    held = {pattern.entity: Histogram({size: 7})}
    sizes = Sizes(held, {pattern.entity: entries}, {}, {})
    replayed = ReplayResult("algoitny", (row,), "", "", "", 10, 1, 1, 1.0)
    return {gain.factor: gain for gain in gains(DESIGN, factors(), timings, replayed, sizes)}


def test_filter_costs_what_it_drops() -> None:
    """10.5 units are 21 blocks, the last half full: 83,968 bytes or 209.92 items of 400; 9.92 are kept."""
    found = found_for("scan_inactive_users", {"AlgoItny-Users": 10.5}, items=9.92)
    assert list(found) == ["filter"]
    gain = found["filter"]
    assert gain.steps == pytest.approx(20)
    assert (gain.ms, gain.low_ms, gain.high_ms) == pytest.approx((2, 1, 4))
    assert gain.p50_ms == pytest.approx(5, rel=1e-3)


def test_pages_but_one_fall_away() -> None:
    """Three pages at 3 ms each, of which one stays."""
    gain = found_for("scan_inactive_users", {"AlgoItny-Users": 0.5}, calls=3)["pages"]
    assert (gain.steps, gain.ms) == (2, 6)


def test_index_that_is_read_counts_once() -> None:
    """An index that is faster here than the table gains less than nothing, and says so."""
    found = found_for("list_problems_by_platform", {"AlgoItny-Main/GSI1": 1.0})
    assert {name: gain.ms for name, gain in found.items()} == {"index_read": -0.5}


def test_members_and_indexes_of_a_transaction() -> None:
    """Two members, of which one stays, and two indexes that were written to."""
    units = {
        "AlgoItny-Main": 4.0,
        "AlgoItny-Main/GSI1": 0.2,
        "AlgoItny-Main/GSI3": 1.0,
        "AlgoItny-Users": 2.0,
    }
    found = found_for("record_history", units)
    assert {name: gain.ms for name, gain in found.items()} == {
        "index_writes": pytest.approx(0.8),
        "transaction": pytest.approx(0.7),
    }
    assert list(found) == ["index_writes", "transaction"]


def test_batch_of_ten_leaves_one() -> None:
    """Nine keys at 0.05 ms."""
    assert found_for("batch_get_problems", {"AlgoItny-Main": 6.2}, items=10)["batch"].ms == pytest.approx(
        0.45
    )


def test_item_that_is_read_weighs_by_its_size() -> None:
    """20 KB at 0.1 ms per 10 KB."""
    assert found_for("get_problem", {"AlgoItny-Main": 2.5}, size=20_480)["read_size"].ms == pytest.approx(0.2)
