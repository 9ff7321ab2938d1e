"""Bills of caches, by hand from prices of us-east-1."""

from decimal import Decimal

import pytest

from workbench.errors import InputError
from workbench.pricing import PriceBook, Quantity
from workbench.pricing.elasticache import CacheEngine, CacheNodes, ServerlessCache, cache_bill, cache_charges

REGION = "us-east-1"


@pytest.fixture(scope="module")
def book():
    """The newest snapshot of the project."""
    return PriceBook.newest()


def test_nodes_are_billed_by_the_hour(book):
    """Two cache.r7g.large of Valkey and 10 GB of backups: 2 x 730 x 0.1752 + 0.85."""
    cache = CacheNodes(CacheEngine.VALKEY, "cache.r7g.large", 2, backup_gb=Decimal(10))
    assert [line.usd for line in cache_bill(cache, book, REGION).lines] == [
        Decimal("255.792"),
        Decimal("0.850"),
    ]


def test_an_idle_serverless_cache_costs_its_least_bytes(book):
    """100 MB of Valkey cost 730 x 0.1 x 0.084; 1 GB of Redis OSS 730 x 0.125."""
    least = [cache_bill(ServerlessCache(engine), book, REGION).total for engine in CacheEngine]
    assert least == [Decimal("6.132"), Decimal("91.25")]


def test_serverless_bytes_follow_the_users(book):
    """A MB a user: the least up to 100 users, then a MB more each; 3 million units cost 0.0069."""
    held = Quantity(per_dau=Decimal(1), factor=Decimal("0.001"))
    stored, worked = cache_charges(ServerlessCache(CacheEngine.VALKEY, held, Decimal(3_000_000)))
    assert [stored.quantity.at(dau) for dau in (0, 100, 200)] == [73, 73, 146]
    assert worked.quantity.at(0) * Decimal("0.0023") == Decimal("0.0069")
    assert book.price(service="elasticache", region=REGION, dimension=stored.dimension).unit == "GB-hour"


def test_nodes_without_a_price_are_named(book):
    """A node type that the snapshot lacks is an error that names it."""
    with pytest.raises(InputError, match=r"valkey_node:cache\.r9\.large"):
        cache_bill(CacheNodes(CacheEngine.VALKEY, "cache.r9.large"), book, REGION)
