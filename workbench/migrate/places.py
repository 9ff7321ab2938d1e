"""Where a move happens: the engines that a command names, or its own, and the ledger between them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.access.reach import Target, running_engine
from workbench.engines import DynamoEngine, PostgresEngine, open_dynamodb, open_postgres

LEDGER = "ledger.sqlite"


@dataclass(frozen=True, slots=True)
class Places:
    """The engines and the ledger of a move.

    Args:
        target: The DynamoDB engine; used as it runs when its endpoint is named or it is AWS.
        postgres_url: The source; None for an embedded server.
        state: Folder that keeps the data of embedded engines and the ledger; None keeps nothing.
        ledger: File of the ledger; None for the one in the folder.
    """

    target: Target
    postgres_url: str | None = None
    state: Path | None = None
    ledger: Path | None = None

    @property
    def ledger_path(self) -> Path | None:
        """File of the ledger; None to keep it in memory."""
        return self.ledger or (self.state / LEDGER if self.state else None)

    @contextlib.contextmanager
    def open(self) -> Iterator[tuple[PostgresEngine, DynamoEngine]]:
        """Opens both engines for a block of code.

        Raises:
            InputError: moto is to keep its data, which it cannot.
            EngineError: An engine did not start or answer.
        """
        with self.open_source() as postgres, self._open_target() as engine:
            yield postgres, engine

    @contextlib.contextmanager
    def open_source(self) -> Iterator[PostgresEngine]:
        """Opens the source alone."""
        folder = self.state / "postgres" if self.state and not self.postgres_url else None
        with open_postgres(self.postgres_url, data_directory=folder) as postgres:
            yield postgres

    def _open_target(self) -> contextlib.AbstractContextManager[DynamoEngine]:
        target = self.target
        if target.endpoint_url or target.name == "aws":
            return running_engine(target)
        folder = self.state / target.name if self.state else None
        return open_dynamodb(target.name, region=target.region, data_directory=folder, long_run=True)
