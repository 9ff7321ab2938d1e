"""Clients trade at once while requests go wrong: every invariant holds, and none without its condition."""

import os
from dataclasses import replace

import pytest

from workbench.engines.faults.schedule import FaultKind
from workbench.orders.audit import TRUE
from workbench.orders.conditional import VERSION, ConditionalOrders
from workbench.orders.faulted import WAYS, faulted_trial
from workbench.orders.guards import CONDITIONAL_GUARDS
from workbench.orders.table import OrderTable
from workbench.orders.transactional import TransactionalOrders
from workbench.orders.trial import Trial

SOAK = int(os.environ.get("WORKBENCH_SOAK_ORDERS", "0"))
FEW = {TransactionalOrders: 240, ConditionalOrders: 80}


@pytest.mark.timeout(14400)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.make.__name__)
def test_every_invariant_holds_while_requests_go_wrong(case, tmp_path, way, record_property):
    """Throttled, lost, late and doubled requests and a killed engine: no breach, every client is answered.

    DynamoDB Local itself loses the last transaction that it acknowledged before it was killed, as a whole.
    """
    instructions, restarts = (SOAK, 3) if SOAK else (FEW[way.make], 1)
    found = faulted_trial(case, way, tmp_path, instructions, restarts=restarts, seed=5)
    record_property("faults", found.named)
    result = found.result
    assert (result.instructions, result.outcomes["unknown"], result.left_open) == (instructions, 0, 0)
    assert result.outcomes["done"] > instructions / 2
    assert result.outcomes["refused"] > 0
    assert all(found.named.values()), found.named
    assert found.faults[FaultKind.ENGINE_KILLED] == restarts
    assert result.resent > 0
    lost = [breach for breach in result.breaches if breach.invariant == TRUE]
    assert result.breaches == tuple(lost)
    assert len(lost) <= (restarts if way.make is TransactionalOrders else 0)
    assert all("reported as done and is not done" in breach.detail for breach in lost)


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
    strategy = TransactionalOrders(OrderTable(without_condition(case, pattern, member), engine))
    result = Trial(strategy, strategy, engine.client, seed=5).run(240, 4)
    assert NEEDED[pattern, member] in {breach.invariant for breach in result.breaches}


class Bare(OrderTable):
    """A table one of whose conditions always holds."""

    left_out = ""

    def _written(self, operation, arguments):
        if guarded(operation, arguments) == self.left_out:
            stated = arguments["ConditionExpression"]
            always = f"({stated}) OR attribute_exists(PK) OR attribute_not_exists(PK)"
            arguments = {**arguments, "ConditionExpression": always}
        return super()._written(operation, arguments)


def guarded(operation, arguments):
    """What a conditional write's condition guards."""
    if operation == "PutItem":
        return "order" if arguments["Item"]["SK"]["S"] == "ORDER" else "ledger"
    return "version" if VERSION in arguments["ExpressionAttributeNames"].values() else "status"


@pytest.mark.parametrize("write", [one.write for one in CONDITIONAL_GUARDS if one.invariant])
def test_an_invariant_breaks_without_a_conditional_writes_condition(case, engine, write):
    """The same clients without the condition of one kind of write: the audit names what it guards."""
    table = Bare(case, engine)
    table.left_out = write
    result = Trial(ConditionalOrders(table), None, engine.client, users=2, seed=5).run(80, 8)
    (guard,) = [one for one in CONDITIONAL_GUARDS if one.write == write]
    assert guard.invariant in {breach.invariant for breach in result.breaches}


class Noting(OrderTable):
    """A table that notes what its conditional writes guard."""

    def __init__(self, case, engine):
        super().__init__(case, engine)
        self.seen = set()

    def _written(self, operation, arguments):
        assert arguments["ConditionExpression"]
        self.seen.add(guarded(operation, arguments))
        return super()._written(operation, arguments)


def test_every_condition_of_the_conditional_writes_has_its_reason(case, engine):
    """Orders that are done and refused make every kind of write: each is conditional and in the table."""
    table = Noting(case, engine)
    result = Trial(ConditionalOrders(table), None, engine.client, seed=5).run(20, 1)
    assert result.outcomes.keys() == {"done", "refused"}
    assert table.seen == {one.write for one in CONDITIONAL_GUARDS}


@pytest.mark.parametrize(("pattern", "member"), sorted(SPARE))
def test_nothing_breaks_without_a_spare_condition(case, engine, pattern, member):
    """The same clients without a condition that another stands before: no breach."""
    strategy = TransactionalOrders(OrderTable(without_condition(case, pattern, member), engine))
    assert Trial(strategy, strategy, engine.client, seed=5).run(60, 4).breaches == ()


@pytest.mark.parametrize("write", [one.write for one in CONDITIONAL_GUARDS if not one.invariant])
def test_nothing_breaks_without_a_spare_condition_of_a_conditional_write(case, engine, write):
    """The same of conditional writes: orders that are sent again and clients that meet, and no breach."""
    table = Bare(case, engine)
    table.left_out = write
    result = Trial(ConditionalOrders(table), None, engine.client, users=2, seed=5).run(40, 8)
    assert result.breaches == ()
