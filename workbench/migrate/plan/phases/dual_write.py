"""The first phase: tables, and writes that reach both sides."""

from __future__ import annotations

from workbench.migrate.live.cutover import begin_dual_write, end_dual_write
from workbench.migrate.plan.phases.action import Action, Measures
from workbench.migrate.plan.stage import Stage
from workbench.migrate.rehearsal import ensure_schema
from workbench.spec.migration import Step


def _make_tables(stage: Stage, step: Step) -> Measures:
    del step
    ensure_schema(stage.case, stage.engine)
    return {}


def _start_capture(stage: Stage, step: Step) -> Measures:
    del step
    begin_dual_write(stage.flags, stage.replication)
    return {"pending": stage.pending()}


def _end_capture(stage: Stage) -> None:
    end_dual_write(stage.flags, stage.replication)


ACTIONS = {
    "make_tables": Action(_make_tables),
    "start_capture": Action(_start_capture, _end_capture, sets_flags=True),
}
