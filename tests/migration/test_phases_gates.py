"""Gates that do not hold: the flags go back, the step is tried again, and at last the plan stops."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from workbench.engines.faults import Fault, FaultKind, FaultSchedule, faults
from workbench.migrate.plan.conductor import Conductor
from workbench.migrate.plan.rehearse import load, rehearsed_plan
from workbench.migrate.plan.stage import Setting, open_stage
from workbench.migrate.plan.steps import StepLedger
from workbench.migrate.plan.ways_back import OURS, _from_archive
from workbench.spec import load_case

CASE = load_case("query-processor")
SLOW_SECONDS = 1.0
LIMIT_MS = 750
FEW_WRITES = 0.05
"""Share of calls that write where reads are watched: PostgreSQL answers them while a write is on its way."""


def wide(p99):
    """Returns the case's plan with no limit that matters but p99 [ms]."""
    return rehearsed_plan(CASE, {"p50_limit_ms": 60_000, "p99_limit_ms": p99, "p999_limit_ms": 60_000})


@pytest.fixture
def moved(source, target, tmp_path):
    """Opens the conductor of a plan that has come to the end of the backfill, its stage and its ledger."""

    @contextmanager
    def opened(plan, through=None, writes_share=None):
        setting = Setting(CASE, plan, tmp_path, scale=0.4, writes_share=writes_share)
        with StepLedger(tmp_path / "plan.sqlite") as ledger:
            load(setting, source, 2)
            with open_stage(setting, source, target, ledger.open_session(), through) as stage:
                yield Conductor(stage, ledger), stage, ledger

    with opened(wide(60_000)) as (conductor, _, _):
        assert conductor.run("backfill").reason == "reached"
    return opened


def test_slow_answers_step_back_and_the_next_attempt_passes(moved, source, target):
    """Slow answers take the reads back to where they were; without them they move on."""
    schedule = FaultSchedule(tuple(Fault("dynamodb", "Query", n, FaultKind.SLOW) for n in range(1, 10)))
    with faults(schedule, slow_seconds=SLOW_SECONDS) as broken:
        through = (broken.postgres(source), broken.dynamodb(target))
        with moved(wide(LIMIT_MS), through, FEW_WRITES) as (conductor, stage, ledger):
            told = conductor.run("reads")
            tried = [attempt for attempt in ledger.attempts() if attempt.phase == "reads"]
            assert told.reason == "reached"
            assert stage.current_flags()["read_percent"] == 100
    first, *others = tried
    assert (first.step, first.state, first.flags["read_percent"]) == ("reads_25", "failed", 10)
    assert [gate.gate for gate in first.gates if not gate.passed] == ["p99_in_bounds"]
    assert first.measures["p99_ms"] > LIMIT_MS
    assert [(attempt.step, attempt.state) for attempt in others] == [
        ("reads_25", "passed"),
        ("reads_50", "passed"),
        ("reads_75", "passed"),
        ("reads_100", "passed"),
    ]
    assert others[0].flags["read_percent"] == 10, "the second attempt begins where the first one began"


def test_a_gate_that_never_holds_stops_the_plan_after_a_bounded_number_of_attempts(moved):
    """The plan ends at the step; flags are as before; the same run goes on when the limit is met."""
    with moved(wide(0)) as (conductor, stage, ledger):
        told = conductor.run()
        assert (told.reason, told.phase, told.step) == ("gate", "reads", "reads_25")
        assert [gate.gate for gate in told.failed] == ["p99_in_bounds"]
        assert stage.current_flags()["read_percent"] == 10
        assert [a.state for a in ledger.attempts() if a.step == "reads_25"] == ["failed"] * 3
    with moved(wide(60_000)) as (conductor, stage, _):
        assert conductor.run("reads").reason == "reached"
        assert stage.current_flags()["read_percent"] == 100


def test_a_paused_plan_stops_before_its_next_step_and_a_rollback_restores_the_flags(moved):
    """Nothing runs while it is paused; going back to a phase leaves the flags of its end."""
    with moved(wide(60_000)) as (conductor, stage, ledger):
        before = stage.current_flags()
        ledger.pause(paused=True)
        assert conductor.run().reason == "paused"
        ledger.pause(paused=False)
        conductor.run("writes")
        assert stage.current_flags()["write_mode"] == "dynamodb"
        undone = conductor.rollback("backfill")
        assert undone[0] == "carried_back"
        assert undone[-1] == "reads_25"
        assert stage.current_flags() == before
        assert stage.judged().clean


def test_a_plan_gone_on_with_behind_the_cutover_finds_writes_to_make(moved):
    """Neither changes that PostgreSQL lacks nor the end of replication leave a new process without writes."""
    with moved(wide(60_000)) as (conductor, stage, _):
        assert conductor.run("writes").reason == "reached"
        stage.observe(60)
        assert stage.pending() > 0, "the next process begins with changes that wait"

    with moved(wide(60_000)) as (_, stage, ledger):
        paused = Conductor(stage, ledger, lambda done: ledger.pause(paused=done.step == "clean_up"))
        assert paused.run().reason == "paused"

    with moved(wide(60_000)) as (conductor, stage, ledger):
        ledger.pause(paused=False)
        assert conductor.run().reason == "done"
        assert ledger.latest()["finished"].measures["writes"] > 0
        assert stage.judged().clean


def test_the_archive_and_what_waits_hold_everything_also_when_a_step_is_gone_on_with(moved):
    """Changes that waited when the archive was old are in the new one: what is restored lacks no write."""
    with moved(wide(60_000)) as (_, stage, ledger):
        paused = Conductor(stage, ledger, lambda done: ledger.pause(paused=done.step == "restore"))
        assert paused.run().reason == "paused"
        stage.observe(60)
        assert stage.pending() > 0
        ledger.pause(paused=False)

    with moved(wide(60_000)) as (conductor, stage, _):
        assert conductor.run(final=False).step == "clean_up"
        assert _from_archive(stage, OURS).faults == ()
        assert not list(stage.folder.glob("*.former"))
