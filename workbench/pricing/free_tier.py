"""The free bands of an account: off by default, drawn down across all tables when on."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.pricing.dimensions import Dimension, Service

if TYPE_CHECKING:
    from workbench.pricing.book import Price, PriceBook

_BANDS: dict[str, tuple[Dimension, Decimal]] = {
    Dimension.STORAGE_STANDARD: (Dimension.FREE_BAND_STORAGE_STANDARD, Decimal(25)),
    Dimension.PROVISIONED_WCU_STANDARD: (Dimension.FREE_BAND_PROVISIONED, Decimal(18_600)),
    Dimension.PROVISIONED_RCU_STANDARD: (Dimension.FREE_BAND_PROVISIONED, Decimal(18_600)),
    Dimension.STREAMS_READ: (Dimension.FREE_BAND_STREAMS, Decimal(25)),
}


class FreeTier:
    """What is left of the free bands of one account in one region during one month.

    The bands are 25 GB of Standard storage, 18,600 hours each of RCU and WCU, and 2.5 million stream reads.

    Source: prices-free-tier
    """

    def __init__(self, book: PriceBook, region: str) -> None:
        self._book = book
        self._region = region
        self._left = {dimension: quantity for dimension, (_, quantity) in _BANDS.items()}

    def take(self, service: str, dimension: str, quantity: Decimal) -> tuple[Decimal, Price | None]:
        """The free part of a quantity, in the unit of its price, and the price of the free band.

        Raises:
            InputError: The band is not known for this region.
        """
        if service != Service.DYNAMODB or dimension not in self._left:
            return Decimal(0), None
        free = min(quantity, self._left[dimension])
        self._left[dimension] -= free
        band = _BANDS[dimension][0]
        return free, self._book.price(service=service, region=self._region, dimension=band)
