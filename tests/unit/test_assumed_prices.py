"""What no source states for a region is assumed in proportion, marked, and never zero."""

from decimal import Decimal

import pytest
from click.testing import CliRunner

from workbench.cli import workbench
from workbench.errors import InputError
from workbench.pricing import PriceBook, Service, Strength, book_for

PITR = "pitr_storage"


def recovery(region):
    """The price of point-in-time recovery in a region."""
    return book_for(region).price(service=Service.DYNAMODB, region=region, dimension=PITR)


def test_recovery_is_assumed_as_the_highest_known_share_of_storage():
    """Frankfurt's storage costs 0.306; it is 0.20 of 0.25 in the US regions, 0.22 of 0.283 in Ireland."""
    price = recovery("eu-central-1")
    assert price.usd == Decimal("0.306") * Decimal("0.8")
    assert price.strength is Strength.ASSUMED
    assert price.source == (
        "no source states it: 0.800 times storage_standard as assumed, 0.777 to 0.800 times in eu-west-1, "
        "us-east-1, us-east-2"
    )


def test_a_price_that_a_source_states_stays():
    """Where recovery has a price nothing is assumed."""
    for region in ("eu-west-1", "us-east-1", "us-east-2"):
        stated = PriceBook.newest().price(service=Service.DYNAMODB, region=region, dimension=PITR)
        assert recovery(region) == stated


def test_every_region_of_dynamodb_can_price_recovery():
    """All 31 have a price above zero, 28 of them assumed."""
    regions = PriceBook.newest().regions(service=Service.DYNAMODB, dimension="storage_standard")
    prices = [recovery(region) for region in regions]
    assert all(price.usd > 0 for price in prices)
    assert sum(price.strength is Strength.ASSUMED for price in prices) == 28


def test_nothing_else_is_assumed():
    """A backup in Frankfurt still has no price."""
    with pytest.raises(InputError, match=r"dynamodb\.eu-central-1\.backup_warm"):
        book_for("eu-central-1").price(service="dynamodb", region="eu-central-1", dimension="backup_warm")


def test_a_bill_says_which_of_its_lines_are_assumed():
    """Where recovery has no stated price its lines are marked, and no others are."""
    run = CliRunner().invoke(
        workbench, ["cost", "algoitny", "--region", "us-west-2", "--format", "csv"], catch_exceptions=False
    )
    lines = [line for line in run.stdout.splitlines() if "DynamoDB as designed" in line]
    marked = [line for line in lines if ",assumed,True," in line]
    assert marked
    assert all("point-in-time recovery" in line for line in marked)
    assert len(marked) < len(lines)
