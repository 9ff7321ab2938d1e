"""What the steps of a plan do, and how each is undone: one module a phase."""

from workbench.migrate.plan.phases import backfill, decommission, dual_write, reads, writes
from workbench.migrate.plan.phases.action import Action

ACTIONS: dict[str, Action] = {
    **dual_write.ACTIONS,
    **backfill.ACTIONS,
    **reads.ACTIONS,
    **writes.ACTIONS,
    **decommission.ACTIONS,
}
"""Name of an action, as a plan states it, to what it does."""
