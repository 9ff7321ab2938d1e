"""The driver against a server whose latency is known, over real connections.

The injected times are large against what a busy machine adds. What the server took is compared, as it says
itself, and what the driver admits to have been late by is allowed.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from workbench.replay.load.arrivals import Plan, Segment
from workbench.replay.load.crew import Setting, run_load

SHARES = (0.5, 0.99, 0.999)
"""The percentiles that are checked."""
TOLERANCE = 0.02


def served(log, operation):
    """Returns what the server says that its answers took [ms], ascending."""
    lines = (line.split() for line in log.read_text().splitlines())
    return np.sort([int(line[1]) / 1e6 for line in lines if line[0] == operation])


@pytest.fixture(scope="module")
def both(tmp_path_factory, tape_of, delay_server_in):
    """A run of 1,000 requests each with constant and bimodal latency: outcome and the server's log."""
    with delay_server_in(tmp_path_factory.mktemp("both")) as (target, log):
        plan = Plan((Segment("all", 4, 550),), (0.5, 0.5), (1, 1), 1)
        outcome = run_load(target, tape_of("Constant", "Bimodal"), plan, Setting(1, 700))
    return outcome, log


@pytest.mark.parametrize("operation", ["Constant", "Bimodal"])
def test_known_latency_is_measured_within_two_percent(both, operation):
    """1 s, and 0.5 s with each tenth 1.5 s: as the server says, at the median, p99 and p99.9."""
    outcome, log = both
    times = outcome.collected.patterns[operation].response
    truth = served(log, operation)
    assert times.count == len(truth) >= 1000
    late = outcome.collected.lag.max_ms
    for share in SHARES:
        expected = truth[int(np.ceil(share * len(truth))) - 1]
        assert times.quantile(share).ms == pytest.approx(expected, abs=TOLERANCE * expected + late)


def test_the_bimodal_server_was_bimodal(both):
    """The truth itself is as injected: the median near 0.5 s and the 99th percentile at 1.5 s or later."""
    truth = served(both[1], "Bimodal")
    assert 499 <= truth[len(truth) // 2] < 1000
    assert truth[int(len(truth) * 0.99)] >= 1499


def test_a_stall_is_seen_by_all_that_waited_for_it(tmp_path, tape_of, delay_server_in):
    """Of evenly spaced requests those of one second wait for its end; the closed loop sees one.

    Over 5 s a fifth of the requests meets the stall: the p-th percentile is 0.2 s + (p - 0.8) / 0.2 x 1 s.
    """
    plan = Plan((Segment("all", 5, 220),), (1.0,), (1,), 1, "even")
    with delay_server_in(tmp_path) as (target, _):
        opened = run_load(target, tape_of("Stall"), plan, Setting(1, 400))
    times, late = opened.collected.overall(), opened.collected.lag.max_ms
    for share, expected in ((0.5, 200.0), (0.99, 1150.0), (0.999, 1195.0)):
        assert times.quantile(share).ms == pytest.approx(expected, abs=TOLERANCE * expected + 5 + late)
    with delay_server_in(tmp_path) as (target, _):
        users = Plan((Segment("all", 3, 0),), (1.0,), (1,), 1, "closed")
        closed = run_load(target, tape_of("Stall"), users, Setting(1, 1))
    wrong = closed.collected.overall()
    slow = [n for n in range(1, wrong.count + 1) if wrong.at_rank(n) > 700]
    assert len(slow) <= 1
    assert wrong.quantile(0.9).ms < 0.6 * times.quantile(0.9).ms


def test_the_same_seed_sends_the_same_requests_in_the_same_order(tmp_path, tape_of, delay_server_in):
    """The bodies that the server got are the same in both runs, and others with another seed."""
    orders = []
    for seed in (7, 7, 8):
        with delay_server_in(tmp_path) as (target, log):
            plan = Plan((Segment("all", 0.5, 600),), (0.3, 0.7), (40, 40), seed)
            run_load(target, tape_of("Quick", "Quick", bodies=40), plan, Setting(1, 1))
        orders.append([json.loads(line.split()[2])["n"] for line in log.read_text().splitlines()])
    assert len(orders[0]) > 200
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]


def test_processes_share_the_requests_of_one(tmp_path, tape_of, delay_server_in):
    """Two processes send what one sends, each half of it."""
    bodies = []
    for processes in (1, 2):
        with delay_server_in(tmp_path) as (target, log):
            plan = Plan((Segment("all", 0.5, 600),), (1.0,), (40,), 7)
            outcome = run_load(target, tape_of("Quick", bodies=40), plan, Setting(processes, 2))
        bodies.append(sorted(line.split()[2] for line in log.read_text().splitlines()))
        assert outcome.status == "complete"
    assert bodies[0] == bodies[1]
