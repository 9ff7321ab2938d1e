"""Units, money, readers and crashes of both ways to carry out orders, and of orders before the redesign."""

from collections import Counter
from decimal import Decimal
from math import ceil

import pytest

from workbench.orders.audit import INVARIANTS, NOT_NEGATIVE
from workbench.orders.comparison import Comparison
from workbench.orders.former import QUESTIONS, order_designs
from workbench.orders.guards import GUARDS
from workbench.orders.instructions import Outcome
from workbench.orders.redesign import RedesignTrial, order_rows
from workbench.pricing import PriceBook

ORDERS = 60
MARKET = ("order_id", "asset_id", "side", "order_type", "status", "quantity", "price", "total_usd")
STAMP = len("2045-01-16T00:00:00.000000Z")


@pytest.fixture
def comparison(case, engine):
    """Both ways on an empty database."""
    return Comparison(case, engine.client)


@pytest.fixture(scope="module")
def book():
    """The newest prices."""
    return PriceBook.newest()


def test_units_of_an_order_are_those_of_its_calls(comparison, book):
    """A transaction: four members twice, two entries. Conditional: seven writes, four entries, eight reads.

    On AWS a transaction doubles the units of the table alone. DynamoDB Local doubles those of the indexes too
    and counts members of equal units once: balance, holding and ledger are one.
    """
    for one in comparison.units(book, "us-east-1"):
        table, *entries = (
            one.observed[f"OrderProcessor{end}"] for end in ("", "/UserOrdersIndex", "/UserOrderTimeIndex")
        )
        assert one.observed == one.predicted_local
        if one.strategy == "transactions":
            assert (one.reads, one.writes, one.read_units, one.write_units) == (0, 1, 0, 4 * 2 + 2)
            assert (table, entries) == (2 * 2, [2, 2])
            assert one.usd_per_million == 10 * Decimal("0.625")
        else:
            assert (one.reads, one.writes, one.read_units, one.write_units) == (8, 7, 8, 7 + 4)
            assert (table, entries) == (8 + 7, [2, 2])
            assert one.usd_per_million == 11 * Decimal("0.625") + 8 * Decimal("0.125")


def test_clients_that_meet_lose_nothing(comparison):
    """One client and eight, both ways: every order is answered and no invariant is broken."""
    results = comparison.contention(16, clients=(1, 8))
    assert [(one.strategy, one.clients) for one in results] == [
        ("transactions", 1),
        ("transactions", 8),
        ("conditional writes", 1),
        ("conditional writes", 8),
    ]
    for one in results:
        assert one.outcomes["done"] + one.outcomes["refused"] == one.instructions == 16
        assert one.breaches == ()
    assert not results[2].retries


def test_readers_see_between_conditional_writes_and_never_inside_a_transaction(comparison):
    """Cash leaves before the ledger says so; after the order is completed everything agrees."""
    found = comparison.seen()
    whole = [one for one in found if one.strategy == "transactions"]
    steps = [one for one in found if one.strategy == "conditional writes"]
    assert [(one.operation, one.breaches) for one in whole] == [("TransactWriteItems", ())]
    disagreeing = [one.write for one in steps if one.breaches]
    assert disagreeing == [1, 2, 3, 4]
    assert len(steps) == 7
    assert NOT_NEGATIVE not in {breach.invariant for one in steps for breach in one.breaches}


def test_whoever_asks_again_finishes_what_a_crash_left(comparison):
    """After any number of writes: asked for again, the order is done, once, and everything agrees."""
    found = comparison.crashes()
    assert Counter(one.strategy for one in found) == {"transactions": 1, "conditional writes": 7}
    assert {one.outcome for one in found} == {Outcome.DONE}
    assert {one.breaches for one in found} == {()}
    assert [one.writes for one in found if one.left] == [1, 2, 3, 4]


def test_every_condition_has_its_reason(case):
    """The table of conditions names each that the transactions state, and invariants that are audited."""
    stated = {
        (name, number)
        for name in {guard.pattern for guard in GUARDS}
        for number, member in enumerate(case.design.patterns[name].members)
        if member.condition
    }
    assert {(guard.pattern, guard.member) for guard in GUARDS} == stated
    assert {guard.invariant for guard in GUARDS} <= {*INVARIANTS, ""}


@pytest.fixture(scope="module")
def trials(case, dynamodb_local, book):
    """A user's orders in each design, by its name."""
    trial = RedesignTrial(case, users=1, orders=ORDERS, samples=2, seed=7)
    return {one.name: one for one in trial.run(dynamodb_local, book, "us-east-1")}


def number_bytes(value):
    """A byte for each two digits on either side of the point, outer zeros left out, and one more."""
    whole, _, part = str(value).partition(".")
    digits = whole.zfill(len(whole) + len(whole) % 2) + part.ljust(len(part) + len(part) % 2, "0")
    pairs = [digits[n : n + 2] for n in range(0, len(digits), 2)]
    used = [n for n, pair in enumerate(pairs) if pair != "00"]
    return used[-1] - used[0] + 2 if used else 1


def attribute_bytes(name, value):
    """Name and value, as the documents count them."""
    return len(name) + (number_bytes(value) if isinstance(value, Decimal) else len(value))


def entry_bytes(row, keys):
    """An index entry of an order: the attributes shown, the index's keys and the table's."""
    shown = sum(attribute_bytes(name, row[name]) for name in MARKET)
    return shown + sum(len(name) + size for name, size in keys.items())


def former_keys(row):
    """Keys of an entry before the redesign: index by user_id and created_at, table by id and created_at."""
    return {
        "PK": len("ORDER#") + len(row["order_id"]),
        "SK": STAMP,
        "user_id": len(row["user_id"]),
        "created_at": STAMP,
    }


def new_keys(row):
    """Keys of an entry of UserOrdersIndex, which shows created_at besides."""
    return {
        "PK": len("ORDER#") + len(row["order_id"]),
        "SK": len("ORDER"),
        "username": len(row["username"]),
        "ASSET_ID": len(row["asset_id"]) + STAMP + len(row["order_id"]) + 2,
        "created_at": STAMP,
    }


def test_what_the_redesign_changes_is_the_list_by_asset(trials):
    """Before, all of a user's entries are read for one asset; after, those of the asset."""
    rows = order_rows(1, ORDERS, 7)
    all_former = sum(entry_bytes(row, former_keys(row)) for row in rows)
    all_new = sum(entry_bytes(row, new_keys(row)) for row in rows)
    assert trials["before"].question("asset").units == ceil(all_former / 4096) / 2
    assert trials["as the document asks"].question("history").units == ceil(all_new / 4096) / 2
    largest = max(Counter(row["asset_id"] for row in rows).values())
    assert trials["this case"].question("asset").units <= ceil(largest * 420 / 4096) / 2


def test_units_of_writes_are_those_of_their_entries(trials):
    """An order is below a KB, so each write is one unit for the table and one for each index that changes."""
    units = {name: {one.question: one.units for one in trial.questions} for name, trial in trials.items()}
    for name, by_user in (("before", 1), ("as the document asks", 1), ("this case", 2)):
        assert units[name]["place"] == 1 + by_user
        assert units[name]["place_limit"] == 1 + by_user + 1
        first_found = 0.5 if name == "before" else 0
        assert units[name]["change"] == first_found + 1 + by_user + 1
        assert units[name]["find"] == 0.5


def test_observed_units_are_the_models(trials):
    """DynamoDB Local reports for every question what the model predicts for AWS."""
    for trial in trials.values():
        for one in trial.questions:
            assert one.observed == one.predicted, (trial.name, one.question)


def test_an_order_that_is_sent_again_is_a_second_one_before(trials):
    """Its time is part of the key there, so the condition that its key is new holds twice."""
    found = {name: trial.orders_after_retry for name, trial in trials.items()}
    assert found == {"before": 2, "as the document asks": 1, "this case": 1}


def test_bills_are_rates_times_units_times_prices(trials):
    """10,000 DAU place 2 orders a day and change 0.6: 2.6 writes of each index by user at 0.625 a million."""
    writes = Decimal("2.6") * 10_000 * 730 / 24
    for trial in trials.values():
        (line,) = [
            one
            for one in trial.bill.lines
            if (one.component, one.index) == ("on-demand writes", "UserOrdersIndex")
        ]
        assert float(line.usd) == pytest.approx(float(writes * Decimal("0.625") / 10**6))


def test_the_storage_of_a_year_is_billed(trials):
    """730 orders a user: bytes of entries with 100 more each, a quarter dollar a GB."""
    rows = order_rows(1, ORDERS, 7)
    each = sum(entry_bytes(row, former_keys(row)) + 100 for row in rows) / ORDERS
    (line,) = [
        one
        for one in trials["before"].bill.lines
        if (one.component, one.index) == ("storage", "UserOrdersIndex")
    ]
    assert float(line.usd) == pytest.approx(each * 730 * 10_000 / 2**30 * 0.25)


def test_every_question_is_answered_in_every_design(case):
    """No design leaves out a question."""
    for one in order_designs(case):
        assert one.steps.keys() == QUESTIONS.keys()
        assert {step for steps in one.steps.values() for step in steps} <= one.design.patterns.keys()
