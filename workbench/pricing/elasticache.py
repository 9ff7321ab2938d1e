"""What a cache in front of a database bills: ElastiCache nodes, or serverless by bytes and work."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from workbench.pricing.bill import STANDARD, Bill, Charge, Conventions, price_charges
from workbench.pricing.dimensions import Dimension, Service, cache_node
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from workbench.pricing.book import PriceBook


class CacheEngine(StrEnum):
    """Engines that a cache can run."""

    VALKEY = "valkey"
    REDIS_OSS = "redis_oss"


_LEAST_GB = {CacheEngine.VALKEY: Decimal("0.1"), CacheEngine.REDIS_OSS: Decimal(1)}
BYTES_PER_ECPU = 1024
"""A simple command takes one processing unit for each begun KB that it moves."""


@dataclass(frozen=True, slots=True)
class CacheNodes:
    """A cache of nodes.

    Args:
        engine: What the nodes run.
        node_type: Such as `cache.r7g.large`.
        nodes: Primaries and replicas together.
        backup_gb: Backups beyond the free one [GB].
    """

    engine: CacheEngine
    node_type: str
    nodes: int = 1
    backup_gb: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ServerlessCache:
    """A cache without nodes.

    Args:
        engine: What it runs.
        stored_gb: Bytes held on average, billed above the least of the engine [GB].
        ecpu: Processing units a month.
    """

    engine: CacheEngine
    stored_gb: Quantity | Decimal | int = 0
    ecpu: Quantity | Decimal | int = 0


def cache_charges(
    cache: CacheNodes | ServerlessCache, conventions: Conventions = STANDARD
) -> tuple[Charge, ...]:
    """What a cache is billed for; what is zero is left out.

    Source: prices-elasticache
    """
    parts = _nodes(cache, conventions) if isinstance(cache, CacheNodes) else _serverless(cache, conventions)
    return tuple(
        Charge(component, "cache", None, Service.ELASTICACHE, dimension, count)
        for component, dimension, count in parts
        if not count.is_zero
    )


def cache_bill(
    cache: CacheNodes | ServerlessCache, book: PriceBook, region: str, conventions: Conventions = STANDARD
) -> Bill:
    """The monthly bill of a cache.

    Raises:
        InputError: Every price that this region lacks.
    """
    return price_charges(cache_charges(cache, conventions), book, region, conventions=conventions)


def _nodes(cache: CacheNodes, conventions: Conventions) -> tuple[tuple[str, str, Quantity], ...]:
    hours = Quantity.of(cache.nodes * conventions.hours_per_month)
    return (
        (f"node {cache.node_type}", cache_node(cache.engine, cache.node_type), hours),
        ("backup storage", Dimension.BACKUP_STORAGE, Quantity.of(cache.backup_gb)),
    )


def _serverless(cache: ServerlessCache, conventions: Conventions) -> tuple[tuple[str, str, Quantity], ...]:
    held = Quantity.of(cache.stored_gb)
    least = max(held.minimum, _LEAST_GB[cache.engine])
    billed = Quantity(held.fixed, held.per_dau, minimum=least / held.factor, factor=held.factor)
    return (
        (
            "serverless data",
            f"serverless_{cache.engine}_storage",
            billed.scaled(conventions.hours_per_month),
        ),
        ("serverless processing", f"serverless_{cache.engine}_ecpu", Quantity.of(cache.ecpu)),
    )
