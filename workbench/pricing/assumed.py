"""Prices that no source states for a region, assumed in proportion to another one that it has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.pricing.book import Price, PriceBook, Strength
from workbench.pricing.dimensions import Dimension, Service

if TYPE_CHECKING:
    from decimal import Decimal

PROPORTIONS = {Dimension.PITR_STORAGE: Dimension.STORAGE_STANDARD}
"""Dimension to the one that its price follows in every region where both are known."""


def book_for(region: str) -> PriceBook:
    """Returns the newest snapshot, with a price for each dimension that can be assumed for a region.

    Raises:
        InputError: DynamoDB has no prices in the region; lists the regions where it has.
    """
    return with_assumed(PriceBook.newest().of_region(region), region)


def with_assumed(book: PriceBook, region: str) -> PriceBook:
    """Returns a book that has a price of strength `assumed` where a region lacks one that can be assumed.

    The price is the highest known proportion of the region's own base price, so that a bill is not too low;
    the source tells the range of the proportions and where they are known.

    Args:
        book: Prices.
        region: AWS region code.

    Source: prices-assumed
    """
    lacking = [
        (dimension, base)
        for dimension, base in PROPORTIONS.items()
        if (Service.DYNAMODB, region, dimension) not in book.prices
        and (Service.DYNAMODB, region, base) in book.prices
        and book.regions(service=Service.DYNAMODB, dimension=dimension)
    ]
    assumed = [_assumed(book, region, dimension, base) for dimension, base in lacking]
    return replace(book, prices={**book.prices, **{price.key: price for price in assumed}})


def _assumed(book: PriceBook, region: str, dimension: str, base: str) -> Price:
    known = _proportions(book, dimension, base)
    low, high = min(known.values()), max(known.values())
    own = book.price(service=Service.DYNAMODB, region=region, dimension=base)
    source = (
        f"no source states it: {high:.3f} times {base} as assumed, {low:.3f} to {high:.3f} times in "
        f"{', '.join(known)}"
    )
    return replace(
        own,
        dimension=dimension,
        usd=own.usd * high,
        source_id="prices-assumed",
        source=source,
        strength=Strength.ASSUMED,
    )


def _proportions(book: PriceBook, dimension: str, base: str) -> dict[str, Decimal]:
    """Returns the known proportions of a dimension to its base, by region."""
    found = {}
    for region in book.regions(service=Service.DYNAMODB, dimension=dimension):
        one, other = (
            book.price(service=Service.DYNAMODB, region=region, dimension=each).usd
            for each in (dimension, base)
        )
        found[region] = one / other
    return found
