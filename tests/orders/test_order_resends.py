"""Orders that are sent again, late, at another price, or under an id of another: each is done once."""

import json
from datetime import timedelta
from decimal import Decimal, localcontext

import pytest
from botocore.exceptions import ReadTimeoutError

from workbench.access.execution import RequestRefusedError
from workbench.errors import InputError
from workbench.orders import attempts
from workbench.orders.attempts import OutcomeUnknownError
from workbench.orders.audit import Told, audit, scan
from workbench.orders.conditional import ConditionalOrders
from workbench.orders.instructions import IdTakenError, Order, Outcome, Side, Transfer
from workbench.orders.table import TABLE, OrderTable, balance_key, holding_key
from workbench.orders.transactional import TransactionalOrders
from workbench.orders.trial import START, Trial
from workbench.orders.watching import StoppedError, WatchedClient

WAYS = (TransactionalOrders, ConditionalOrders)
WRITES = {TransactionalOrders: (0,), ConditionalOrders: range(7)}


class Named:
    """What a table needs of an engine."""

    def __init__(self, client):
        self.client = client


class Interrupted(OrderTable):
    """A table in which something else happens once, just before a write."""

    def before_update(self):
        """What happens."""

    def update(self, key, **arguments):
        """Writes after the interruption."""
        happens, self.before_update = self.before_update, lambda: None
        happens()
        return super().update(key, **arguments)


@pytest.fixture
def before(engine):
    """Two users with 1,000 USD and ten of each asset."""
    Trial(None, None, engine.client, users=2).open_accounts()
    return scan(engine.client)


def order(name="o", **changes):
    """Two BTC at 100 USD for u0."""
    fields = {"username": "u0", "side": Side.BUY, "quantity": Decimal(2), "price": Decimal(100), "at": START}
    return Order(name, asset_id="BTC", **{**fields, **changes})


def cash(engine, name="u0"):
    """What a user has [USD]."""
    found = engine.client.get_item(TableName=TABLE, Key=balance_key(name))["Item"]
    return Decimal(found["available"]["N"])


def held(engine, name="u0"):
    """What a user has of BTC."""
    found = engine.client.get_item(TableName=TABLE, Key=holding_key(name, "BTC"))["Item"]
    return Decimal(found["quantity"]["N"])


def add_cash(engine, amount):
    """Adds to u0's cash as a transaction's member does: without a version."""
    engine.client.update_item(
        TableName=TABLE,
        Key=balance_key("u0"),
        UpdateExpression="ADD available :a",
        ExpressionAttributeValues={":a": {"N": str(amount)}},
    )


@pytest.mark.parametrize(("way", "writes"), [(way, number) for way in WAYS for number in WRITES[way]])
def test_the_first_price_counts(case, engine, before, way, writes):
    """Ended after any number of writes and sent again later at twice the price: done once, as begun."""
    first, again = order(), order(price=Decimal(200), at=START + timedelta(hours=1))
    with pytest.raises(StoppedError):
        way(OrderTable(case, Named(WatchedClient(case.design, engine.client, writes=writes)))).execute(first)
    strategy = way(OrderTable(case, engine))
    assert [strategy.execute(again), strategy.execute(again)] == [Outcome.DONE, Outcome.DONE]
    assert audit(before, scan(engine.client), [Told(again, Outcome.DONE)]) == []
    assert (1000 - cash(engine), held(engine) - 10) == (400 if writes == 0 else 200, 2)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "changes", [{"username": "u1"}, {"side": Side.SELL}, {"quantity": Decimal(3)}, {"username": "ghost"}]
)
def test_an_id_of_another_order_is_no_order(case, engine, before, way, changes):
    """Another user, side or quantity under an id that was used: said so, and nothing moves."""
    strategy = way(OrderTable(case, engine))
    assert strategy.execute(order()) is Outcome.DONE
    with pytest.raises(IdTakenError, match="o is the id of another order"):
        strategy.execute(order(**changes))
    assert audit(before, scan(engine.client), [Told(order(), Outcome.DONE)]) == []


def test_an_id_of_another_transfer_is_no_transfer(case, engine, before):
    """Another amount under an id and time that were used: said so, and nothing moves."""
    strategy = TransactionalOrders(OrderTable(case, engine))
    assert strategy.transfer(Transfer("t", "u0", Decimal(5), START)) is Outcome.DONE
    with pytest.raises(IdTakenError, match="t is the id of another transfer"):
        strategy.transfer(Transfer("t", "u0", Decimal(6), START))
    assert cash(engine) == 1005
    assert audit(before, scan(engine.client), []) == []


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize("way", WAYS)
def test_every_digit_of_a_large_account_is_kept(case, engine, way):
    """Numbers of 38 digits, the most that there are, lose nothing when an order changes their last ones."""
    money, quantity = Decimal("9" * 35 + ".96"), Decimal("1234567890" * 3 + ".12345678")
    for key, name, value in (
        (balance_key("u0"), "available", money),
        (holding_key("u0", "BTC"), "quantity", quantity),
    ):
        engine.client.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="SET #a = :a",
            ExpressionAttributeNames={"#a": name},
            ExpressionAttributeValues={":a": {"N": str(value)}},
        )
    first, strategy = scan(engine.client), way(OrderTable(case, engine))
    asked = [order("a", quantity=Decimal("0.00010001")), order("b", quantity=Decimal(3), side=Side.SELL)]
    assert [strategy.execute(one) for one in asked] == [Outcome.DONE, Outcome.DONE]
    with localcontext(prec=50):
        assert cash(engine) == money - Decimal("0.02") + 300
        assert held(engine) == quantity + Decimal("0.00010001") - 3
    assert audit(first, scan(engine.client), [Told(one, Outcome.DONE) for one in asked]) == []


def test_a_total_is_rounded_once():
    """A product with more digits than are usual is not rounded to them before it is rounded to the cent."""
    price = Decimal("10000000000000000000.0000000001")
    bought = order(quantity=Decimal("1.00000001"), price=price).total_usd
    assert bought == Decimal("10000000100000000000.01")


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("side", Side)
def test_a_refusal_is_final(case, engine, way, side):
    """Refused for want of cash or assets; an attempt that arrives when there is enough does nothing."""
    strategy = way(OrderTable(case, engine))
    wanted = order(quantity=Decimal(11), side=side)
    assert strategy.execute(wanted) is Outcome.REFUSED
    add_cash(engine, 5000)
    strategy.execute(order("other"))
    assert strategy.execute(wanted) is Outcome.REFUSED
    assert (cash(engine), held(engine)) == (1000 + 5000 - 200, 12)
    assert not {"open_orders", "refused_orders"} & {name for item in scan(engine.client) for name in item}


@pytest.mark.usefixtures("before")
def test_a_refused_transfer_is_final(case, engine):
    """More than there is cannot leave, also not when there is more later."""
    strategy = TransactionalOrders(OrderTable(case, engine))
    wanted = Transfer("t", "u0", Decimal(-1001), START)
    assert strategy.transfer(wanted) is Outcome.REFUSED
    add_cash(engine, 5000)
    assert strategy.transfer(wanted) is Outcome.REFUSED
    assert cash(engine) == 6000


@pytest.mark.usefixtures("before")
def test_no_resend_relies_on_the_token_of_a_transaction(case, engine):
    """DynamoDB forgets a token after ten minutes: a resend has another one, and is done once all the same."""
    tokens = []
    engine.client.meta.events.register(
        "before-send.dynamodb.TransactWriteItems",
        lambda request, **_: tokens.append(json.loads(request.body)["ClientRequestToken"]),
    )
    strategy = TransactionalOrders(OrderTable(case, engine))
    assert [strategy.execute(order()) for _ in range(3)] == [Outcome.DONE] * 3
    assert len(set(tokens)) == len(tokens) == 3
    assert (cash(engine), held(engine)) == (800, 12)


@pytest.mark.usefixtures("before")
def test_two_that_go_on_with_one_order_agree(case, engine):
    """One finds too little cash; before it can say so, cash arrives and the other pays: done, once."""
    wanted = order(quantity=Decimal(11))
    table = Interrupted(case, engine)

    def others():
        add_cash(engine, 5000)
        assert ConditionalOrders(OrderTable(case, engine)).execute(wanted) is Outcome.DONE

    table.before_update = others
    assert ConditionalOrders(table).execute(wanted) is Outcome.DONE
    assert (cash(engine), held(engine)) == (6000 - 1100, 21)


@pytest.mark.usefixtures("before")
def test_two_that_go_on_with_one_order_agree_that_it_is_refused(case, engine):
    """One has read enough cash; before it pays, the cash is gone and the other refuses: nothing moves."""
    wanted = order(quantity=Decimal(10))
    table = Interrupted(case, engine)

    def others():
        add_cash(engine, -1)
        assert ConditionalOrders(OrderTable(case, engine)).execute(wanted) is Outcome.REFUSED
        add_cash(engine, 1)

    table.before_update = others
    assert ConditionalOrders(table).execute(wanted) is Outcome.REFUSED
    assert (cash(engine), held(engine)) == (1000, 10)


@pytest.mark.usefixtures("before")
def test_cash_that_comes_without_a_version_is_not_lost(case, engine):
    """A transaction adds cash between read and conditional write: the write is made anew."""
    table = Interrupted(case, engine)
    table.before_update = lambda: add_cash(engine, 7)
    assert ConditionalOrders(table).execute(order()) is Outcome.DONE
    assert cash(engine) == 1000 + 7 - 200
    assert table.retries == {"version changed": 1}


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize("way", WAYS)
def test_what_was_bought_can_be_sold(case, engine, way):
    """All of it, at the same price: cash and holding are what they were."""
    strategy = way(OrderTable(case, engine))
    for name, side, quantity in (("a", Side.BUY, 2), ("b", Side.SELL, 12), ("c", Side.BUY, 10)):
        assert strategy.execute(order(name, side=side, quantity=Decimal(quantity))) is Outcome.DONE
    assert (cash(engine), held(engine)) == (1000, 10)


@pytest.mark.parametrize("wrong", ["0", "-1", "NaN", "Infinity"])
def test_orders_for_nothing_and_less_cannot_be(wrong):
    """Who bought less than nothing would be paid for it: quantity and price are above zero."""
    with pytest.raises(InputError) as caught:
        order(quantity=Decimal(wrong), price=Decimal(wrong))
    assert str(caught.value) == "\n".join(
        f"o: {name}: cannot be carried out; got {wrong}, allowed a number above zero. Correct it."
        for name in ("price", "quantity")
    )


@pytest.mark.parametrize("wrong", ["0", "NaN"])
def test_transfers_of_nothing_cannot_be(wrong):
    """An amount that is zero or no number."""
    with pytest.raises(
        InputError, match=f"t: amount: cannot be carried out; got {wrong}, allowed a number that"
    ):
        Transfer("t", "u0", Decimal(wrong), START)


def test_parts_of_a_cent_are_never_the_users():
    """0.004 USD: bought for a whole cent, sold for nothing; else many small orders would make money."""
    small = {"quantity": Decimal("0.00004")}
    assert order(**small).amount == Decimal("-0.01")
    assert order(**small, side=Side.SELL).amount == 0


def test_nobody_waits_for_a_silent_table_for_ever(monkeypatch):
    """When the time for attempts is over, none begins, however many would be left."""
    monkeypatch.setattr(attempts, "MOST_SECONDS", 0)
    asked = []

    def ask():
        asked.append(1)
        raise ReadTimeoutError(endpoint_url="http://engine")

    with pytest.raises(OutcomeUnknownError, match="Ask again with the same id"):
        attempts.Attempts(lambda _: None).run(ask)
    assert asked == [1]


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "InternalFailure"])
def test_throttling_without_end_is_an_unknown_outcome(monkeypatch, code):
    """After the last attempt the caller is told to ask again; what is refused for good is told at once."""
    monkeypatch.setattr(attempts, "ATTEMPTS", 2)
    asked = []

    def ask(name):
        asked.append(name)
        raise RequestRefusedError(name, "no")

    with pytest.raises(OutcomeUnknownError, match="Ask again with the same id"):
        attempts.Attempts(lambda _: None).run(lambda: ask(code))
    with pytest.raises(RequestRefusedError):
        attempts.Attempts(lambda _: None).run(lambda: ask("ValidationException"))
    assert asked == [code, code, "ValidationException"]
