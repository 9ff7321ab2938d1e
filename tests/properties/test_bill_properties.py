"""Laws that every bill and every cost curve obeys."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.compare import (
    DauDemand,
    RdsStep,
    crossings,
    dynamodb_curve,
    fixed_load,
    on_demand_load,
    rds_curve,
    sized_load,
)
from workbench.errors import InputError
from workbench.pricing import PriceBook, Quantity, RdsConfiguration, TableLoad, dynamodb_bill

BOOK = PriceBook.newest()
REGION = "us-east-1"
UNITS = st.integers(0, 10**10)
LOADS = st.lists(
    st.builds(
        TableLoad,
        table=st.sampled_from(["Main", "Users"]),
        index=st.sampled_from([None, "GSI1"]),
        read_units=UNITS,
        write_units=UNITS,
        stored_bytes=UNITS,
        pitr=st.booleans(),
    ),
    max_size=5,
)
DEMANDS = st.lists(
    st.builds(
        DauDemand,
        table=st.just("Main"),
        index=st.sampled_from([None, "GSI1", "GSI2"]),
        read_units_per_dau=st.decimals(0, 100_000, places=3),
        write_units_per_dau=st.decimals(0, 50_000, places=3),
        bytes_per_dau=st.decimals(0, 10**8, places=0),
        peak_to_mean=st.decimals(1, 8, places=2),
    ),
    min_size=1,
    max_size=3,
)


@given(LOADS)
def test_a_bill_is_the_sum_of_its_lines(loads):
    """Each line is quantity x price, and the total is the sum of the lines."""
    bill = dynamodb_bill(loads, BOOK, REGION)
    assert all(line.usd == line.quantity * line.price.usd for line in bill.lines)
    assert bill.total == sum((line.usd for line in bill.lines), Decimal(0))


@given(LOADS, st.integers(1, 10**9))
def test_more_load_never_costs_less(loads, more):
    """Adding writes, reads or bytes to every table raises the bill or leaves it."""
    heavier = [
        TableLoad(
            load.table,
            load.index,
            load.read_units + more,
            load.write_units + more,
            load.stored_bytes + more,
            pitr=load.pitr,
        )
        for load in loads
    ]
    assert dynamodb_bill(heavier, BOOK, REGION).total >= dynamodb_bill(loads, BOOK, REGION).total


@given(st.integers(1, 10**13))
def test_an_idle_on_demand_table_costs_its_storage_only(stored):
    """Without requests the only line is storage."""
    bill = dynamodb_bill([TableLoad("Main", stored_bytes=stored)], BOOK, REGION)
    assert [line.component for line in bill.lines] == ["storage"]


def test_an_empty_idle_table_costs_nothing():
    """Without requests and bytes there is no line."""
    assert dynamodb_bill([TableLoad("Main")], BOOK, REGION).lines == ()


def test_every_region_lacking_a_price_fails_by_name():
    """PITR is priced in three regions; in each other one the error names region and dimension."""
    known = BOOK.regions(service="dynamodb", dimension="pitr_storage")
    regions = BOOK.regions(service="dynamodb", dimension="storage_standard")
    assert len(known) == 3
    for region in set(regions) - set(known):
        with pytest.raises(InputError, match=rf"dynamodb\.{region}\.pitr_storage: no price"):
            dynamodb_bill([TableLoad("Main", stored_bytes=1, pitr=True)], BOOK, region)


@given(DEMANDS, st.lists(st.integers(0, 10**8), min_size=1, max_size=8))
def test_the_fast_curve_equals_the_exact_bill(demands, dau):
    """A curve's array agrees with its bills to a billionth."""
    curve = dynamodb_curve("on-demand", [on_demand_load(demand) for demand in demands], BOOK, REGION)
    exact = [float(curve.bill(users).total) for users in dau]
    assert np.allclose(curve.usd_per_month(dau), exact, rtol=1e-9)


@given(DEMANDS, st.integers(0, 10**6))
def test_a_curve_is_the_bill_of_the_same_load(demands, dau):
    """A curve at a number of users equals the bill made for that number."""
    loads = [sized_load(demand) for demand in demands]
    curve = dynamodb_curve("sized", loads, BOOK, REGION)
    assert curve.bill(dau) == dynamodb_bill(loads, BOOK, REGION, dau=dau)
    assert curve.usd(dau) == curve.bill(dau).total


QUANTITIES = st.builds(
    Quantity,
    fixed=st.decimals(0, 20, places=2),
    per_dau=st.decimals(0, 3, places=3),
    whole=st.booleans(),
    minimum=st.decimals(0, 30, places=1),
)


@given(QUANTITIES, st.integers(0, 50))
def test_a_quantity_is_straight_between_its_steps(quantity, low):
    """Between two steps the second differences vanish, and a whole quantity does not move at all."""
    high = low + 60
    edges = [low, *quantity.steps(low, high), high + 1]
    for start, end in pairwise(edges):
        values = [quantity.at(dau) for dau in range(start, end)]
        rises = {after - before for before, after in pairwise(values)}
        assert len(rises) <= 1
        assert not quantity.whole or rises <= {Decimal(0)}


STEPS = [
    RdsStep("small", 300, RdsConfiguration("db.t3.medium", Decimal(20))),
    RdsStep("medium", 900, RdsConfiguration("db.r5.large", Decimal(60))),
    RdsStep("large", 1500, RdsConfiguration("db.t3.large", Decimal(100))),
    RdsStep("huge", None, RdsConfiguration("db.r5.2xlarge", Decimal(200), read_replicas=2)),
]


@settings(max_examples=40, deadline=None)
@given(DEMANDS, st.booleans(), st.integers(0, 200))
def test_crossings_are_those_that_counting_every_user_finds(demands, sized, low):
    """All crossings with RDS below 2,500 users, found without looking at every number, equal brute force."""
    make = sized_load if sized else on_demand_load
    ours = dynamodb_curve("DynamoDB", [make(demand) for demand in demands], BOOK, REGION)
    theirs = rds_curve("RDS", STEPS, BOOK, REGION)
    expected, known = [], 0
    for dau in range(low, 2501):
        difference = ours.usd(dau) - theirs.usd(dau)
        sign = (difference > 0) - (difference < 0)
        if sign and known and sign != known:
            expected.append((dau, "RDS" if sign > 0 else "DynamoDB"))
        known = sign or known
    found = crossings(ours, theirs, low, 2500)
    assert [(one.dau, one.cheaper_above) for one in found] == expected


@given(DEMANDS, st.integers(1, 10**6))
def test_fixed_capacity_costs_the_same_for_any_number_of_users_but_storage(demands, dau):
    """The capacity lines of a fixed capacity do not depend on the users."""
    curve = dynamodb_curve("fixed", [fixed_load(demand, rcu=50, wcu=20) for demand in demands], BOOK, REGION)
    lines = [line.usd for line in curve.bill(dau).lines if line.component.startswith("provisioned")]
    assert lines == [Decimal("9.49000"), Decimal("4.74500")] * len(demands)
