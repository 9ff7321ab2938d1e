"""The third phase: reads move step by step, each watched."""

from __future__ import annotations

from workbench.migrate.plan.gates import named
from workbench.migrate.plan.phases.action import Action, Measures
from workbench.migrate.plan.stage import WITNESSED, Stage
from workbench.spec.migration import Step


def _set_flags(stage: Stage, step: Step) -> Measures:
    del step
    return {"pending": stage.pending()}


def _observe(stage: Stage, step: Step) -> Measures:
    """Watches the application, then brings the side that follows up to date.

    Without that PostgreSQL would stay behind while it follows, and an application could draw no further write
    from it. The witness is asked when a gate of the step wants it: its answer takes a scan of all tables.
    """
    measured = stage.observe(step.requests)
    stage.catch_up()
    wanted = named(stage.plan, step.gates).intersection(WITNESSED)
    return {**measured, "pending": stage.pending(), **(stage.faults() if wanted else {})}


ACTIONS = {"set_flags": Action(_set_flags), "observe": Action(_observe)}
