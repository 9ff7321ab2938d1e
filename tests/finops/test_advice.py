"""Advice: each saving is the price of a changed case, and savings after another are those that are left."""

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest

from workbench.finops.advice import advise
from workbench.finops.edits import (
    days_kept,
    eventually_consistent,
    expiring,
    long_names,
    with_narrower,
    with_short_names,
    without_index,
)
from workbench.finops.operated import Operated, Payment, Pricer
from workbench.finops.steps import Kind, possible_steps
from workbench.lint.subject import Subject
from workbench.pricing import PriceBook
from workbench.pricing.mix import Mode
from workbench.pricing.reserved import Term
from workbench.spec import load_case
from workbench.spec.measured import load_measurement

CASES = ["algoitny", "dealership", "order-processor", "query-processor", "inavor-shuttle"]


@pytest.fixture(scope="module")
def pricer():
    """Prices at 10,000 users, kept for all tests here."""
    return Pricer(PriceBook.newest(), "us-east-1", 10_000)


def operated(name):
    """A case as it is designed."""
    case = load_case(name)
    return Operated.of(case, load_measurement(case.directory))


@pytest.mark.parametrize("name", CASES)
def test_savings_are_differences_of_bills(name, pricer):
    """Taking the steps one by one on the case, and pricing it from scratch, gives the stated amounts."""
    case = operated(name)
    found = advise(case, pricer)
    cost = found.bill.total
    for each in found.together:
        case = each.step.change(case)
        fresh = Pricer(pricer.book, pricer.region, pricer.dau).bill(case).total
        assert (each.before, each.after, each.saving) == (cost, fresh, cost - fresh)
        cost = fresh
    assert found.best == cost <= found.bill.total


@pytest.mark.parametrize("name", ["order-processor", "dealership"])
def test_no_other_choice_of_the_material_steps_costs_less(name, pricer):
    """Brute force over all choices of at most one step a subject, among those that save a hundredth alone."""
    case = operated(name)
    found = advise(case, pricer)
    worth = found.bill.total / 100
    subjects = {}
    for each in found.alone:
        if each.step.kind is not Kind.COMMITMENT and each.saving is not None and each.saving >= worth:
            subjects.setdefault(each.step.subject, [None]).append(each.step)
    totals = []
    for choice in product(*subjects.values()):
        changed = case
        for step in filter(None, choice):
            changed = step.change(changed)
        totals.append(pricer.total(changed))
    assert found.best <= min(total for total in totals if total is not None) + worth


def test_savings_do_not_add_up(pricer):
    """What a step saves depends on those before it: another class pays only after the capacity is cut."""
    case = operated("algoitny")
    steps = {step.action: step for step in possible_steps(case, pricer).offered}
    cut = steps["Provision AlgoItny-Main, each capacity the cheaper of fixed and scaled"].change
    move = steps["Move AlgoItny-Main to table class Standard-IA"].change
    assert pricer.total(move(case)) > pricer.total(case)
    assert pricer.total(move(cut(case))) < pricer.total(cut(case))


def test_an_eventual_read_takes_half_the_units(pricer):
    """A check of a token takes 1 unit, so without its consistency reads of 10,000 users cost half."""
    case = operated("order-processor")
    before, after = (pricer.bill(each) for each in (case, eventually_consistent(case, "check_token")))
    checks = case.workload.requests_per_dau_day("check_token") * 10_000 * 730 / 24
    price = next(
        line.price.usd
        for line in before.lines
        if (line.component, line.table) == ("on-demand reads", "TokenBlacklist")
    )
    saved = before.total - after.total
    assert float(saved) == pytest.approx(checks * 0.5 * float(price) / 1e6, rel=1e-9)


def test_a_dropped_index_takes_its_writes_and_its_storage(pricer):
    """The bill without an index has no line of it, and all other lines are as they were."""
    case = operated("dealership")
    table = next(name for name, each in case.design.tables.items() if each.global_secondary_indexes)
    index = next(iter(case.design.tables[table].global_secondary_indexes))
    before, after = (pricer.bill(each).lines for each in (case, without_index(case, table, index)))
    assert list(after) == [line for line in before if (line.table, line.index) != (table, index)]


def test_expiry_leaves_the_days_that_are_kept():
    """AlgoItny's history is kept for 365 days of writes; 90 leave 90/365 of the items, 16 bytes longer."""
    case = operated("algoitny")
    subject = Subject(case.design, case.workload, 10_000, measurement=case.measured)
    assert days_kept(subject, "SearchHistory") == pytest.approx(365)
    left = expiring(case, "SearchHistory", 90 / 365).measured.entities["SearchHistory"].billed_bytes_per_item
    before = case.measured.entities["SearchHistory"].billed_bytes_per_item
    assert left["AlgoItny-Main"] == pytest.approx((before["AlgoItny-Main"] + 16) * 90 / 365)
    assert left["AlgoItny-Main/GSI1"] == pytest.approx(before["AlgoItny-Main/GSI1"] * 90 / 365)


def test_short_names_shorten_items_by_what_the_names_lose():
    """Keys keep their names; every other name of a usage log shrinks to two bytes."""
    case = operated("algoitny")
    entity = case.design.entities["UsageLog"]
    names = long_names(entity)
    assert not {"PK", "SK"} & set(names)
    before, after = (
        each.measured.entities["UsageLog"].billed_bytes_per_item["AlgoItny-Main"]
        for each in (case, with_short_names(case, "UsageLog"))
    )
    assert before - after == pytest.approx(sum(len(name) for name in names) - 2 * len(names))


def test_a_narrower_projection_is_not_written_by_changes_of_what_it_dropped():
    """Dropping all that an update changes takes the update's index units away; keys keep them."""
    case = operated("algoitny")
    table, index = "AlgoItny-Plans", "GSI1"
    narrow = with_narrower(case, table, index, ["max_executions", "description"])
    spec = narrow.design.tables[table].global_secondary_indexes[index]
    assert spec.projection.type == "INCLUDE"
    assert "description" not in spec.projection.non_key_attributes
    place = f"{table}/{index}"
    sizes = (each.measured.entities["SubscriptionPlan"].billed_bytes_per_item for each in (case, narrow))
    before, after = (each[place] for each in sizes)
    present = {"max_executions", "description"} & set(case.design.entities["SubscriptionPlan"].attributes)
    assert before - after == pytest.approx(sum(map(len, present)))


def test_what_the_architect_accepts_is_not_offered(pricer):
    """A ledger that has to be kept is named with the reason, and no step expires it."""
    steps = possible_steps(operated("order-processor"), pricer)
    assert any(where.startswith("entities.LedgerEntry") for _, where, _ in steps.declined)
    assert not any(step.subject == "retention of LedgerEntry" for step in steps.offered)


def test_every_step_states_assumption_and_risk(pricer):
    """Nobody takes a step without both; a subject never offers the same action twice."""
    for name in CASES:
        offered = possible_steps(operated(name), pricer).offered
        assert all(step.assumption and step.risk for step in offered)
        assert len({step.action for step in offered}) == len(offered)


def test_reservations_in_standard_ia_cannot_be_priced(pricer):
    """AWS sells none, so the combination has no total."""
    case = operated("query-processor")
    table = next(iter(case.design.tables))
    held = case.paying(table, Payment(Mode.FIXED, Term.ONE_YEAR))
    dear = replace(held, design=_in_ia(case.design, table))
    assert pricer.total(dear) is None
    with pytest.raises(ValueError, match="no reservations in Standard-IA"):
        pricer.bill(dear)


def _in_ia(design, table):
    changed = design.tables[table].model_copy(update={"table_class": "STANDARD_INFREQUENT_ACCESS"})
    return design.model_copy(update={"tables": {**design.tables, table: changed}})


def test_scaled_capacity_is_billed_between_its_bounds(pricer):
    """OrderProcessor's capacity never falls below the stated 13 RCU and 9 WCU of the table."""
    lines = pricer.bill(operated("order-processor")).lines
    hours = {
        line.component: line.quantity
        for line in lines
        if (line.table, line.index) == ("OrderProcessor", None) and "provisioned" in line.component
    }
    assert hours["provisioned reads"] > Decimal(13 * 730)
    assert hours["provisioned writes"] >= Decimal(9 * 730)
