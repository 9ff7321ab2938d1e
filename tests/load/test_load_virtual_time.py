"""The loop in virtual time: every number follows from arithmetic, on any machine."""

from __future__ import annotations

import heapq
from array import array

import numpy as np
import pytest

from workbench.engines.prepared import Endpoint
from workbench.engines.raw_http import Answer
from workbench.replay.load.arrivals import Arrivals, Plan, Segment
from workbench.replay.load.collect import Sums
from workbench.replay.load.loop import Loop, Payloads
from workbench.replay.load.records import FIELDS, as_table, column
from workbench.replay.load.sources import ClosedSource, OpenSource
from workbench.replay.load.tape import Pattern, Tape

SECOND = 1_000_000_000
TAPE = Tape((Pattern("ask", None, ((("GetItem", b"{}"),),)),))
PAYLOADS = Payloads(Endpoint("http://127.0.0.1:1", "us-east-1", "a", "b"), TAPE)


class Channel:
    """A connection without a socket."""

    def __init__(self):
        self.job = None


class VirtualPool:
    """Connections whose answers come after a delay, on a clock that jumps to the next event."""

    def __init__(self, size, delay):
        self.idle = [Channel() for _ in range(size)]
        self.now = 0
        self._delay, self._answers = delay, []

    def clock(self):
        """Returns the time [ns]."""
        return self.now

    def reopen(self, _seconds):
        """Nothing is ever lost."""

    def send(self, channel, _payload):
        """Schedules the answer."""
        answer = Answer(200, b"{}")
        heapq.heappush(self._answers, (self.now + self._delay(self.now), id(channel), channel, answer))

    def wait(self, seconds):
        """Moves the clock to the next answer, or on by some time."""
        until = self.now + int(seconds * SECOND)
        if self._answers and self._answers[0][0] <= until:
            self.now = max(self.now, self._answers[0][0])
            _, _, channel, answer = heapq.heappop(self._answers)
            return [(channel, answer)]
        self.now = max(until, self.now + 1)
        return []


def run(source, delay, connections=2000, timeout_s=10):
    """Returns the records of a source against delays [ns]."""
    pool = VirtualPool(connections, delay)
    records = array("q")
    loop = Loop(pool, PAYLOADS, TAPE, source, records.extend, timeout_s * SECOND, 0, pool.clock)
    loop.run()
    return as_table(records)


def evenly(rate, seconds):
    """Returns evenly spaced arrivals."""
    return OpenSource(Plan((Segment("all", seconds, rate),), (1.0,), (1,), 1, "even").arrivals())


def sums(table):
    """Returns the sums of records that were all answered."""
    found = Sums()
    found.add(table, ["answered", "refused", "timed out"])
    return found


@pytest.mark.parametrize("milliseconds", [1, 20, 350])
def test_a_constant_latency_is_measured(milliseconds):
    """Every percentile is the constant, within the three digits of the histogram."""
    times = sums(run(evenly(200, 20), lambda _: milliseconds * 1_000_000)).response
    assert times.count == pytest.approx(4000, abs=1)
    for share in (0.5, 0.99, 0.999):
        assert times.quantile(share).ms == pytest.approx(milliseconds, rel=0.002)


def test_a_bimodal_latency_is_measured():
    """Each tenth answer takes 100 ms, the others 20: the median is 20, p99 and p99.9 are 100."""
    numbers = iter(range(1_000_000))
    table = run(evenly(200, 20), lambda _: (100 if next(numbers) % 10 == 9 else 20) * 1_000_000)
    quantiles = [sums(table).response.quantile(share).ms for share in (0.5, 0.89, 0.99, 0.999)]
    assert quantiles == pytest.approx([20, 20, 100, 100], rel=0.002)


def stalled(now):
    """Returns 20 ms, and for what comes from 3 s to 4 s the time to 4 s and 20 ms more."""
    return 20_000_000 + (4 * SECOND - now if 3 * SECOND <= now < 4 * SECOND else 0)


def test_a_stall_of_one_second_delays_all_that_were_due_in_it():
    """Of 10 s one stalls: percentile p is 20 ms + (p - 0.9) / 0.1 x 1 s, and a tenth of that service time."""
    response = sums(run(evenly(400, 10), stalled)).response
    for share in (0.95, 0.99, 0.999):
        assert response.quantile(share).ms == pytest.approx(20 + (share - 0.9) * 10_000, rel=0.02)
    assert response.quantile(0.5).ms == pytest.approx(20, rel=0.002)


def test_few_connections_do_not_hide_the_stall():
    """With 16 connections nearly all wait for a connection: their service is short, their response is not."""
    found = sums(run(evenly(400, 10), stalled, connections=16))
    assert found.service.quantile(0.99).ms == pytest.approx(20, rel=0.01)
    assert found.response.quantile(0.99).ms > 800


def test_a_closed_loop_hides_the_stall():
    """One user meets the stall once in 450 requests, so that p99 is 20 ms where an arrival would wait 920."""
    plan = Plan((Segment("all", 10, 0),), (1.0,), (1,), 1, "closed")
    times = sums(run(ClosedSource(plan.arrivals(), 1, 10 * SECOND), stalled)).response
    assert times.count == pytest.approx(450, abs=2)
    assert times.quantile(0.99).ms == pytest.approx(20, rel=0.002)
    assert times.max_ms == pytest.approx(1020, rel=0.03)


def test_what_waits_too_long_is_given_up_and_counts_with_its_wait():
    """One connection, answers of 1 s: of ten requests at once four are sent before 3.5 s are over."""
    zeros = np.zeros(10, np.int64)
    source = OpenSource(iter((Arrivals(zeros, zeros, zeros),)))
    pool = VirtualPool(1, lambda _: SECOND)
    records = array("q")
    loop = Loop(pool, PAYLOADS, TAPE, source, records.extend, int(3.5 * SECOND), 0, pool.clock)
    loop.run()
    kinds = column(as_table(records), "kind")
    assert [loop.kinds.names[kind] for kind in kinds].count("timed out") == 6
    assert int((kinds == 0).sum()) == 4
    found = Sums()
    found.add(as_table(records), loop.kinds.names)
    assert (found.requests, found.failures["timed out"], found.response.count) == (4, 6, 10)
    assert found.response.quantile(0.5).ms >= 3500


def test_more_than_a_bound_may_not_wait():
    """One connection and 1 s of service: of 100 in the first second one is sent, 10 wait, the others fail."""
    pool, records = VirtualPool(1, lambda _: SECOND), array("q")
    loop = Loop(
        pool, PAYLOADS, TAPE, evenly(100, 1), records.extend, 60 * SECOND, 0, pool.clock, most_waiting=10
    )
    loop.run()
    kinds = [loop.kinds.names[number] for number in as_table(records)[:, FIELDS.index("kind")]]
    assert len(kinds) == pytest.approx(100, abs=1)
    assert kinds.count("answered") == pytest.approx(11, abs=1)
    assert kinds.count("answered") + kinds.count("not sent, too many open") == len(kinds)
    assert loop.most_open == 11
