"""The third phase: reads move step by step, each watched."""

from __future__ import annotations

from workbench.migrate.plan.gates import named
from workbench.migrate.plan.phases.action import Action, Measures
from workbench.migrate.plan.phases.decommission import make_drawable
from workbench.migrate.plan.stage import WITNESSED, Stage
from workbench.spec.migration import Step


def _set_flags(stage: Stage, step: Step) -> Measures:
    del step
    return {"pending": stage.pending()}


def _observe(stage: Stage, step: Step) -> Measures:
    """Watches the application; DynamoDB is brought up to date while it follows.

    The witness is asked when a gate of the step wants it, because its answer takes a scan of all tables.
    """
    make_drawable(stage)
    measured = stage.observe(step.requests)
    if stage.flags.read().write_mode == "dual":
        stage.catch_up()
    wanted = named(stage.plan, step.gates).intersection(WITNESSED)
    return {**measured, "pending": stage.pending(), **(stage.faults() if wanted else {})}


ACTIONS = {"set_flags": Action(_set_flags), "observe": Action(_observe)}
