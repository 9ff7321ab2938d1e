"""A move month by month: users, the cost of loading, and the month that pays it back."""

import json
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest

from workbench.compare.payback import DauForecast, MovePlan, first_ahead, move_bill, payback, payback_of_draws
from workbench.compare.priced_case import PricedCase
from workbench.pricing import PriceBook
from workbench.spec import load_case
from workbench.spec.measured import MEASURED, Measurement

REGION = "us-east-1"
CASE = load_case("algoitny")
FLAT = DauForecast(1000, Decimal(0), months=12)


def flat(usd):
    """An alternative that costs the same for any users."""
    return SimpleNamespace(usd=lambda _: Decimal(usd))


def measurement(billed):
    """A measurement in which only usage logs exist, of one mean size in the table and one index."""
    text = json.loads((CASE.directory / MEASURED).read_text())
    sizes = {**text["entities"]["UsageLog"], "billed_bytes_per_item": billed}
    return Measurement.model_validate({**text, "entities": {"UsageLog": sizes}})


def test_growth_compounds_and_a_ceiling_bends_it():
    """5 % a month doubles in fifteen months; towards a ceiling growth fades and never passes it."""
    assert DauForecast(1000, Decimal("0.05"), months=16).dau()[15] == 2079
    bent = DauForecast(1000, Decimal("0.5"), ceiling=2000, months=36).dau()
    assert bent[:3] == (1000, 1250, 1484)
    assert bent[-1] == 2000
    assert list(bent) == sorted(bent)


def test_a_move_is_paid_back_by_what_it_saves():
    """200 and three double months leave it 320 behind; 60 a month from then on make that good in month 9."""
    found = payback(flat(100), flat(40), FLAT, one_off=Decimal(200), dual_months=3)
    assert found.table["move_usd"].to_list() == [340, 140, 140, *[40] * 9]
    assert found.table["stay_cumulated_usd"].to_list() == [100 * month for month in range(1, 13)]
    assert (found.month, found.saving_usd) == (9, 220)


def test_a_move_to_something_dearer_is_never_paid_back():
    """Where moving costs more each month there is no month, and the saving is negative."""
    found = payback(flat(40), flat(100), FLAT, one_off=Decimal(0), dual_months=0)
    assert (found.month, found.saving_usd) == (None, -720)


def test_payback_in_the_first_month():
    """A move that costs nothing and saves at once has paid in month 1."""
    assert payback(flat(100), flat(40), FLAT, one_off=Decimal(0), dual_months=0).month == 1


def test_the_month_is_the_one_from_which_it_stays_ahead():
    """Being ahead for a while does not count."""
    ahead = np.array([[1, 0, 1, 1], [0, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, 0]], dtype=bool)
    assert first_ahead(ahead).tolist()[:3] == [3, 4, 1]
    assert np.isnan(first_ahead(ahead)[3])


def test_payback_of_draws_is_that_of_each_draw():
    """Draws that cost 40, 70 and 120 a month pay back 200 and three double months in 9, 17 and no months."""
    costs = SimpleNamespace(
        usd=lambda name, values, dau: (
            np.full((len(values), dau.size), 100.0) if name == "stay" else np.repeat(values, dau.size, axis=1)
        )
    )
    values = np.array([[40.0], [70.0], [120.0]])
    forecast = DauForecast(1000, Decimal(0), months=36)
    found = payback_of_draws(costs, ["move"], "stay", values, forecast, one_off=200, dual_months=3)
    assert found["month"].to_list()[:2] == [9, 17]
    assert found["month"].isna().to_list() == [False, False, True]
    assert found["saving_usd"].to_list() == [36 * 60 - 500, 36 * 30 - 500, -36 * 20 - 500]


def test_a_backfill_writes_every_item_and_entry():
    """4,500 logs a user: items of 1,536 bytes take 2 units, entries of 400 bytes 1; 625 USD a billion."""
    measured = measurement({"AlgoItny-Main": 1636, "AlgoItny-Main/GSI1": 500})
    bill = move_bill(
        PricedCase.of(CASE, measured, PriceBook.newest(), REGION),
        dau=1000,
        plan=MovePlan(verification_reads=0),
    )
    assert [(line.table, line.index, line.quantity, line.usd) for line in bill.lines] == [
        ("AlgoItny-Main", None, Decimal(9), Decimal("5.625")),
        ("AlgoItny-Main", "GSI1", Decimal("4.5"), Decimal("2.8125")),
    ]


def test_an_import_is_billed_by_its_bytes_and_checked_by_scans():
    """4.5 million items of 1,048,576 bytes / 1,024: 4.29 GB at 0.15; a scan takes a unit for 8 KB."""
    measured = measurement({"AlgoItny-Main": 1124, "AlgoItny-Main/GSI1": 500})
    bill = move_bill(
        PricedCase.of(CASE, measured, PriceBook.newest(), REGION),
        dau=1000,
        plan=MovePlan(by_import=True, verification_reads=2),
    )
    gigabytes = Decimal(4_500_000 * 1024) / 2**30
    assert [(line.component, line.usd) for line in bill.lines] == [
        ("import from S3", gigabytes * Decimal("0.15")),
        ("verification reads", Decimal("1.125") * Decimal("0.125")),
    ]


@pytest.mark.parametrize(("billed", "units"), [(100, 1), (612, 1), (1124, "1.5"), (2148, "2.5")])
def test_units_of_a_mean_size(billed, units):
    """A mean of at most half a KB takes one unit; from there half a step is added for rounding up."""
    measured = measurement({"AlgoItny-Main": billed})
    bill = move_bill(
        PricedCase.of(CASE, measured, PriceBook.newest(), REGION),
        dau=1000,
        plan=MovePlan(verification_reads=0),
    )
    assert bill.lines[0].quantity == Decimal("4.5") * Decimal(units)
