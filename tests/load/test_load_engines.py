"""The load and the times on the real engines, with a small case."""

from __future__ import annotations

import time
from array import array
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from workbench.engines import open_postgres
from workbench.migrate import rehearse, verify
from workbench.replay.load.arrivals import Arrivals, Segment
from workbench.replay.load.crew import Setting, dynamodb_target, run_load, sql_target
from workbench.replay.load.draw import draw_tape
from workbench.replay.load.records import as_table, column
from workbench.replay.load.run import Load, Wish, most_per_second, run_profile
from workbench.replay.load.sources import OpenSource
from workbench.replay.load.sql import SqlLoop, pack_parameters
from workbench.replay.load.tape import load_tape
from workbench.replay.timing import replay_timed
from workbench.spec import load_case

CASE = load_case("inavor-shuttle")
USERS = 4


@pytest.fixture(scope="module")
def postgres():
    """A server of its own, because the data stays in it."""
    with open_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def engine(dynamodb_local, postgres):
    """DynamoDB Local with the case's items, equal to the rows."""
    client = dynamodb_local.connect("load")
    with closing(client):
        found = replace(dynamodb_local, client=client, database="load")
        assert rehearse(CASE, postgres, found, USERS, 1).verification.equal
        yield found


@pytest.fixture(scope="module")
def tape(postgres, engine):
    """The case's requests; the data is there."""
    assert engine
    return draw_tape(CASE, postgres, 1, 50)


def test_a_tape_is_the_same_for_the_same_seed_and_after_a_file(postgres, tape, tmp_path):
    """Equal digests for equal seeds, another for another seed, and nothing is lost on disk."""
    assert draw_tape(CASE, postgres, 1, 50).digest == tape.digest
    assert draw_tape(CASE, postgres, 2, 50).digest != tape.digest
    tape.save(tmp_path / "tape")
    assert load_tape(tmp_path / "tape") == tape
    assert max(tape.pools) == 50


def test_every_pattern_is_timed_as_often_as_asked_and_the_data_stays_equal(postgres, engine):
    """Writes that few rows allow are repeated after their changes were put back."""
    replayed, timings = replay_timed(CASE, postgres, engine, USERS, samples=30, compared=4)
    assert timings.missing == ()
    assert {row.load.requests for row in timings.rows} == {30}
    assert not [row.load.pattern for row in timings.rows if row.load.failures]
    assert [row.load.pattern for row in timings.rows] == list(CASE.design.patterns)
    assert replayed.equal_patterns == len(replayed.rows)
    assert verify(CASE, postgres, engine).equal
    assert timings.row("get_shop").load.mean_units == 0.5
    assert timings.row("nobody") is None


def test_a_load_on_dynamodb_local_answers_everything(engine, tape):
    """Open arrivals of the workload's mix: nothing fails, calls, bytes and units are counted."""
    load = Load(CASE, dynamodb_target(engine), tape, USERS, 1, Setting(2, 4))
    result = run_profile(load, Wish("realistic", 2.4, rate=150.0))
    assert (result.status, result.failed) == ("complete", 0)
    assert result.overall.count > 20
    assert {segment.name for segment in result.segments} >= {"warm-up", "burst"}
    row = next(row for row in result.patterns if row.pattern == "get_shop")
    assert (row.mean_calls, row.mean_units) == (1.0, 0.5)
    assert row.mean_bytes > 100
    assert result.resources.engine_cores is not None
    assert result.digest == tape.digest


class Sleep:
    """A question whose answer takes some seconds."""

    def ask(self, connection, seconds):
        """Waits in the server."""
        return connection.execute("SELECT pg_sleep(%s)", [seconds])


def test_a_statement_that_takes_too_long_is_given_up(postgres):
    """Of a quick and an endless one the first is answered, the second times out, and both were free to go."""
    due = np.array([0, 200_000_000])
    source = OpenSource(iter((Arrivals(due, np.zeros(2, np.int64), np.arange(2)),)))
    records = array("q")
    loop = SqlLoop(postgres.url, [(Sleep(), (0.0, 3600.0))], source, records.extend, 2, 400_000_000)
    loop.run(time.perf_counter_ns() + 100_000_000)
    table = as_table(records)
    assert [loop.kinds.names[kind] for kind in column(table, "kind")] == ["answered", "timed out"]
    assert column(table, "waited").tolist() == [0, 0]
    assert loop.settled_ns > due[1]


def test_the_same_load_runs_on_postgresql(postgres):
    """The same patterns in SQL, drawn with the same seed, over the same arrivals."""
    tape = draw_tape(CASE, postgres, 1, 50)
    load = Load(
        CASE,
        sql_target(postgres, CASE.name, pack_parameters(CASE, postgres, 1, 50)),
        tape,
        USERS,
        1,
        Setting(1, 3),
    )
    assert most_per_second(load, lambda *_: None) > 10
    plan = load.plan((Segment("all", 1.5, 60),))
    found = run_load(load.target, tape, plan, load.setting)
    assert found.status == "complete"
    assert set(found.collected.failures) <= {"timed out"}
    answered = sum(sums.requests for sums in found.collected.patterns.values())
    due = sum(len(chunk) for chunk in plan.arrivals())
    assert answered + sum(failure.count for failure in found.collected.failures.values()) == due
