"""The steps that change who leads; each can be cut off anywhere and taken again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

from workbench.engines import PostgresEngine
from workbench.errors import EngineError, WorkbenchError
from workbench.migrate.backfill import BackfillResult
from workbench.migrate.ledger import Ledger
from workbench.migrate.live.answers import NotAllowedError
from workbench.migrate.live.connections import Connections, persistent
from workbench.migrate.live.control import APPLICATION_ROLE, make_read_only, make_writable
from workbench.migrate.live.flags import FlagStore
from workbench.migrate.live.forward import CAPTURED
from workbench.migrate.live.relational_side import explained_failure
from workbench.migrate.live.replication import Replication

PROBE = """
SELECT format('UPDATE %I.%I SET %I = %I WHERE false', schemaname, tablename, attname, attname)
FROM pg_tables JOIN pg_attribute ON attrelid = format('%I.%I', schemaname, tablename)::regclass
WHERE schemaname = 'public' AND attnum = 1 ORDER BY tablename
"""


@dataclass(frozen=True, slots=True)
class CutOver:
    """How DynamoDB came to lead.

    Args:
        drained: Items that were brought over last.
        refusals: Table of the source to what PostgreSQL says to a write of the application.
        seconds: How long writes had to wait [s].
    """

    drained: int
    refusals: Mapping[str, str]
    seconds: float


def begin_dual_write(flags: FlagStore, replication: Replication) -> None:
    """Makes every write go to both databases, PostgreSQL first."""
    with flags.changing() as change:
        replication.install()
        change(write_mode="dual", capture=replication.capture)


def pause_dual_write(flags: FlagStore) -> None:
    """Makes writes go to PostgreSQL only, which keeps what changes until DynamoDB is given it."""
    flags.change(write_mode="postgres")


def begin_capture(flags: FlagStore, replication: Replication) -> None:
    """Makes PostgreSQL keep what changes for DynamoDB, which is given it when dual writing begins.

    What is loaded meanwhile, by import into new tables or in plain batches, is older than what was kept.
    """
    with flags.changing() as change:
        replication.install()
        change(write_mode="postgres", capture=replication.capture)


def load_in_batches(flags: FlagStore, replication: Replication, ledger: Ledger) -> BackfillResult:
    """Copies the rows that exist in plain batches, lets dual writing go on, and returns what was copied.

    Nothing else brings items over meanwhile, so that no batch meets a newer item.
    """
    begin_capture(flags, replication)
    result = replication.backfill(ledger, plain=True)
    begin_dual_write(flags, replication)
    replication.drain()
    return result


def end_dual_write(flags: FlagStore, replication: Replication) -> None:
    """Makes every write go to PostgreSQL only, as before the migration; DynamoDB answers no read."""
    with flags.changing() as change:
        change(write_mode="postgres", capture=False, read_percent=0, shadow_read_percent=0)
        replication.uninstall()


def cut_over(flags: FlagStore, replication: Replication, postgres: PostgresEngine) -> CutOver:
    """Makes DynamoDB lead: PostgreSQL refuses the application's writes, what waits is brought over.

    When a step fails, PostgreSQL takes writes again and leads on.

    Raises:
        EngineError: PostgreSQL still takes a write, or DynamoDB does not take what waits.
    """
    replication.drain()
    start = perf_counter()
    with flags.changing() as change:
        try:
            make_read_only(postgres)
            replication.await_writers()
            drained = replication.drain()
            refusals = _proven_refusals(postgres)
        except WorkbenchError:
            make_writable(postgres)
            raise
        change(write_mode="dynamodb", reverse_replication=replication.capture)
    return CutOver(drained, refusals, perf_counter() - start)


def _proven_refusals(postgres: PostgresEngine) -> dict[str, str]:
    refusals = probe_writes(postgres)
    open_tables = [table for table, refusal in refusals.items() if not refusal]
    if open_tables:
        raise EngineError(
            f"{', '.join(open_tables)}: the application can still write them. Revoke its rights."
        )
    return refusals


def go_back(flags: FlagStore, replication: Replication, postgres: PostgresEngine) -> int:
    """Makes PostgreSQL lead again and returns the changes that were brought back for it."""
    with flags.changing() as change:
        brought = replication.give_up()
        make_writable(postgres)
        change(write_mode="dual", reverse_replication=False, capture=replication.capture)
    return brought


def finish(flags: FlagStore, replication: Replication) -> None:
    """Ends replication for good: DynamoDB leads alone, and nothing of the migration is left."""
    with flags.changing() as change:
        change(capture=False, reverse_replication=False, shadow_read_percent=0)
        replication.uninstall()


def probe_writes(postgres: PostgresEngine) -> dict[str, str]:
    """Returns what PostgreSQL says to a write of the application by table; empty where it allows one."""
    connections = Connections(postgres, APPLICATION_ROLE)
    try:
        return persistent(lambda: _refusals(connections))
    finally:
        connections.close()


def _refusals(connections: Connections) -> dict[str, str]:
    with connections.transaction() as connection:
        rows = connection.execute(PROBE).fetchall()
    return {sql.split()[1]: _refusal(connections, sql) for (sql,) in rows}


def _refusal(connections: Connections, statement: str) -> str:
    try:
        with explained_failure("probe"), connections.transaction() as connection:
            connection.execute(CAPTURED, ("probe",))
            connection.execute(statement)
    except NotAllowedError as error:
        return str(error)
    return ""
