"""Which requests go wrong, and how: data that a seed draws and a file can keep."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

DYNAMODB = "dynamodb"
POSTGRES = "postgres"
ANY = "*"
"""Stands for every operation; its ordinals count all requests of a target."""


class FaultKind(StrEnum):
    """What happens to a request.

    Whether the request takes effect is part of the kind, because that is what a client cannot see.
    """

    THROTTLED = "throttled"
    """Refused for want of capacity; no effect."""
    UNPROCESSED = "unprocessed"
    """Half of a batch takes effect, the rest comes back as unprocessed."""
    CONFLICT = "conflict"
    """Refused because of a concurrent transaction; no effect."""
    SERVER_ERROR = "server-error"
    """Answered 500 without effect."""
    SERVER_ERROR_AFTER = "server-error-after"
    """Takes effect and is answered 500."""
    TIMEOUT = "timeout"
    """Never arrives; the client waits in vain."""
    LATE = "late"
    """The client gives up waiting; the request takes effect some requests later, a commit a moment later."""
    RESET = "reset"
    """The connection is cut before the request arrives."""
    RESPONSE_LOST = "response-lost"
    """Takes effect; the connection is cut before the answer arrives."""
    DUPLICATE = "duplicate"
    """Arrives twice; the second answer is the one that is seen."""
    SLOW = "slow"
    """Takes effect and is answered after a pause."""
    DISK_FULL = "disk-full"
    """Refused because the disk is full; no effect."""
    ENGINE_KILLED = "engine-killed"
    """The engine is killed and comes back before the request is sent."""
    PROCESS_KILLED = "process-killed"
    """This process is killed before the request is sent."""
    PROCESS_KILLED_AFTER = "process-killed-after"
    """This process is killed when the request has taken effect."""


BATCHES = frozenset({"BatchWriteItem", "BatchGetItem"})
SINGLE_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
TRANSACTED = frozenset({"TransactWriteItems"})
DYNAMODB_READS = frozenset({"GetItem", "Query", "Scan", "BatchGetItem"})
DYNAMODB_WRITES = SINGLE_WRITES | TRANSACTED | {"BatchWriteItem"}
POSTGRES_WRITES = frozenset({"INSERT", "UPDATE", "DELETE"})
POSTGRES_OPERATIONS = POSTGRES_WRITES | {"SELECT", "COMMIT"}

KINDS: Mapping[tuple[str, FaultKind], frozenset[str]] = MappingProxyType(
    {
        (DYNAMODB, FaultKind.THROTTLED): DYNAMODB_WRITES | DYNAMODB_READS,
        (DYNAMODB, FaultKind.UNPROCESSED): BATCHES,
        (DYNAMODB, FaultKind.CONFLICT): SINGLE_WRITES | TRANSACTED,
        (DYNAMODB, FaultKind.SERVER_ERROR): DYNAMODB_WRITES | DYNAMODB_READS,
        (DYNAMODB, FaultKind.SERVER_ERROR_AFTER): DYNAMODB_WRITES,
        (DYNAMODB, FaultKind.TIMEOUT): DYNAMODB_WRITES | DYNAMODB_READS,
        (DYNAMODB, FaultKind.LATE): DYNAMODB_WRITES,
        (DYNAMODB, FaultKind.RESET): DYNAMODB_WRITES | DYNAMODB_READS,
        (DYNAMODB, FaultKind.RESPONSE_LOST): DYNAMODB_WRITES | DYNAMODB_READS,
        (DYNAMODB, FaultKind.DUPLICATE): DYNAMODB_WRITES,
        (DYNAMODB, FaultKind.SLOW): DYNAMODB_WRITES | DYNAMODB_READS,
        (POSTGRES, FaultKind.CONFLICT): POSTGRES_WRITES,
        (POSTGRES, FaultKind.LATE): frozenset({"COMMIT"}),
        (POSTGRES, FaultKind.RESET): POSTGRES_OPERATIONS,
        (POSTGRES, FaultKind.RESPONSE_LOST): POSTGRES_WRITES | {"COMMIT"},
        (POSTGRES, FaultKind.DISK_FULL): POSTGRES_WRITES,
        (POSTGRES, FaultKind.SLOW): POSTGRES_OPERATIONS,
    }
)
"""Target and kind to the operations that a drawn schedule breaks in this way."""

LATEST_ARRIVAL = 30
"""Requests that pass at most before a late one takes effect."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One request that goes wrong.

    Args:
        target: `dynamodb` or `postgres`.
        operation: Operation of DynamoDB, first word of a statement, or `*` for any.
        ordinal: Which request of this operation, from 1.
        kind: What happens to it.
        requests: For a late request, how many others of the target pass before it takes effect.
    """

    target: str
    operation: str
    ordinal: int
    kind: FaultKind
    requests: int = 1


@dataclass(frozen=True, slots=True)
class FaultSchedule:
    """The faults of one run.

    Args:
        faults: What goes wrong; of several at the same request the first counts.
        seed: What they were drawn from; None for a schedule that was written.
    """

    faults: tuple[Fault, ...] = ()
    seed: int | None = None

    @classmethod
    def drawn(
        cls,
        seed: int,
        count: int,
        within: int = 100,
        kinds: Mapping[tuple[str, FaultKind], frozenset[str]] = KINDS,
    ) -> FaultSchedule:
        """Returns a schedule, always the same for the same arguments.

        Args:
            seed: Chooses the schedule.
            count: Faults [faults].
            within: Ordinals are drawn up to this, small ones more often, because operations differ in how
                often they are asked for.
            kinds: Target and kind to the operations that may go wrong in this way.
        """
        draws = random.Random(seed)  # noqa: S311 - chooses tests, protects nothing
        allowed = [(target, kind, sorted(names)) for (target, kind), names in kinds.items()]
        return cls(tuple(sorted(_drawn(draws, within, allowed) for _ in range(count))), seed)

    def record(self) -> dict[str, Any]:
        """Returns the schedule as JSON can hold it."""
        return {"seed": self.seed, "faults": [asdict(fault) for fault in self.faults]}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> FaultSchedule:
        """Returns the schedule of a record."""
        faults = (Fault(**{**fault, "kind": FaultKind(fault["kind"])}) for fault in record["faults"])
        return cls(tuple(faults), record["seed"])


def _drawn(
    draws: random.Random, within: int, allowed: Sequence[tuple[str, FaultKind, Sequence[str]]]
) -> Fault:
    target, kind, operations = draws.choice(allowed)
    ordinal = 1 + int(draws.random() ** 2 * within)
    return Fault(target, draws.choice(operations), ordinal, kind, draws.randint(1, LATEST_ARRIVAL))
