"""What a move costs and how long it takes, against figures worked out by hand."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from workbench.compare.move_cost import OBSERVED, move_cost
from workbench.compare.priced_case import PricedCase
from workbench.pricing import PriceBook, book_for
from workbench.spec import load_case
from workbench.spec.measured import MEASURED, Measurement, load_measurement
from workbench.spec.plans import load_plan

REGION = "us-east-1"
CASE = load_case("algoitny")
PLAN = load_plan("five-phases")
BOOK = PriceBook.newest()
DAU = 1_000

WRU_MILLION = Decimal("0.625")
WCU_HOUR = Decimal("0.00065")
IMPORT_GB = Decimal("0.15")
"""Prices of the Standard class in us-east-1 [USD]."""

LOGS_PER_DAU = 3_600_000
"""Usage logs of a user here: a load of 3.6 billion items at 1,000 DAU."""


def cost(**options):
    """Returns the cost of moving usage logs only: 1,024 bytes in the table, 224 in one of its indexes."""
    table = CASE.design.entities["UsageLog"].table
    index = next(iter(CASE.design.tables[table].global_secondary_indexes))
    text = json.loads((CASE.directory / MEASURED).read_text())
    billed = {table: 1_124, f"{table}/{index}": 324}
    sizes = {**text["entities"]["UsageLog"], "billed_bytes_per_item": billed}
    measured = Measurement.model_validate({**text, "entities": {"UsageLog": sizes}})
    rate = CASE.workload.stored_items["UsageLog"]
    held = CASE.workload.assumptions[rate.assumption]
    moved = held.model_copy(update={"value": LOGS_PER_DAU / rate.factor})
    workload = CASE.workload.model_copy(
        update={"assumptions": {**CASE.workload.assumptions, rate.assumption: moved}}
    )
    return move_cost(PricedCase(CASE.design, workload, measured, BOOK, REGION), dau=DAU, plan=PLAN, **options)


@pytest.fixture(scope="module")
def found():
    """The cost at one provisioned limit."""
    return cost(wcu_limits=(10_000,))


def test_batches_on_demand_pay_each_begun_kilobyte(found):
    """1.5 units for a mean of 1,024 bytes and 1 for 224: 9 billion units, 5,625 USD, 375 hours."""
    way = found.ways[0]
    items = LOGS_PER_DAU * DAU
    assert way.write_units == pytest.approx(items * Decimal("2.5"))
    assert way.usd == pytest.approx(items * Decimal("2.5") / 1_000_000 * WRU_MILLION)
    assert float(way.usd) == pytest.approx(5_625)
    assert float(way.hours) == pytest.approx(items * 1.5 / 4_000 / 3_600)
    assert float(way.hours) == pytest.approx(375)


def test_provisioned_capacity_is_paid_by_the_hour_for_table_and_index(found):
    """150 hours at 10,000 WCU, twice: 1,950 USD."""
    way = found.ways[1]
    assert float(way.hours) == pytest.approx(150)
    assert float(way.usd) == pytest.approx(float(2 * 150 * 10_000 * WCU_HOUR), rel=1e-2)
    assert len(way.bill.lines) == 2


def test_an_import_pays_the_source_and_no_writes(found):
    """3.6 billion times 1,024 bytes at 0.15 a GB, no units, and no speed that anybody states."""
    way = found.ways[2]
    assert (way.write_units, way.hours) == (0, None)
    assert float(way.usd) == pytest.approx(float(3_600_000_000 * Decimal(1024) / 2**30 * IMPORT_GB))


def test_tables_with_local_indexes_cannot_be_imported():
    """ImportTable has no place for local indexes; the way is shown as impossible and says why."""
    case = load_case("dealership")
    measured = load_measurement(case.directory)
    way = move_cost(PricedCase.of(case, measured, BOOK, REGION), dau=DAU, plan=PLAN).ways[-1]
    assert (way.bill, way.usd, way.hours) == (None, None, None)
    assert way.note == "not possible: an import makes no local indexes, which Dealership-Reviews needs"


def test_dual_running_is_both_bills_for_the_documented_weeks(found):
    """7 and 12 weeks of a month of 730 hours: 49 and 84 days of 30.4167."""
    short, long = found.dual_running
    assert (short.weeks, long.weeks) == (7, 12)
    for side in ("relational_usd", "dynamodb_usd", "usd"):
        assert getattr(long, side) / getattr(short, side) == pytest.approx(Decimal(12) / 7)
    assert short.usd == short.relational_usd + short.dynamodb_usd


def test_documented_weeks_are_days_of_the_calendar(found):
    """Phases of 2, 2, 3, 2 and 3 weeks end on days 14, 28, 49, 63 and 84."""
    assert [span.documented[1] for span in found.spans] == [14, 28, 49, 63, 84]
    assert [span.documented[0] for span in found.spans] == [0, 14, 28, 49, 63]


def test_phases_follow_each_other_and_the_load_is_in_the_second(found):
    """Each phase begins when the one before ends; 375 hours are 15.6 days, after 3 days of dual write."""
    for which in ("expected", "shortest", "longest"):
        bars = [getattr(span, which) for span in found.spans]
        assert [bar[0] for bar in bars] == [0, *(bar[1] for bar in bars[:-1])]
        assert all(begin < end for begin, end in bars)
    load = found.spans[1].expected
    assert float(load[1] - load[0]) == pytest.approx(375 / 24 + 1)
    assert found.spans[1].why.startswith("375 hours of loading. ")
    assert [span.phase for span in found.spans] == list(OBSERVED)


def test_every_observation_is_an_assumption_with_a_range():
    """No phase's watch lies outside its own range, and each says why."""
    for one in OBSERVED.values():
        assert one.low < one.days < one.high
        assert one.reason.endswith(".")


def test_an_import_without_a_price_is_told_and_ends_nothing():
    """Frankfurt has no price of an import: that way has no cost, and all others have theirs."""
    measured, region = load_measurement(CASE.directory), "eu-central-1"
    priced = PricedCase.of(CASE, measured, book_for(region), region)
    elsewhere = move_cost(priced, dau=DAU, plan=PLAN)
    *others, imported = elsewhere.ways
    assert (imported.usd, imported.note) == (None, "no price is known in eu-central-1")
    assert all(way.usd for way in others)
