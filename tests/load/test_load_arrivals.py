"""Arrivals: their number and spacing follow from the plan, and from its seed alone."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.replay.load.arrivals import NANOSECONDS, Plan, Segment, take_share
from workbench.replay.load.profiles import (
    dau_of,
    hourly_factors,
    peak_factor,
    peak_of,
    segments_of,
    shares_of,
)
from workbench.spec import load_case

SEGMENTS = (Segment("calm", 10, 50), Segment("pause", 5, 0), Segment("burst", 2, 1000))


def joined(plan):
    """Returns all arrivals of a plan: when they are due [s], patterns and parameter sets."""
    chunks = list(plan.arrivals())
    return (
        np.concatenate([chunk.due_ns for chunk in chunks]) / NANOSECONDS,
        np.concatenate([chunk.pattern for chunk in chunks]),
        np.concatenate([chunk.parameters for chunk in chunks]),
    )


def test_each_segment_has_its_rate():
    """500, none and 2,000 arrivals are expected; a Poisson process is within five standard deviations."""
    due, _, _ = joined(Plan(SEGMENTS, (1.0,), (1,), 3))
    counts = [int(((due >= a) & (due < b)).sum()) for a, b in ((0, 10), (10, 15), (15, 17))]
    assert abs(counts[0] - 500) < 5 * 500**0.5
    assert counts[1] == 0
    assert abs(counts[2] - 2000) < 5 * 2000**0.5
    assert (np.diff(due) >= 0).all()


def test_gaps_of_a_poisson_process_are_exponential():
    """Their mean and their standard deviation are both 1 / rate; even gaps have no deviation."""
    plan = Plan((Segment("all", 100, 200),), (1.0,), (1,), 5)
    gaps = np.diff(joined(plan)[0])
    assert gaps.mean() == pytest.approx(1 / 200, rel=0.05)
    assert gaps.std() == pytest.approx(1 / 200, rel=0.05)
    even = np.diff(joined(Plan(plan.segments, (1.0,), (1,), 5, "even"))[0])
    assert even == pytest.approx(1 / 200, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_processes_share_exactly_the_arrivals_of_one(seed, processes):
    """The parts of all processes are the whole, each arrival once."""
    plan = Plan((Segment("all", 3, 4000),), (0.2, 0.8), (3, 7), seed)
    whole = [(c.due_ns[n], c.pattern[n], c.parameters[n]) for c in plan.arrivals() for n in range(len(c))]
    parts = [
        (chunk.due_ns[n], chunk.pattern[n], chunk.parameters[n])
        for which in range(processes)
        for chunk in take_share(plan.arrivals(), processes, which)
        for n in range(len(chunk))
    ]
    assert sorted(parts) == sorted(whole)


def test_parameter_sets_are_taken_in_turn():
    """Each pattern goes through its own sets in order, then again; one without any never comes."""
    _, patterns, parameters = joined(Plan((Segment("all", 20, 500),), (0.5, 0.3, 0.2), (4, 0, 3), 1))
    assert set(patterns) == {0, 2}
    for pattern, pool in ((0, 4), (2, 3)):
        taken = parameters[patterns == pattern]
        assert (taken == np.arange(len(taken)) % pool).all()


def test_replayed_arrivals_are_taken_as_they_are():
    """Times of a log are used up to the end of the run."""
    due, _, _ = joined(Plan((Segment("all", 2, 1),), (1.0,), (1,), 1, replayed=(0.25, 0.5, 1.75, 2.5)))
    assert due.tolist() == [0.25, 0.5, 1.75]


def test_a_closed_plan_never_ends():
    """Users who wait for answers always find a next request."""
    plan = Plan((Segment("all", 1, 0),), (1.0,), (1,), 1, "closed")
    assert sum(len(chunk) for chunk in islice(plan.arrivals(), 10)) == 10 * 4096


def test_a_day_made_short_has_its_hours_and_a_burst():
    """The mean of the hours is the average; the busiest ends with the whole rate."""
    workload = load_case("algoitny").workload
    warm, *day = segments_of("realistic", workload, 600, 48)
    assert (len(day), warm.judged) == (25, False)
    assert sum(segment.seconds for segment in day) == pytest.approx(48)
    assert max(segment.requests_per_second for segment in day) == 600
    plain = [segment for segment in day if segment.name != "burst"]
    mean = sum(segment.requests_per_second for segment in plain) / 24
    assert mean == pytest.approx(600 / peak_factor(workload) * sum(hourly_factors(workload)) / 24)


def test_rates_and_daily_users_are_each_other_s_inverse():
    """1,000 DAU of query-processor ask 1,000 times in their busiest second, as its document says."""
    workload = load_case("query-processor").workload
    assert peak_of(workload, 1000) == pytest.approx(1000, rel=0.01)
    assert dau_of(workload, peak_of(workload, 777)) == pytest.approx(777)


def test_shares_follow_the_workload():
    """A pattern's share is its rate among all rates, whatever the order of names."""
    workload = load_case("algoitny").workload
    names = list(reversed(list(workload.rates)))
    shares = dict(zip(names, shares_of(workload, names), strict=True))
    assert sum(shares.values()) == pytest.approx(1)
    ratio = workload.requests_per_dau_day("log_usage") / workload.requests_per_dau_day("get_problem")
    assert shares["log_usage"] / shares["get_problem"] == pytest.approx(ratio)


def test_a_stress_goes_five_times_over_and_back():
    """Half of the knee, five times the knee, then half of it again, at most as long as named."""
    workload = load_case("algoitny").workload
    parts = segments_of("stress", workload, 100, 50)
    assert [(s.name, s.seconds, s.requests_per_second, s.judged) for s in parts] == [
        ("warm-up", 2, 50, False),
        ("baseline", 12.5, 50, True),
        ("overload", 12.5, 500, False),
        ("recovery", 50, 50, False),
    ]
