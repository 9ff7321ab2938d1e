"""Laws of reserved blocks, auto scaling, growth and the cheapest mix, checked by brute force."""

from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.pricing import (
    PriceBook,
    ProvisionedCapacity,
    TableClass,
    TableLoad,
    dynamodb_bill,
    price_charges,
)
from workbench.pricing.autoscaling import ScalingPolicy, provisioned_per_unit, simulate
from workbench.pricing.growth import Inflow, steady_bytes
from workbench.pricing.mix import Mode, TableUse, capacity_profiles, cheapest_mix
from workbench.pricing.profile import CapacityProfile
from workbench.pricing.reserved import Kind, Reservation, Term, best_reservation, reserved_charges
from workbench.pricing.shape import weekly_shape

BOOK = PriceBook.newest()
REGION = "us-east-1"
KINDS = st.sampled_from(Kind)
TERMS = st.sampled_from(Term)
PROFILES = st.builds(CapacityProfile, st.lists(st.integers(0, 900), min_size=1, max_size=24).map(tuple))
DAYS = st.lists(st.floats(0.1, 10), min_size=24, max_size=24)
UNITS = st.integers(0, 3 * 10**9)


def reserved_total(profile, kind, blocks, term):
    """The monthly cost of a number of blocks with the rest at list price."""
    charges = reserved_charges("Main", profile, Reservation(kind, blocks, term))
    return round(price_charges(charges, BOOK, REGION).total, 12)


@given(PROFILES, KINDS, TERMS)
def test_no_number_of_blocks_is_cheaper_than_the_best(profile, kind, term):
    """The chosen number of blocks costs no more than any other up to one above the peak."""
    best = best_reservation(profile, kind, term, BOOK, REGION)
    chosen = reserved_total(profile, kind, best.blocks, term)
    assert all(
        chosen <= reserved_total(profile, kind, blocks, term) for blocks in range(profile.peak // 100 + 2)
    )


@given(PROFILES, st.integers(0, 12))
def test_capacity_is_split_at_a_level_without_loss(profile, level):
    """What is above a level and what is below it add up to the whole."""
    below = CapacityProfile(tuple(min(units, level) for units in profile.hourly))
    assert round(profile.above(level).unit_hours() + below.unit_hours() - profile.unit_hours(), 12) == 0


@settings(max_examples=20, deadline=None)
@given(DAYS, UNITS, UNITS, st.integers(0, 10**13))
def test_the_cheapest_mix_is_never_above_a_single_mode(hours, reads, writes, stored):
    """On-demand, fixed for the peak and scaled, in both classes, priced apart, are never below the mix."""
    use = TableUse(
        (TableLoad("Main", read_units=reads, write_units=writes, stored_bytes=stored),), weekly_shape(hours)
    )
    mix = cheapest_mix(use, BOOK, REGION)
    cheapest = mix.cheapest.bill.total
    for table_class in TableClass:
        on_demand = TableLoad("Main", None, reads, writes, stored, table_class=table_class)
        assert cheapest <= dynamodb_bill([on_demand], BOOK, REGION).total
        for mode in (Mode.FIXED, Mode.SCALED):
            if mix.option(mode, table_class).refused > use.tolerated:
                continue
            profiles = capacity_profiles(use, mode)
            read, write = (profiles[None, kind].unit_hours() / 730 for kind in (Kind.READ, Kind.WRITE))
            load = TableLoad(
                "Main", None, 0, 0, stored, ProvisionedCapacity(read, write), table_class=table_class
            )
            assert round(cheapest - dynamodb_bill([load], BOOK, REGION).total, 18) <= 0


@settings(max_examples=10, deadline=None)
@given(DAYS, st.integers(10**8, 2 * 10**9), st.integers(10**8, 10**9))
def test_the_cheapest_mix_with_blocks_is_that_of_all_numbers_of_blocks(hours, reads, writes):
    """No pair of numbers of blocks, for reads and for writes, beats the scaled mode with its reservation."""
    use = TableUse((TableLoad("Main", read_units=reads, write_units=writes),), weekly_shape(hours))
    profiles = capacity_profiles(use, Mode.SCALED)
    found = cheapest_mix(use, BOOK, REGION).option(Mode.SCALED, TableClass.STANDARD, Term.ONE_YEAR).bill.total
    read, write = profiles[None, Kind.READ], profiles[None, Kind.WRITE]
    costs = [
        [reserved_total(profile, kind, blocks, Term.ONE_YEAR) for blocks in range(profile.peak // 100 + 2)]
        for profile, kind in ((read, Kind.READ), (write, Kind.WRITE))
    ]
    assert abs(found - min(a + b for a, b in product(*costs))) < Decimal("1e-9")


@settings(max_examples=30, deadline=None)
@given(DAYS, st.floats(0.5, 5000), st.sampled_from(["0.2", "0.5", "0.7", "0.9"]))
def test_scaled_capacity_stays_in_its_bounds(hours, mean, target):
    """Capacity never leaves the minimum and the maximum, and a day has at most 27 decreases."""
    policy = ScalingPolicy(Decimal(target), minimum=5, maximum=4000)
    run = simulate(weekly_shape(hours) * mean, policy)
    assert 5 <= min(run.capacity) <= max(run.capacity) <= 4000
    assert run.decreases <= 27
    assert 0 <= run.throttled < 1


@given(st.floats(0.5, 5000), st.sampled_from(["0.2", "0.5", "0.7", "0.9"]))
def test_even_traffic_settles_at_the_target(mean, target):
    """Without change capacity is the load over the target, rounded up, and nothing is refused."""
    run = simulate(np.full(120, mean), ScalingPolicy(Decimal(target)))
    expected = max(5, int(np.ceil(round(mean / float(target), 9))))
    assert set(run.capacity) <= {expected, expected + 1}
    assert (run.throttled, run.increases, run.decreases) == (0, 0, 0)


@settings(max_examples=20, deadline=None)
@given(DAYS)
def test_scaled_capacity_grows_in_proportion_for_large_loads(hours):
    """At a thousand units a second the ratio differs from the one at a hundred thousand by under 2 %."""
    shape = weekly_shape(hours)
    small, large = (provisioned_per_unit(shape, scale=scale) for scale in (1e3, 1e5))
    assert small == pytest.approx(large, rel=0.02)


@given(DAYS, st.lists(st.floats(0.1, 3), min_size=7, max_size=7))
def test_a_shape_keeps_mean_and_peak(hours, days):
    """The mean of all minutes is one, and the largest is the largest hour over the mean hour."""
    shape = weekly_shape(hours, days)
    assert shape.mean() == pytest.approx(1)
    assert shape.max() == pytest.approx(max(hours) / np.mean(hours) * max(days) / np.mean(days))


MONTHS = st.lists(st.integers(0, 10**6).map(Decimal), min_size=1, max_size=24).map(tuple)


@given(MONTHS, st.integers(0, 30))
def test_stored_bytes_are_those_that_counting_days_finds(months, retention):
    """The monthly mean is the mean over fine steps of what was written within the retention."""
    stored = Inflow(months, Decimal(retention) / 10).stored_bytes()
    steps = 20
    written = np.concatenate([[0.0], np.cumsum(np.repeat([float(month) / steps for month in months], steps))])
    kept = written - np.concatenate([np.zeros(retention * 2), written])[: len(written)]
    for month, found in enumerate(stored):
        part = kept[month * steps : (month + 1) * steps + 1]
        assert float(found) == pytest.approx((part.sum() - (part[0] + part[-1]) / 2) / steps, abs=1e-3)


@given(st.integers(1, 10**9).map(Decimal), st.integers(1, 12))
def test_storage_settles_at_inflow_times_retention(each, retention):
    """After a month more than the retention the stored bytes no longer change."""
    stored = Inflow((each,) * 24, Decimal(retention)).stored_bytes()
    assert set(stored[retention + 1 :]) == {steady_bytes(each, Decimal(retention))}


@given(MONTHS)
def test_without_retention_nothing_leaves(months):
    """The mean of a month is all of the months before and half of its own."""
    stored = Inflow(months, initial_bytes=Decimal(7)).stored_bytes()
    assert list(stored) == [7 + sum(months[:month]) + months[month] / 2 for month in range(len(months))]
