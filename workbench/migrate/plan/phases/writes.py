"""The fourth phase: DynamoDB takes the writes, PostgreSQL follows and takes none."""

from __future__ import annotations

from workbench.migrate.live.cutover import cut_over, go_back
from workbench.migrate.plan.phases.action import Action, Measures
from workbench.migrate.plan.stage import Stage
from workbench.spec.migration import Step


def _protect_source(stage: Stage, step: Step) -> Measures:
    """Exchanges the sides while no call runs, then proves that PostgreSQL refuses a write."""
    del step
    done = cut_over(stage.flags, stage.replication, stage.postgres)
    open_tables = [table for table, refusal in done.refusals.items() if not refusal]
    return {"source_writable": len(open_tables), "pending": stage.pending()}


def _go_back(stage: Stage) -> None:
    go_back(stage.flags, stage.replication, stage.postgres)


ACTIONS = {"protect_source": Action(_protect_source, _go_back, sets_flags=True)}
