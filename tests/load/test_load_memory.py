"""What a run of hours keeps in memory."""

from __future__ import annotations

import io

import numpy as np
from hdrh.histogram import HdrHistogram

from workbench.replay.load import histograms
from workbench.replay.load.arrivals import Plan, Segment
from workbench.replay.load.collect import Collector
from workbench.replay.load.histograms import log_totals
from workbench.replay.load.memory import Growth, Held, growth
from workbench.replay.load.records import FIELDS, WIDTH

SECOND = 1_000_000_000


def second_of(number):
    """Returns 20 records of two patterns, due in a second of the run and answered after 1 to 20 ms."""
    table = np.zeros((20, WIDTH), np.int64)
    column = {name: table[:, place] for place, name in enumerate(FIELDS)}
    column["pattern"][:] = np.arange(20) % 2
    column["due_ns"][:] = number * SECOND + np.arange(20) * 1000
    column["sent_ns"][:] = column["due_ns"]
    column["done_ns"][:] = column["due_ns"] + np.arange(1, 21) * 1_000_000
    return table


def test_a_long_run_makes_as_many_histograms_as_a_short_one(tmp_path, monkeypatch):
    """Each second is written to the log and forgotten, and the log still holds every request."""
    made = []
    monkeypatch.setattr(histograms, "HdrHistogram", lambda *given: made.append(1) or HdrHistogram(*given))
    log = io.StringIO()
    plan = Plan((Segment("all", 60, 20),), (0.5, 0.5), (1, 1), 1)
    collector = Collector(("one", "two"), plan, log, io.StringIO())
    counts = []
    for number in range(50):
        collector.add(second_of(number), ("answered", "refused"))
        collector.tick((number + 1) * SECOND)
        counts.append(len(made))
    assert len(set(counts)) == 1
    monkeypatch.undo()
    (tmp_path / "log").write_text(log.getvalue())
    totals = log_totals(tmp_path / "log")
    assert {name: times.count for name, times in totals.items()} == {"one": 500, "two": 500}
    assert totals["one"] == collector.patterns["one"].response


def test_memory_is_told_from_a_tenth_of_the_run_on():
    """What comes before, and the end of a process that holds nothing any more, are not compared."""
    mib = 2**20
    held = [Held(0, 9 * mib, 50 * mib, 0), Held(10, 60 * mib, 90 * mib, 0), Held(90, 62 * mib, 99 * mib, 0)]
    found = growth([*held, Held(100, 0, 98 * mib, 0)])
    assert found == {"senders": Growth(60, 62, 62), "collector": Growth(90, 98, 99)}
    assert growth([]) == {}
