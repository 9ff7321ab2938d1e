"""Ten thousand bills at once are the exact ones: every mode, drawn assumptions, whole units and blocks."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from workbench.compare.case_costs import ON_DEMAND, SIZED, case_demands, dynamodb_loads
from workbench.compare.case_model import case_model
from workbench.compare.draws import draw
from workbench.compare.vector_bills import VectorBills
from workbench.errors import InputError
from workbench.pricing import PriceBook, dynamodb_bill
from workbench.pricing.bill import price_charges
from workbench.pricing.dynamodb import TableClass
from workbench.pricing.profile import CapacityProfile
from workbench.pricing.reserved import Kind, Term, best_reservation, reserved_charges
from workbench.spec import load_case
from workbench.spec.measured import load_measurement
from workbench.spec.sql_profile import load_sql_profile

REGION = "us-east-1"
CASE = load_case("algoitny")
MEASURED = load_measurement(CASE.directory)
MODEL = case_model(CASE.design, CASE.workload, MEASURED, load_sql_profile(CASE.directory))
DAU = np.array([0.0, 1.0, 100.0, 12_345.0, 1_000_000.0, 80_000_000.0])
SEEDS = range(3)
PLAIN = {
    "on demand, Standard": ON_DEMAND,
    "on demand, Standard-IA": ON_DEMAND,
    "provisioned for the peak, Standard": SIZED,
    "provisioned for the peak, Standard-IA": SIZED,
}


@pytest.fixture(scope="module")
def book():
    """The newest snapshot of the project."""
    return PriceBook.newest()


@pytest.fixture(scope="module")
def bills(book):
    """The bills of AlgoItny in us-east-1."""
    return VectorBills(MODEL, book, REGION)


def drawn_demands(seed, table_class):
    """The assumptions of a seed as one row, and what its users ask of each place in a table class."""
    values = draw(MODEL.assumptions, 1, seed)
    taken = dict(zip(MODEL.assumptions, values[0].tolist(), strict=True))
    own = {
        name: one.model_copy(update={"value": taken[name]}) for name, one in CASE.workload.assumptions.items()
    }
    workload = CASE.workload.model_copy(update={"assumptions": own})
    demands = case_demands(CASE.design, workload, MEASURED)
    return values, tuple(replace(demand, table_class=table_class) for demand in demands)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PLAIN)
def test_each_mode_and_class_costs_what_the_exact_bill_says(bills, book, seed, name):
    """On demand and for the peak, in both classes: throughput and storage each."""
    values, demands = drawn_demands(
        seed, TableClass.STANDARD_IA if name.endswith("IA") else TableClass.STANDARD
    )
    found = bills.bills(values, DAU)[name]
    loads = dynamodb_loads(PLAIN[name], CASE.design, demands)
    for column, dau in enumerate(DAU):
        exact = dynamodb_bill(loads, book, REGION, dau=int(dau))
        stored = sum(
            (line.usd for line in exact.lines if "storage" in line.price.dimension), start=Decimal(0)
        )
        assert found.storage[0, column] == pytest.approx(float(stored), rel=1e-9)
        assert found.total[0, column] == pytest.approx(float(exact.total), rel=1e-9)


@pytest.mark.parametrize("term", Term)
@pytest.mark.parametrize("seed", SEEDS)
def test_reserved_capacity_costs_what_the_best_blocks_of_each_place_cost(bills, book, seed, term):
    """Blocks are chosen and charged by the functions that price a single month."""
    values, demands = drawn_demands(seed, TableClass.STANDARD)
    found = bills.bills(values, DAU)[f"provisioned for the peak, reserved {term} yr"]
    for column, dau in enumerate(DAU):
        charges = []
        for load in dynamodb_loads(SIZED, CASE.design, demands):
            for kind, capacity in ((Kind.READ, load.capacity.rcu), (Kind.WRITE, load.capacity.wcu)):
                profile = CapacityProfile((int(capacity.at(int(dau))),))
                blocks = best_reservation(profile, kind, term, book, REGION)
                charges.extend(reserved_charges(load.table, profile, blocks))
        exact = price_charges(charges, book, REGION)
        assert found.throughput[0, column] == pytest.approx(float(exact.total), rel=1e-9)


def test_many_draws_are_priced_like_each_alone(bills):
    """Draws are cut into chunks for speed; no cut shows."""
    values, dau = draw(MODEL.assumptions, 700, 5), np.geomspace(1, 1e8, 50).round()
    together = bills.bills(values, dau)
    for number in (0, 326, 327, 699):
        alone = bills.bills(values[[number]], dau)
        for name, bill in together.items():
            assert bill.total[number] == pytest.approx(alone[name].total[0], rel=1e-12)


def test_a_mode_without_prices_is_left_out_by_name(book):
    """Without the region's price of recovery no mode is priced, and the error names that price."""
    with pytest.raises(InputError, match=r"dynamodb\.sa-east-1\.pitr_storage"):
        VectorBills(MODEL, book, "sa-east-1").bills(draw(MODEL.assumptions, 1, 1), DAU)
