"""The fifth phase: archives that were read back, and nothing left of the move."""

from __future__ import annotations

from datetime import UTC, datetime

from workbench.engines.postgres_copies import database_of
from workbench.engines.postgres_dump import contents, dump, restored
from workbench.migrate.export_files import check_export, export_tables
from workbench.migrate.live.cutover import finish
from workbench.migrate.plan.phases.action import Action, Measures
from workbench.migrate.plan.stage import Stage
from workbench.spec.migration import Step

ARCHIVE = "postgres.dump"
EXPORT = "export"

LEFT_OVER = """
SELECT (SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = 'migration')
     + (SELECT count(*) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
        JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname = 'migration')
"""


def _archive(stage: Stage, step: Step) -> Measures:
    """Lets PostgreSQL have every change, then writes both archives."""
    del step
    stage.catch_up()
    dump(stage.postgres, stage.folder / ARCHIVE)
    export_tables(stage.case.design, stage.engine, stage.folder / EXPORT, datetime.now(UTC))
    return {"pending": stage.pending()}


def make_drawable(stage: Stage) -> None:
    """Lets PostgreSQL, while it follows, have what waits: no write is drawn from rows that lack changes.

    The archive and the changes that wait must hold everything together, so an archive is then made anew.
    Until it is, the former one has another name, by which a process that comes after a kill knows of it.
    """
    archive = stage.folder / ARCHIVE
    former = archive.with_suffix(".former")
    if not stage.flags.read().reverse_replication or not (former.exists() or stage.pending()):
        return
    if archive.exists():
        archive.replace(former)
    stage.catch_up()
    if former.exists():
        dump(stage.postgres, archive)
        former.unlink()


def _test_restore(stage: Stage, step: Step) -> Measures:
    """Reads the archive back into a database of its own and compares every table, then the export's items."""
    del step
    kept = contents(stage.postgres)
    with restored(stage.postgres, stage.folder / ARCHIVE, f"{database_of(stage.postgres)}_restored") as copy:
        found = contents(copy)
    items = check_export(stage.case.design, stage.engine, stage.folder / EXPORT)
    equal = sum(rows for name, (rows, digest) in found.items() if kept.get(name) == (rows, digest))
    return {
        "archived_rows": sum(rows for rows, _ in kept.values()),
        "restored_rows": equal,
        "archived_items": items.items + items.missing,
        "restored_items": items.equal,
    }


def _remove(stage: Stage, step: Step) -> Measures:
    """Removes what the move made, and counts what is still there."""
    del step
    stage.catch_up()
    faults = stage.faults()
    finish(stage.flags, stage.replication)
    return {**faults, "left_over": _left_over(stage)}


def _left_over(stage: Stage) -> int:
    """Returns how many triggers and tables exist that neither the source nor the design has."""
    with stage.postgres.connect() as connection:
        (made,) = connection.execute(LEFT_OVER).fetchall()[0]
    tables = stage.engine.client.list_tables()["TableNames"]
    return int(made) + len(set(tables) - set(stage.case.design.tables))


ACTIONS = {
    "archive": Action(_archive),
    "test_restore": Action(_test_restore),
    "remove_replication": Action(_remove),
}
