"""What a cache saves, against a calculation by hand."""

import math
from decimal import Decimal

import pytest

from workbench.compare.cache_saving import CachePlan
from workbench.pricing import PriceBook
from workbench.pricing.elasticache import CacheEngine, CacheNodes
from workbench.spec import load_case
from workbench.spec.cache_policy import load_policy
from workbench.spec.measured import load_measurement

CASE = load_case("order-processor")
NODES = CacheNodes(CacheEngine.REDIS_OSS, "cache.t4g.micro", 2)


@pytest.fixture(scope="module")
def plan():
    """The order processor behind a cache in us-east-1."""
    return CachePlan(
        CASE, load_measurement(CASE.directory), load_policy(CASE), PriceBook.newest(), "us-east-1"
    )


def test_prices_are_saved_as_by_hand(plan):
    """100,000 DAU: 30 pages of 10 prices a day, 40 keys kept 60 s, 720,000 writes a day that void them."""
    found = next(one for one in plan.nodes(100_000, NODES).reads if one.pattern == "get_prices")
    reads = 30 * 10 * 100_000 / 86_400 / 40
    writes = 0.005 * 1440 * 100_000 / 86_400 / 40
    hits = reads * (1 - math.exp(-writes * 60)) / writes
    ratio = hits / (1 + hits)
    assert (found.reads_per_key, found.writes_per_key) == pytest.approx((reads, writes))
    assert found.hit_ratio == pytest.approx(ratio)
    pages = 30 * 100_000 * 730 / 24
    assert float(found.usd) == pytest.approx(pages * 5 * ratio * 0.125 / 1e6)


def test_users_alone_hardly_hit_and_do_not_hit_more_with_more_users(plan):
    """A portfolio belongs to one user: more users bring more keys, and the same share of hits."""
    few, many = (
        next(one for one in plan.nodes(dau, NODES).reads if one.pattern == "get_portfolio")
        for dau in (100, 10_000_000)
    )
    assert few.hit_ratio == pytest.approx(many.hit_ratio)
    assert few.hit_ratio < 0.05


def test_two_small_nodes_cost_what_their_hours_cost(plan):
    """Two nodes at 0.016 an hour for 730 hours."""
    assert plan.nodes(10, NODES).bill.total == Decimal("23.36")


def test_a_cache_pays_from_the_users_whose_reads_cost_as_much(plan):
    """One user fewer, and it does not pay."""
    dau = plan.pays_from_dau(NODES)
    assert plan.nodes(dau, NODES).net_usd >= 0 > plan.nodes(dau - 1, NODES).net_usd


def test_a_cache_without_nodes_costs_its_least_when_nobody_asks(plan):
    """A tenth of a GB for 730 hours at 0.084, and next to no work."""
    assert float(plan.serverless(1, CacheEngine.VALKEY).bill.total) == pytest.approx(6.13, abs=0.01)


def test_nothing_is_saved_where_nobody_comes(plan):
    """Zero users read nothing; the nodes cost what they cost."""
    found = plan.nodes(0, NODES)
    assert found.saved_usd == 0
    assert found.net_usd == -found.bill.total
