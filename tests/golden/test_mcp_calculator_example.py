"""The end-to-end example of AWS Labs' calculator: nine patterns, three tables, a month of 30.5 days.

Source: awslabs/mcp, cost_performance_calculator, its integration test of August 2026.
"""

from decimal import ROUND_HALF_UP, Decimal

import pytest

from workbench.pricing import Conventions, PriceBook, TableLoad, dynamodb_bill

MONTH = Conventions(hours_per_month=Decimal("30.5") * 24)
SECONDS = Decimal("30.5") * 86_400
HALF = Decimal("0.5")

RESOURCES = [
    # table, index, read units/s, write units/s, item bytes, items, requests USD, storage USD
    ("Users", None, 100 * HALF, 20, 200, 50_000_000, "49.41", "3.49"),
    ("Users", "email-index", 50 * HALF, 20, 100, 50_000_000, "41.18", "2.33"),
    ("Orders", None, 80, 40 + 30, 500, 200_000_000, "141.64", "27.94"),
    ("Orders", "status-index", 60 * HALF, 40 + 30, 150, 200_000_000, "125.17", "11.64"),
    ("Orders", "date-index", 0, 40, 200, 200_000_000, "65.88", "13.97"),
    ("Sessions", None, 150 * HALF, 200, 300, 10_000_000, "354.11", "0.93"),
]


def load(resource, extra_writes=0):
    """The load of a resource; 100 bytes an item are added to its storage."""
    table, index, reads, writes, size, items, *_ = resource
    return TableLoad(table, index, reads * SECONDS, (writes + extra_writes) * SECONDS, (size + 100) * items)


def cents(usd):
    """An amount rounded as the example prints it."""
    return str(usd.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


@pytest.fixture(scope="module")
def book():
    """The newest snapshot of the project."""
    return PriceBook.newest()


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource[1] or resource[0])
def test_each_table_and_index_costs_what_the_example_prints(resource, book):
    """Rate x units x 2,635,200 s at 0.625 and 0.125 a million, and bytes with overhead at 0.25 a GB."""
    bill = dynamodb_bill([load(resource)], book, "us-east-1", conventions=MONTH)
    storage = bill.subtotal(component="storage")
    assert (cents(bill.total - storage), cents(storage)) == resource[-2:]


def test_the_whole_example_costs_what_it_prints(book):
    """777.38 for requests and 60.30 for storage: 837.69, rounded once."""
    bill = dynamodb_bill(map(load, RESOURCES), book, "us-east-1", conventions=MONTH)
    storage = bill.subtotal(component="storage")
    assert (cents(bill.total - storage), cents(storage), cents(bill.total)) == ("777.38", "60.30", "837.69")


def test_a_changed_key_costs_the_index_a_second_write(book):
    """The status update moves its index entry: 30 writes a second, 49.41, that the example leaves out."""
    plain, moved = (
        dynamodb_bill([load(RESOURCES[3], extra)], book, "us-east-1", conventions=MONTH) for extra in (0, 30)
    )
    assert cents(moved.total - plain.total) == "49.41"
