"""The second phase: the rows that were there before, and whether everything arrived."""

from __future__ import annotations

from contextlib import closing

from workbench.migrate.plan.phases.action import Action, Measures
from workbench.migrate.plan.stage import Stage
from workbench.migrate.verify import verify
from workbench.replay.driver import Driver
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.migration import Step

ASKED = 5
"""Questions of each pattern that are asked on both sides."""


def _backfill(stage: Stage, step: Step) -> Measures:
    """Moves all rows while the application goes on."""
    del step
    with stage.busy(), stage.open_backfill_ledger() as ledger:
        stage.replication.backfill(ledger)
    return {"requests": stage.results[-1].requests, "pending": stage.pending()}


def _drain(stage: Stage, step: Step) -> Measures:
    del step
    stage.catch_up()
    return {"pending": stage.pending()}


def _verify(stage: Stage, step: Step) -> Measures:
    """Compares all rows with all items, once the side that follows has caught up."""
    del step
    stage.catch_up()
    found = verify(stage.case, stage.postgres, stage.engine)
    stage.note(found.discrepancies)
    return {
        "rows": found.rows - found.rejected,
        "items": found.items,
        "missing": sum(entity.missing for entity in found.entities),
        "different": sum(entity.different for entity in found.entities),
        "extra": sum(found.extra.values()),
        **stage.faults(),
    }


def _compare_answers(stage: Stage, step: Step) -> Measures:
    """Asks every pattern that reads on both sides, with parameters drawn from the rows."""
    del step
    patterns = stage.case.design.patterns
    reading = [name for name, pattern in patterns.items() if pattern.operation in READ_OPERATIONS]
    with closing(stage.postgres.connect(autocommit=True)) as connection:
        driver = Driver(stage.case.design, connection, stage.engine)
        results = [driver.pattern(name, ASKED, stage.setting.seed, warmup=0) for name in reading]
    stage.note(
        f"{result.pattern}: {'; '.join(result.differences)}" for result in results if result.differences
    )
    equal = sum(result.equal == result.samples and not result.errors for result in results)
    return {"patterns": len(results), "patterns_equal": equal}


ACTIONS = {
    "backfill": Action(_backfill),
    "drain": Action(_drain),
    "verify": Action(_verify),
    "compare_answers": Action(_compare_answers),
}
