"""The first phase: tables, and writes that reach both sides."""

from __future__ import annotations

from workbench.access.tables import drop_tables, lift_protection
from workbench.migrate.live.cutover import begin_dual_write, end_dual_write
from workbench.migrate.plan.phases.action import Action, Measures
from workbench.migrate.plan.stage import BACKFILL, Stage
from workbench.migrate.rehearsal import ensure_schema
from workbench.spec.migration import Step


def _make_tables(stage: Stage, step: Step) -> Measures:
    del step
    ensure_schema(stage.case, stage.engine)
    return {}


def _drop_tables(stage: Stage) -> None:
    """Deletes the tables, whose items nobody keeps up to date any more, and the ledger of what fills them."""
    lift_protection(stage.case.design, stage.engine)
    drop_tables(stage.case.design, stage.engine)
    (stage.folder / BACKFILL).unlink(missing_ok=True)


def _start_capture(stage: Stage, step: Step) -> Measures:
    del step
    begin_dual_write(stage.flags, stage.replication)
    return {"pending": stage.pending()}


def _end_capture(stage: Stage) -> None:
    end_dual_write(stage.flags, stage.replication)


ACTIONS = {
    "make_tables": Action(_make_tables, _drop_tables),
    "start_capture": Action(_start_capture, _end_capture, sets_flags=True),
}
