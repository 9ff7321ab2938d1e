"""A trial in which requests are throttled, lost, late and doubled, and the engine is killed: all in one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from types import MappingProxyType
from typing import Any

from workbench.access.tables import apply_schema
from workbench.engines.faults import Fault, FaultKind, FaultSchedule, faults
from workbench.engines.faults.outages import durable_dynamodb
from workbench.engines.faults.schedule import DYNAMODB, LATEST_ARRIVAL
from workbench.orders.conditional import ConditionalOrders
from workbench.orders.table import OrderTable
from workbench.orders.transactional import TransactionalOrders
from workbench.orders.trial import Strategy, Trial, TrialResult
from workbench.spec.case import Case

CLIENTS = 8
SHARE = 0.1
"""Requests that go wrong."""

READ_KINDS = (
    FaultKind.THROTTLED,
    FaultKind.SERVER_ERROR,
    FaultKind.TIMEOUT,
    FaultKind.RESET,
    FaultKind.RESPONSE_LOST,
)
WRITE_KINDS = (
    *READ_KINDS,
    FaultKind.SERVER_ERROR_AFTER,
    FaultKind.LATE,
    FaultKind.DUPLICATE,
    FaultKind.CONFLICT,
)
ANSWER_LOST = (FaultKind.RESPONSE_LOST, FaultKind.LATE, FaultKind.SERVER_ERROR_AFTER)
"""Faults after which a write takes effect that its client got no answer to."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to carry out orders, and what it asks of DynamoDB.

    Args:
        make: Returns it on a table.
        killing: Requests of this operation find the engine killed.
        requests: Operation to requests for one instruction, at least as many as there are [requests].
    """

    make: Callable[[OrderTable], Strategy]
    killing: str
    requests: Mapping[str, float]


WAYS = (
    Way(TransactionalOrders, "TransactWriteItems", {"TransactWriteItems": 2, "PutItem": 1, "GetItem": 2}),
    Way(ConditionalOrders, "UpdateItem", {"UpdateItem": 8, "PutItem": 4, "GetItem": 14}),
)

NAMED: Mapping[str, tuple[FaultKind, ...]] = MappingProxyType(
    {
        "throttled": (FaultKind.THROTTLED,),
        "answer lost, write done": ANSWER_LOST,
        "never arrived": (FaultKind.TIMEOUT, FaultKind.RESET),
        "server error, nothing done": (FaultKind.SERVER_ERROR,),
        "conflict of transactions": (FaultKind.CONFLICT,),
        "arrived twice": (FaultKind.DUPLICATE,),
        "engine killed and restarted": (FaultKind.ENGINE_KILLED,),
    }
)
"""Faults in the words of reports."""


@dataclass(frozen=True, slots=True)
class FaultedTrial:
    """A trial and what went wrong in it.

    Args:
        result: What became of the instructions.
        faults: How often each kind of fault happened.
    """

    result: TrialResult
    faults: Counter[FaultKind]

    @property
    def named(self) -> dict[str, int]:
        """How often each of `NAMED` happened."""
        return {name: sum(self.faults[kind] for kind in kinds) for name, kinds in NAMED.items()}


def faulted_trial(  # noqa: PLR0913 - each is a choice of its own
    case: Case,
    way: Way,
    folder: Path,
    instructions: int,
    *,
    restarts: int = 2,
    seed: int = 1,
) -> FaultedTrial:
    """Returns what became of instructions of 8 clients while every tenth request went wrong.

    The driver's own repeats are off, so that every fault reaches what carries out orders.

    Args:
        case: The order processor.
        way: How orders are carried out.
        folder: For the engine's data, which outlive it.
        instructions: What all clients ask for together.
        restarts: Times that the engine is killed.
        seed: Chooses what is asked for and what goes wrong.
    """
    schedule = FaultSchedule((*_kills(way, instructions, restarts), *_drawn(way, instructions, seed)), seed)
    with durable_dynamodb(folder) as durable:
        apply_schema(case.design, durable.engine)
        with faults(schedule, {DYNAMODB: durable.restart}) as broken:
            engine = broken.dynamodb(durable.engine)
            _without_own_repeats(engine.client)
            strategy = way.make(OrderTable(case, engine))
            transfers = strategy if isinstance(strategy, TransactionalOrders) else None
            trial = Trial(strategy, transfers, durable.engine.client, seed=seed, settle=broken.settle)
            result = trial.run(instructions, CLIENTS)
            happened = Counter(FaultKind(one.kind) for one in broken.events if one.kind != "landed")
        return FaultedTrial(result, happened)


def _kills(way: Way, instructions: int, restarts: int) -> Iterator[Fault]:
    for number in range(1, restarts + 1):
        ordinal = number * instructions // (restarts + 1)
        yield Fault(DYNAMODB, way.killing, max(ordinal, 1), FaultKind.ENGINE_KILLED)


def _drawn(way: Way, instructions: int, seed: int) -> Iterator[Fault]:
    draws = random.Random(seed)  # noqa: S311  chooses tests, protects nothing
    for operation, requests in way.requests.items():
        allowed = READ_KINDS if operation == "GetItem" else WRITE_KINDS
        kinds = cycle(draws.sample(allowed, len(allowed)))
        for ordinal in range(1, int(instructions * requests)):
            if draws.random() < SHARE:
                passing = draws.randint(1, LATEST_ARRIVAL)
                yield Fault(DYNAMODB, operation, ordinal, next(kinds), passing)


def _without_own_repeats(client: Any) -> None:
    """Lets the driver repeat nothing by itself."""
    client.meta.events.unregister("needs-retry.dynamodb", unique_id="retry-config-dynamodb")
