"""Demand over many numbers of users is what each of them alone would ask for."""

from decimal import Decimal

import numpy as np
import pytest

from workbench.compare.case_costs import case_demands
from workbench.model.demand import SECONDS_PER_DAY, demand, peak_to_mean, week
from workbench.spec import load_case
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.measured import load_measurement

CASE = load_case("algoitny")
UNITS = {
    name: {CASE.design.entities[pattern.entity].table: 1.0 + place / 8, "AlgoItny-Main/GSI1": place % 3 / 2}
    for place, (name, pattern) in enumerate(CASE.design.patterns.items())
}
DAU = [0, 1, 250, 10_000, 1_000_000]


def by_hand(dau, kind):
    """Returns the mean units a second of one number of users, pattern by pattern."""
    found = {}
    for name, pattern in CASE.design.patterns.items():
        if (pattern.operation in READ_OPERATIONS) == (kind == "read"):
            rate = dau * CASE.workload.requests_per_dau_day(name) / SECONDS_PER_DAY
            for place, each in UNITS[name].items():
                found[place] = found.get(place, 0) + rate * each
    return found


@pytest.mark.parametrize("kind", ["read", "write"])
def test_units_are_summed_pattern_by_pattern(kind):
    """Each number of users and each table and index gets the sum of rate times units over the patterns."""
    asked = demand(CASE.design, CASE.workload, UNITS, DAU)
    units = getattr(asked, f"{kind}_units_per_second")
    peaks = getattr(asked, f"peak_{kind}_units_per_second")
    for row, dau in enumerate(DAU):
        expected = [by_hand(dau, kind).get(place, 0.0) for place in asked.places]
        assert units[row] == pytest.approx(expected)
        assert peaks[row] == pytest.approx([peak_to_mean(CASE.workload) * value for value in expected])


def test_requests_follow_the_users():
    """A pattern's requests a second are users times its requests a day over the seconds of a day."""
    asked = demand(CASE.design, CASE.workload, UNITS, DAU)
    column = asked.patterns.index("log_usage")
    expected = [dau * CASE.workload.requests_per_dau_day("log_usage") / 86_400 for dau in DAU]
    assert asked.requests_per_second[:, column] == pytest.approx(expected)
    assert asked.peak_requests_per_second.shape == (len(DAU), len(CASE.design.patterns))


def test_hours_of_a_week_keep_its_mean_and_have_its_peak():
    """The 168 hours average to the mean rate; the busiest is the peak without the ratio inside an hour."""
    hours = week(CASE.workload)
    inside = CASE.workload.assumptions[CASE.workload.peak_to_average].value
    assert hours.shape == (168,)
    assert hours.mean() == pytest.approx(1)
    assert hours.max() * inside == pytest.approx(peak_to_mean(CASE.workload))
    asked = demand(CASE.design, CASE.workload, UNITS, DAU)
    hourly = asked.hourly(asked.read_units_per_second)
    assert hourly.shape == (len(DAU), len(asked.places), 168)
    assert hourly.mean(axis=-1) == pytest.approx(asked.read_units_per_second)


def test_monday_morning_comes_first():
    """Hour 0 is Monday's first, hour 24 is Tuesday's first."""
    workload = CASE.workload.model_copy(
        update={"weekly": (2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0), "diurnal": (3.0, *(1.0,) * 22, 0.0)}
    )
    mean_hour = 25 / 24
    assert week(workload)[[0, 1, 24, 144]] == pytest.approx([6 / mean_hour, 2 / mean_hour, 3 / mean_hour, 0])


def test_bills_and_rates_agree():
    """The demand that bills are made of is the same demand: units a month over the seconds of 730 hours."""
    measured = load_measurement(CASE.directory)
    asked = demand(CASE.design, CASE.workload, measured.units, [1])
    bills = case_demands(CASE.design, CASE.workload, measured)
    seconds = Decimal(730 * 3600)
    for place, bill in zip(asked.places, bills, strict=True):
        column = asked.places.index(place)
        assert place == (f"{bill.table}/{bill.index}" if bill.index else bill.table)
        read, write = asked.read_units_per_second[0, column], asked.write_units_per_second[0, column]
        assert float(bill.read_units_per_dau / seconds) == pytest.approx(read)
        assert float(bill.write_units_per_dau / seconds) == pytest.approx(write)
        assert float(bill.peak_per_second(bill.write_units_per_dau)) == pytest.approx(
            asked.peak_write_units_per_second[0, column]
        )


def test_arrays_of_users_may_be_numpy():
    """A numpy array gives the same as the list of its numbers."""
    one, other = (demand(CASE.design, CASE.workload, UNITS, dau) for dau in (DAU, np.array(DAU)))
    assert (one.read_units_per_second == other.read_units_per_second).all()
