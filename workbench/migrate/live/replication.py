"""How the second database follows the first: so that nothing is lost, or as the documents plan it."""

from __future__ import annotations

import threading
from typing import Protocol

from workbench.access.requests import RequestMaker
from workbench.access.tables import drop_tables
from workbench.access.values import Parameters
from workbench.engines import DynamoEngine, PostgresEngine
from workbench.errors import EngineError
from workbench.migrate.backfill import BackfillResult, Progress, backfill, batch_writer
from workbench.migrate.backfill import silent as silent_progress
from workbench.migrate.ledger import Ledger
from workbench.migrate.live import control
from workbench.migrate.live.answers import Answer, Writer
from workbench.migrate.live.backward import BackApplier
from workbench.migrate.live.chained import AloneWriter, ChainedWriter
from workbench.migrate.live.connections import persistent
from workbench.migrate.live.flags import Flags
from workbench.migrate.live.forward import Applier, CapturingWriter
from workbench.migrate.live.item_side import DynamoRepository
from workbench.migrate.live.placing import GuardedWriter, PassingWriter
from workbench.migrate.live.relational_side import PlainWriter, PostgresRepository
from workbench.migrate.live.side_table import SideTable
from workbench.migrate.live.touched import Touching
from workbench.migrate.rehearsal import ensure_schema
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case


class Replication(Protocol):
    """How the second database follows the first."""

    name: str
    capture: bool

    def install(self) -> None:
        """Makes what replication needs; what is there stays."""

    def uninstall(self) -> None:
        """Removes all that replication made."""

    def writer(self, flags: Flags) -> Writer:
        """Returns what takes writes under some flags."""

    def drain(self) -> int:
        """Brings to DynamoDB what it lacks, and returns the number of items."""

    def drain_back(self) -> int:
        """Brings to PostgreSQL what it lacks, and returns the number of changes."""

    def lag(self) -> int:
        """Returns the number of changes that the second database does not have yet, as far as is known."""

    def backfill(
        self, ledger: Ledger, progress: Progress = silent_progress, *, plain: bool = False
    ) -> BackfillResult:
        """Copies the rows that exist.

        Args:
            ledger: What earlier runs did; empty for the first.
            progress: Called after each chunk.
            plain: Whether items go in plain batches.
        """

    def await_writers(self) -> None:
        """Waits until every write that PostgreSQL began has ended."""

    def behind(self) -> bool:
        """Returns whether a write was acknowledged that DynamoDB is known not to have yet."""

    def give_up(self) -> int:
        """Makes PostgreSQL lead again, and returns the changes that were brought back for it."""

    def close(self) -> None:
        """Closes its connections."""


class Guaranteed:
    """Replication that survives refusals, lost answers, late requests and the end of any process.

    Args:
        case: A case with a mapping.
        postgres: The source.
        engine: The target.
    """

    name = "guaranteed"
    capture = True

    def __init__(self, case: Case, postgres: PostgresEngine, engine: DynamoEngine) -> None:
        self._case, self._postgres, self._engine = case, postgres, engine
        self.side = SideTable(case, engine)
        self._application = PostgresRepository(case, postgres, control.APPLICATION_ROLE)
        self._owner = PostgresRepository(case, postgres)
        self._applier = Applier(case, self._owner.connections, self.side)
        makers = _writing(case)
        touching = {name: Touching(maker) for name, maker in makers.items()}
        self._back = BackApplier(self._owner, self.side, self._applier, touching)
        self._plain = PlainWriter(self._application)
        self._capturing = CapturingWriter(self._application, self._applier, touching, at_once=False)
        self._dual = CapturingWriter(self._application, self._applier, touching, at_once=True)
        self._chained = ChainedWriter(self.side, makers, touching)
        self._alone = AloneWriter(self.side, makers)

    def install(self) -> None:
        """Makes the migration's tables on both sides, and triggers that refuse what it would miss."""
        self.side.create()
        control.install(self._postgres)

    def uninstall(self) -> None:
        """Removes the tables and triggers of the migration."""
        control.uninstall(self._postgres)
        self.side.drop()

    def writer(self, flags: Flags) -> Writer:
        """Returns what takes writes under some flags."""
        if flags.write_mode == "dynamodb":
            return self._chained if flags.reverse_replication else self._alone
        if flags.write_mode == "dual":
            return self._dual
        return self._capturing if flags.capture else self._plain

    @property
    def deferred(self) -> int:
        """Writes whose items DynamoDB did not take at once."""
        return self._dual.deferred

    def drain(self) -> int:
        """Brings to DynamoDB what waits for it, and returns the number of items."""
        return self._applier.drain() if self._installed() else 0

    def drain_back(self) -> int:
        """Makes the pending changes of DynamoDB in PostgreSQL, and returns how many there were."""
        return self._back.drain() if self._installed() else 0

    def lag(self) -> int:
        """Returns the number of changes that one of the databases does not have yet."""
        if not self._installed():
            return 0
        return self._applier.waiting() + len(self._back.pending())

    def _installed(self) -> bool:
        return persistent(lambda: control.is_installed(self._owner.connections.get()))

    def backfill(
        self, ledger: Ledger, progress: Progress = silent_progress, *, plain: bool = False
    ) -> BackfillResult:
        """Copies the rows that exist; an item that is newer, or was deleted since, is left as it is.

        Args:
            ledger: What earlier runs did; empty for the first.
            progress: Called after each chunk.
            plain: Whether items go in plain batches, at a quarter of the write units; right only while dual
                writing pauses, as `load_in_batches` makes it.
        """
        kind = PassingWriter if plain else GuardedWriter

        def writer(case: Case, entity: str, engine: DynamoEngine) -> GuardedWriter:
            return kind(batch_writer(case, entity, engine), self.side)

        return backfill(self._case, self._postgres, self._engine, ledger, progress, writer)

    def give_up(self) -> int:
        """Brings all changes back, so that PostgreSQL can lead again, and returns how many there were.

        What was sent to DynamoDB and has not arrived yet is refused from now on.
        """
        self.side.raise_epoch()
        return self.drain_back()

    def await_writers(self) -> None:
        """Waits until every write that PostgreSQL began has ended, also those whose sender has gone."""
        self._applier.await_writers()

    def behind(self) -> bool:
        """Returns whether a write was acknowledged that DynamoDB does not have yet."""
        return self._applier.behind()

    def close(self) -> None:
        """Closes all connections."""
        self._application.close()
        self._owner.close()


class Documented:
    """Replication as the documents plan it: the application writes twice, and nothing remembers what failed.

    Args:
        case: A case with a mapping.
        postgres: The source.
        engine: The target.
    """

    name = "documented"
    capture = False

    def __init__(self, case: Case, postgres: PostgresEngine, engine: DynamoEngine) -> None:
        self._case, self._postgres, self._engine = case, postgres, engine
        self._application = PostgresRepository(case, postgres, control.APPLICATION_ROLE)
        self._items = DynamoRepository(case, engine)
        self._lock = threading.Lock()
        self.failed = 0

    def install(self) -> None:
        """Makes nothing."""

    def uninstall(self) -> None:
        """Removes nothing."""

    def writer(self, flags: Flags) -> Writer:
        """Returns what takes writes under some flags."""
        if flags.write_mode == "dynamodb":
            return _Direct(self._items)
        return self if flags.write_mode == "dual" else PlainWriter(self._application)

    def write(self, pattern: str, parameters: Parameters, change_id: str) -> Answer:
        """Writes to PostgreSQL and then to DynamoDB, whose failures are counted and forgotten."""
        del change_id
        answer = self._application.call(pattern, parameters)
        if answer.accepted:
            self._shadow(pattern, parameters)
        return answer

    def _shadow(self, pattern: str, parameters: Parameters) -> None:
        try:
            took = self._items.call(pattern, parameters).accepted
        except EngineError:
            took = False
        with self._lock:
            self.failed += not took

    def drain(self) -> int:
        """Brings nothing over, as nothing waits."""
        return 0

    def drain_back(self) -> int:
        """Brings nothing back, as nothing waits."""
        return 0

    def await_writers(self) -> None:
        """Waits for nobody."""

    def behind(self) -> bool:
        """Returns False, as nothing is known of what failed."""
        return False

    def lag(self) -> int:
        """Returns 0, as nothing is known of what failed."""
        return 0

    def backfill(
        self, ledger: Ledger, progress: Progress = silent_progress, *, plain: bool = True
    ) -> BackfillResult:
        """Copies the rows that exist in plain batches, over whatever is there; it knows no other way."""
        del plain
        return backfill(self._case, self._postgres, self._engine, ledger, progress)

    def give_up(self) -> int:
        """Makes the tables anew from PostgreSQL, as it was when it led last, and returns 0."""
        for table in self._case.design.tables:
            self._engine.client.update_table(TableName=table, DeletionProtectionEnabled=False)
        drop_tables(self._case.design, self._engine)
        ensure_schema(self._case, self._engine)
        with Ledger() as ledger:
            backfill(self._case, self._postgres, self._engine, ledger)
        return 0

    def close(self) -> None:
        """Closes all connections."""
        self._application.close()


class _Direct:
    """Writes to DynamoDB alone.

    Args:
        repository: The patterns on DynamoDB.
    """

    def __init__(self, repository: DynamoRepository) -> None:
        self._repository = repository

    def write(self, pattern: str, parameters: Parameters, change_id: str) -> Answer:
        """Makes a change; the id is not looked at, as nothing remembers it."""
        del change_id
        return self._repository.call(pattern, parameters)


STRATEGIES: dict[str, type[Guaranteed | Documented]] = {"guaranteed": Guaranteed, "documented": Documented}
"""Name to how the second database follows."""


def replication(name: str, case: Case, postgres: PostgresEngine, engine: DynamoEngine) -> Replication:
    """Returns a way of replication by its name, `guaranteed` or `documented`."""
    return STRATEGIES[name](case, postgres, engine)


def _writing(case: Case) -> dict[str, RequestMaker]:
    return {
        name: RequestMaker(case.design, name)
        for name, pattern in case.design.patterns.items()
        if pattern.operation not in READ_OPERATIONS
    }
