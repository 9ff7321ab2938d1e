"""Data that leaves: to the internet in bands, to other regions, between zones."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.pricing.bill import Charge
from workbench.pricing.dimensions import Dimension, Service
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

_FREE_GB = Decimal(100)
_BANDS = (
    (Dimension.INTERNET_OUT_TO_10TB, Decimal(10 * 1024)),
    (Dimension.INTERNET_OUT_TO_50TB, Decimal(40 * 1024)),
    (Dimension.INTERNET_OUT_TO_150TB, Decimal(100 * 1024)),
    (Dimension.INTERNET_OUT_ABOVE_150TB, None),
)


def internet_charges(resource: str, gigabytes: Decimal, *, free_band: bool = False) -> tuple[Charge, ...]:
    """What data to the internet is billed for, band by band.

    Args:
        resource: What sends it.
        gigabytes: Data in a month [GB].
        free_band: Leave out the first 100 GB of the account.

    Source: prices-transfer
    """
    billed = max(Decimal(0), gigabytes - (_FREE_GB if free_band else 0))
    return tuple(_bands(resource, billed))


def inter_region_charges(resource: str, gigabytes: Decimal, to_region: str) -> tuple[Charge, ...]:
    """What data to another region is billed for.

    Args:
        resource: What sends it.
        gigabytes: Data in a month [GB].
        to_region: Where it goes, for the name of the line.

    Source: prices-transfer
    """
    return _some(resource, f"transfer to {to_region}", Dimension.INTER_REGION_OUT, gigabytes)


def cross_zone_charges(resource: str, gigabytes: Decimal) -> tuple[Charge, ...]:
    """What data between zones is billed for, once on each side.

    Args:
        resource: What sends it.
        gigabytes: Data in a month [GB].

    Source: prices-transfer
    """
    return _some(resource, "transfer between zones, both sides", Dimension.CROSS_AZ, 2 * gigabytes)


def _bands(resource: str, left: Decimal) -> Iterator[Charge]:
    for dimension, width in _BANDS:
        part = left if width is None else min(left, width)
        left -= part
        yield from _some(resource, "transfer to the internet", dimension, part)


def _some(resource: str, component: str, dimension: str, gigabytes: Decimal) -> tuple[Charge, ...]:
    if not gigabytes:
        return ()
    count = Quantity.of(gigabytes)
    return (Charge(component, resource, None, Service.DATA_TRANSFER, dimension, count),)
