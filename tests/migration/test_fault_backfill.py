"""The backfill under faults: it goes on or stops with advice, and what is there in the end is equal."""

from __future__ import annotations

from contextlib import suppress

import pytest

from workbench.engines.faults import Fault, FaultKind, FaultSchedule, faults
from workbench.engines.faults.schedule import DYNAMODB, KINDS
from workbench.errors import MigrationError, WorkbenchError
from workbench.migrate import Ledger, backfill, ensure_schema, load_source, verify
from workbench.spec import load_case

CASE = load_case("algoitny")
USERS = 3
RUNS = 40
"""Times that a backfill is started anew at most; each run meets at least one fault fewer."""

OPERATIONS = {"BatchWriteItem", "BatchGetItem", "SELECT", "COMMIT"}
BACKFILL_KINDS = {
    (target, kind): names & OPERATIONS for (target, kind), names in KINDS.items() if names & OPERATIONS
}


@pytest.fixture
def prepared(source, target):
    """Loads a population and makes the tables; returns the rows."""
    ensure_schema(CASE, target)
    return load_source(CASE, source, USERS, 1)


def run_until_done(source, target, broken, ledger_path):
    """Starts the backfill again after each error that it tells; returns how often it was started."""
    postgres, engine = broken.postgres(source), broken.dynamodb(target)
    for run in range(1, RUNS):
        with suppress(WorkbenchError), Ledger(ledger_path) as ledger:
            backfill(CASE, postgres, engine, ledger)
            return run
    return RUNS


@pytest.mark.usefixtures("prepared", "impatient")
@pytest.mark.parametrize("seed", range(1, 5))
def test_a_backfill_under_faults_ends_equal(source, target, tmp_path, seed):
    """Refusals, cut connections, late and doubled requests: every row arrives, every error has advice."""
    schedule = FaultSchedule.drawn(seed, 40, within=60, kinds=BACKFILL_KINDS)
    with faults(schedule, slow_seconds=0.001) as broken:
        runs = run_until_done(source, target, broken, tmp_path / "ledger")
        happened = {event.kind for event in broken.events}

    found = verify(CASE, source, target)
    assert runs < RUNS
    assert found.equal, "\n".join(map(str, found.discrepancies))
    assert len(happened) > 4


@pytest.mark.usefixtures("prepared", "impatient")
def test_an_answer_that_never_comes_ends_the_backfill_with_advice(source, target):
    """The table is named, and that the same command resumes."""
    schedule = FaultSchedule((Fault(DYNAMODB, "BatchWriteItem", 1, FaultKind.TIMEOUT),))
    with (
        faults(schedule) as broken,
        Ledger() as ledger,
        pytest.raises(MigrationError, match=r"items were not written: Read timeout .*Run the same command"),
    ):
        backfill(CASE, source, broken.dynamodb(target), ledger)
