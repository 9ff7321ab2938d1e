"""The ledger of a plan's steps: what was begun, what became of it, and for which move."""

from __future__ import annotations

import pytest

from workbench.errors import MigrationError
from workbench.migrate.plan.gates import GateOutcome
from workbench.migrate.plan.steps import Outcome, StepLedger

FLAGS = {"write_mode": "dual", "read_percent": 25}


@pytest.fixture
def path(tmp_path):
    """The file of a ledger in a folder that does not exist yet."""
    return tmp_path / "state" / "plan.sqlite"


def test_an_attempt_is_kept_whole(path):
    """State, flags, measures, gates and notes come back as they were recorded, by another connection."""
    gate = GateOutcome("fast", "p99_ms < 100", passed=False, values={"p99_ms": 250.0})
    with StepLedger(path) as ledger:
        begun = ledger.begin("reads", "reads_50", FLAGS, 10.0)
        ledger.finish(begun, Outcome("failed", {"p99_ms": 250.0}, (gate,), ("slow",)), 12.5)
    with StepLedger(path) as ledger:
        (kept,) = ledger.attempts()
    assert (kept.phase, kept.step, kept.attempt, kept.state) == ("reads", "reads_50", 1, "failed")
    assert (dict(kept.flags), dict(kept.measures), kept.gates, kept.notes) == (
        FLAGS,
        {"p99_ms": 250.0},
        (gate,),
        ("slow",),
    )
    assert kept.seconds == 2.5


def test_what_was_cut_off_is_gone_on_with(path):
    """A step that was begun and has no outcome keeps its number and the flags that it first found."""
    with StepLedger(path) as ledger:
        ledger.begin("reads", "reads_50", FLAGS, 10.0)
    with StepLedger(path) as ledger:
        again = ledger.begin("reads", "reads_50", {**FLAGS, "read_percent": 50}, 20.0)
        assert (again.number, again.attempt, again.flags["read_percent"]) == (1, 1, 25)
        assert len(ledger.attempts()) == 1


def test_a_failed_step_is_counted_and_an_undone_one_begins_anew(path):
    """Attempts rise with each failure; after a rollback they begin at 1."""
    with StepLedger(path) as ledger:
        for state in ("failed", "passed"):
            ledger.finish(ledger.begin("reads", "reads_25", FLAGS, 1.0), Outcome(state, {}, ()), 2.0)
        assert [attempt.attempt for attempt in ledger.attempts()] == [1, 2]
        ledger.undo(ledger.latest()["reads_25"])
        assert ledger.latest()["reads_25"].state == "undone"
        assert ledger.begin("reads", "reads_25", FLAGS, 3.0).attempt == 1


def test_a_ledger_belongs_to_one_move(path):
    """Another case, population or seed is refused, with what it was begun with."""
    with StepLedger(path) as ledger:
        ledger.bind(case="algoitny", users=3, seed=1)
        ledger.bind(case="algoitny", users=3, seed=1)
        with pytest.raises(MigrationError) as error:
            ledger.bind(case="dealership", users=3, seed=2)
    assert str(error.value) == (
        f"{path}: this plan was begun with case algoitny, seed 1. "
        "Use the same again, or another folder with --state."
    )


def test_pausing_outlives_the_process(path):
    """A plan stays paused until it is told to go on; sessions are counted."""
    with StepLedger(path) as ledger:
        assert not ledger.paused
        ledger.pause(paused=True)
        assert ledger.open_session() == 1
    with StepLedger(path) as ledger:
        assert ledger.paused
        assert ledger.open_session() == 2
        ledger.pause(paused=False)
        assert not ledger.paused


def test_a_file_that_is_no_ledger_is_refused(tmp_path):
    """The message names the file and what to do."""
    path = tmp_path / "plan.sqlite"
    path.write_text("something else, long enough to be taken for a header of a database" * 20)
    with pytest.raises(MigrationError, match=r"cannot be used as the ledger of a plan: .* with --state"):
        StepLedger(path)
