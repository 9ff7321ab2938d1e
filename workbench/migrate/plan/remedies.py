"""What documents tell to do when a phase goes wrong, done to the letter."""

from __future__ import annotations

from collections.abc import Callable

from workbench.access.tables import drop_tables, lift_protection
from workbench.migrate.live.cutover import end_dual_write, go_back
from workbench.migrate.plan.stage import BACKFILL, Stage
from workbench.spec.migration import Remedy


def _stop_dual_write(stage: Stage) -> None:
    """Leaves PostgreSQL alone with the writes and reads."""
    end_dual_write(stage.flags, stage.replication)


def _empty_tables(stage: Stage) -> None:
    """Deletes what DynamoDB has; PostgreSQL goes on alone."""
    _stop_dual_write(stage)
    lift_protection(stage.case.design, stage.engine)
    drop_tables(stage.case.design, stage.engine)
    (stage.folder / BACKFILL).unlink(missing_ok=True)


def _read_source(stage: Stage) -> None:
    """Takes the reads back by the flag; both sides are still written."""
    stage.flags.change(read_percent=0, shadow_read_percent=0)


def _restore_source(stage: Stage) -> None:
    """Lets PostgreSQL, as it was at the cutover, take reads and writes again, and fills DynamoDB from it."""
    go_back(stage.flags, stage.replication, stage.postgres)
    stage.flags.change(read_percent=0, shadow_read_percent=0)


def _keep(stage: Stage) -> None:
    """Leaves both sides as they are: what the archive holds is what there is."""
    del stage


REMEDIES: dict[Remedy, Callable[[Stage], None]] = {
    "stop_dual_write": _stop_dual_write,
    "empty_tables": _empty_tables,
    "read_source": _read_source,
    "restore_source": _restore_source,
    "read_archive": _keep,
}
"""Name of a remedy, as a plan states it, to what it does."""
