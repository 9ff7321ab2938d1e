"""Bills against published ones, to the cent."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import yaml

from workbench.compare import break_even_utilisation
from workbench.pricing import (
    Charge,
    Conventions,
    PriceBook,
    ProvisionedCapacity,
    Quantity,
    RdsConfiguration,
    TableClass,
    TableLoad,
    dynamodb_bill,
    price_charges,
    rds_bill,
)
from workbench.pricing.rds import StorageType

EXAMPLES = yaml.safe_load(Path(__file__).with_name("cost_examples.yaml").read_text(encoding="utf-8"))
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def book():
    """The newest snapshot of the project."""
    return PriceBook.newest()


def cents(usd):
    """An amount rounded as an invoice rounds it."""
    return usd.quantize(CENT, rounding=ROUND_HALF_UP)


def table_load(given):
    """A load from an example's fields."""
    capacity = ProvisionedCapacity(given["rcu"], given["wcu"]) if "rcu" in given else None
    return TableLoad(
        given["table"],
        write_units=given.get("write_units", 0),
        read_units=given.get("read_units", 0),
        stored_bytes=given.get("stored_gb", 0) * 2**30,
        capacity=capacity,
        table_class=TableClass(given.get("table_class", "standard")),
    )


def charge(given):
    """A charge from an example's fields."""
    count = Quantity.of(given["count"])
    return Charge("example", "example", None, given["service"], given["dimension"], count)


def configuration(given):
    """A deployment from an example's fields."""
    numbers = {name: Decimal(given[name]) for name in ("storage_gb", "iops", "backup_gb") if name in given}
    words = {name: given[name] for name in ("instance_class", "multi_az", "proxy_vcpu") if name in given}
    return RdsConfiguration(**numbers, **words, storage_type=StorageType(given.get("storage_type", "gp3")))


def bill_of(example, book):
    """The bill of an example."""
    if example["kind"] == "rds":
        return rds_bill(configuration(example["rds"]), book, example["region"])
    conventions = Conventions(free_tier=example.get("free_tier", False))
    if example["kind"] == "dynamodb":
        loads = [table_load(load) for load in example["loads"]]
        return dynamodb_bill(loads, book, example["region"], conventions=conventions)
    return price_charges(map(charge, example["charges"]), book, example["region"], conventions=conventions)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_a_published_bill_is_met_to_the_cent(example, book):
    """Each line and the total equal the published amounts."""
    bill = bill_of(example, book)
    assert [str(cents(line.usd)) for line in bill.lines] == example["usd"]
    assert str(cents(bill.total)) == example["total"]


@pytest.mark.parametrize(
    ("years", "saving"),
    [(1, Decimal("0.54")), (3, Decimal("0.77"))],
)
def test_reserved_writes_save_what_aws_states(years, saving, book):
    """Upfront spread over the term plus the hourly rate is 54 % or 77 % below the list price."""
    prices = {
        name: book.price(service="dynamodb", region="us-east-1", dimension=name).usd
        for name in (
            f"reserved_wcu_{years}yr_upfront",
            f"reserved_wcu_{years}yr_hourly",
            "provisioned_wcu_standard",
        )
    }
    upfront, hourly, listed = prices.values()
    effective = (upfront / (years * 8760) + hourly) / 100
    assert round(1 - effective / listed, 2) == saving


def test_on_demand_and_provisioned_cost_the_same_at_29_percent(book):
    """In us-east-1 both kinds break even at 0.00065 / 3600 x 1,000,000 / 0.625 = 28.89 %."""
    assert round(break_even_utilisation(book, "us-east-1"), 4) == Decimal("0.2889")
    assert round(break_even_utilisation(book, "us-east-1", writes=False), 4) == Decimal("0.2889")


def test_break_even_utilisation_is_near_29_percent_everywhere(book):
    """Writes break even between 28.5 % and 29.5 % in each of the 31 regions."""
    regions = book.regions(service="dynamodb", dimension="on_demand_wru_standard")
    assert len(regions) == 31
    for region in regions:
        assert Decimal("0.285") <= break_even_utilisation(book, region) <= Decimal("0.295")
