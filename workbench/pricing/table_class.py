"""Where Standard-IA becomes cheaper than Standard, and where Standard does again."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.pricing.dimensions import Service

if TYPE_CHECKING:
    from workbench.pricing.book import PriceBook


def to_infrequent_access_above(book: PriceBook, region: str, requests: str = "on_demand_wru") -> Decimal:
    """Storage cost over request cost, both in Standard, above which Standard-IA is cheaper.

    Args:
        book: Prices.
        region: AWS region code.
        requests: Dimension of the requests without its class, such as `provisioned_rcu`.

    Raises:
        InputError: A price that this region lacks.

    Source: prices-class-switch
    """
    dearer, cheaper = _ratios(book, region, requests)
    return (dearer - 1) / (1 - cheaper)


def to_standard_below(book: PriceBook, region: str, requests: str = "on_demand_wru") -> Decimal:
    """Storage cost over request cost, both in Standard-IA, below which Standard is cheaper.

    Args:
        book: Prices.
        region: AWS region code.
        requests: Dimension of the requests without its class.

    Raises:
        InputError: A price that this region lacks.

    Source: prices-class-switch
    """
    dearer, cheaper = _ratios(book, region, requests)
    return to_infrequent_access_above(book, region, requests) * cheaper / dearer


def _ratios(book: PriceBook, region: str, requests: str) -> tuple[Decimal, Decimal]:
    standard, infrequent, stored, stored_infrequent = (
        book.price(service=Service.DYNAMODB, region=region, dimension=name).usd
        for name in (
            f"{requests}_standard",
            f"{requests}_standard_ia",
            "storage_standard",
            "storage_standard_ia",
        )
    )
    return infrequent / standard, stored_infrequent / stored
