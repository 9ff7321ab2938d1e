"""Clients trade at once while requests go wrong: every invariant holds, and none without its condition."""

import os
from dataclasses import replace
from threading import Lock

import pytest

from workbench.access.tables import apply_schema
from workbench.engines.faults import FaultKind, FaultSchedule, faults
from workbench.engines.faults.outages import durable_dynamodb
from workbench.engines.faults.schedule import DYNAMODB, Fault
from workbench.orders.audit import TRUE
from workbench.orders.conditional import ConditionalOrders
from workbench.orders.table import OrderTable
from workbench.orders.transactional import TransactionalOrders
from workbench.orders.trial import Trial

INSTRUCTIONS = int(os.environ.get("WORKBENCH_SOAK_ORDERS", "800"))
CLIENTS = 8
REQUESTS = frozenset({"TransactWriteItems", "GetItem", "PutItem", "UpdateItem"})
KINDS = {
    (DYNAMODB, kind): REQUESTS if kind is not FaultKind.LATE else REQUESTS - {"GetItem"}
    for kind in (
        FaultKind.THROTTLED,
        FaultKind.SERVER_ERROR,
        FaultKind.SERVER_ERROR_AFTER,
        FaultKind.TIMEOUT,
        FaultKind.LATE,
        FaultKind.RESET,
        FaultKind.RESPONSE_LOST,
        FaultKind.DUPLICATE,
    )
} | {(DYNAMODB, FaultKind.CONFLICT): frozenset({"TransactWriteItems"})}


def trial(case, engine, client, kind, seed, **options):
    """A trial of one way to carry out orders."""
    strategy = kind(OrderTable(case, engine))
    transfers = strategy if kind is TransactionalOrders else None
    return Trial(strategy, transfers, client, seed=seed, **options)


def schedule(seed, instructions):
    """One request in ten goes wrong."""
    return FaultSchedule.drawn(seed, instructions // 5, instructions, KINDS)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", [TransactionalOrders, ConditionalOrders])
def test_every_invariant_holds_while_requests_go_wrong(case, engine, kind):
    """Throttled, lost, late and doubled requests: no breach, and every client gets its answer."""
    instructions = INSTRUCTIONS if kind is TransactionalOrders else INSTRUCTIONS // 4
    with faults(schedule(5, instructions)) as broken:
        one = trial(case, broken.dynamodb(engine), engine.client, kind, 5, settle=broken.settle)
        result = one.run(instructions, CLIENTS)
        happened = {event.kind for event in broken.events}
    assert result.breaches == ()
    assert result.outcomes["unknown"] == 0
    assert result.outcomes["done"] > instructions / 2
    assert result.outcomes["refused"] > 0
    assert {FaultKind.LATE, FaultKind.RESPONSE_LOST, FaultKind.DUPLICATE} <= happened


@pytest.mark.timeout(1800)
def test_every_invariant_holds_while_the_engine_is_killed(case, tmp_path):
    """The engine is killed twice and comes back with its data: cash and assets agree, nothing happens twice.

    DynamoDB Local itself loses the last transaction that it acknowledged before it was killed, as a whole.
    """
    instructions = min(INSTRUCTIONS, 2000) // 6
    kills = tuple(
        Fault(DYNAMODB, "TransactWriteItems", ordinal, FaultKind.ENGINE_KILLED)
        for ordinal in (instructions // 4, instructions // 2)
    )
    with durable_dynamodb(tmp_path) as durable:
        apply_schema(case.design, durable.engine)
        one_at_a_time = Lock()

        def restart():
            with one_at_a_time:
                durable.restart()

        with faults(FaultSchedule(kills), {"dynamodb": restart}) as broken:
            one = trial(case, broken.dynamodb(durable.engine), durable.engine.client, TransactionalOrders, 6)
            result = one.run(instructions, CLIENTS)
        assert [event.kind for event in broken.events].count(FaultKind.ENGINE_KILLED) == 2
    lost = [breach for breach in result.breaches if breach.invariant == TRUE]
    assert result.breaches == tuple(lost)
    assert len(lost) <= len(kills)
    assert all("reported as done and is not done" in breach.detail for breach in lost)
    assert result.outcomes["unknown"] == 0


def without_condition(case, pattern, member):
    """The case without the condition of one member of a transaction."""
    stated = case.design.patterns[pattern]
    bare = stated.members[member].model_copy(update={"condition": ()})
    members = (*stated.members[:member], bare, *stated.members[member + 1 :])
    patterns = {**case.design.patterns, pattern: stated.model_copy(update={"members": members})}
    return replace(case, design=case.design.model_copy(update={"patterns": patterns}))


NEEDED = {
    ("execute_buy", 0): "no cash and no holding below zero",
    ("execute_buy", 2): "every order and transfer once",
    ("execute_sell", 0): "no cash and no holding below zero",
    ("execute_sell", 1): "nothing that nobody asked for",
    ("execute_sell", 2): "every order and transfer once",
    ("deposit", 0): "cash is what was there and what the ledger moved",
    ("deposit", 1): "nothing that nobody asked for",
    ("withdraw", 0): "cash is what was there and what the ledger moved",
    ("withdraw", 1): "no cash and no holding below zero",
}
"""Condition to an invariant that breaks without it."""

SPARE = {("execute_buy", 3), ("execute_sell", 3)}
"""A ledger entry has its order's id: where the order is refused as known, it is never reached."""


def test_every_condition_of_the_transactions_is_tried(case):
    """No condition is left out of the mutations below."""
    stated = {
        (name, number)
        for name in ("execute_buy", "execute_sell", "deposit", "withdraw")
        for number, member in enumerate(case.design.patterns[name].members)
        if member.condition
    }
    assert stated == NEEDED.keys() | SPARE


@pytest.mark.parametrize(("pattern", "member"), NEEDED)
def test_an_invariant_breaks_without_its_condition(case, engine, pattern, member):
    """The same clients without one condition: the audit names a breach of the invariant that it guards."""
    result = trial(
        without_condition(case, pattern, member), engine, engine.client, TransactionalOrders, 5
    ).run(240, 4)
    assert NEEDED[pattern, member] in {breach.invariant for breach in result.breaches}
