"""The fault layer between a block of code and its engines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.engines.base import DynamoEngine
from workbench.engines.faults.botocore_faults import Wire
from workbench.engines.faults.injector import SLOW_SECONDS, Event, Injector, Restart
from workbench.engines.faults.psycopg_faults import faulty_class
from workbench.engines.faults.schedule import FaultSchedule
from workbench.engines.postgres import PostgresEngine


@dataclass(frozen=True, slots=True)
class Faults:
    """Engines that go wrong as one schedule says, while the block of `faults` lasts.

    Args:
        injector: Counts the requests of all engines.
        wire: Listens to the requests of DynamoDB clients.
        opened: Closes what was made.
    """

    injector: Injector
    wire: Wire
    opened: contextlib.ExitStack

    def dynamodb(self, engine: DynamoEngine) -> DynamoEngine:
        """Returns an engine whose clients meet the faults; the engine given stays whole."""

        def connect(database: str) -> Any:
            client = self.wire.attach(engine.connect(database))
            self.opened.callback(client.close)
            return client

        return replace(engine, client=connect(engine.database), connect=connect)

    def postgres(self, engine: PostgresEngine) -> PostgresEngine:
        """Returns an engine whose connections meet the faults; the engine given stays whole."""
        return replace(engine, connection_class=faulty_class(self.injector))

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened so far, in order."""
        return tuple(self.injector.events)

    def settle(self) -> None:
        """Lets every late request take effect now."""
        self.injector.settle()


@contextlib.contextmanager
def faults(
    schedule: FaultSchedule,
    restarts: Mapping[str, Restart] | None = None,
    slow_seconds: float = SLOW_SECONDS,
) -> Iterator[Faults]:
    """Opens the fault layer for a block of code; at its end late requests take effect.

    Args:
        schedule: Which requests go wrong, and how.
        restarts: `dynamodb` or `postgres` to what kills that engine and brings it back.
        slow_seconds: How long a slow answer takes longer [s].
    """
    injector = Injector(schedule, dict(restarts or {}), slow_seconds)
    with contextlib.ExitStack() as stack:
        wire = Wire(injector)
        stack.callback(wire.close)
        stack.callback(injector.settle)
        yield Faults(injector, wire, stack)
