"""What a cache saves of a case's reads, what it costs, and from how many users on it pays."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.model.caching import ttl_hit_ratio
from workbench.pricing.bill import STANDARD
from workbench.pricing.dimensions import Service
from workbench.pricing.elasticache import BYTES_PER_ECPU, CacheNodes, ServerlessCache, cache_bill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.pricing.bill import Bill
    from workbench.pricing.book import Price, PriceBook
    from workbench.pricing.elasticache import CacheEngine
    from workbench.spec.access import PatternBase
    from workbench.spec.cache_policy import CachePolicy, KeptAnswer
    from workbench.spec.case import Case
    from workbench.spec.measured import Measurement

SECONDS_PER_DAY = 86_400
DAYS_PER_MONTH = float(STANDARD.hours_per_month) / 24
MOST_DAU = 10**9


@dataclass(frozen=True, slots=True)
class KeptReads:
    """What a cache does for one pattern.

    Args:
        pattern: Its name.
        reads_per_key: Reads of one key [1/s].
        writes_per_key: Writes that void its answer [1/s].
        hit_ratio: Share of the reads that the cache answers, 0 to 1.
        read_units: Units that it saves [units per month].
        usd: What those cost on demand [USD per month].
        price: Price of a read unit.
    """

    pattern: str
    reads_per_key: float
    writes_per_key: float
    hit_ratio: float
    read_units: float
    usd: Decimal
    price: Price


@dataclass(frozen=True, slots=True)
class CacheSaving:
    """What a cache saves and costs at a number of users.

    Args:
        dau: Daily active users.
        reads: One entry a kept pattern.
        bill: Of the cache.
    """

    dau: int
    reads: tuple[KeptReads, ...]
    bill: Bill

    @property
    def saved_usd(self) -> Decimal:
        """What the reads would have cost [USD per month]."""
        return sum((one.usd for one in self.reads), Decimal(0))

    @property
    def net_usd(self) -> Decimal:
        """What is left of it after the cache is paid [USD per month]; below zero where it does not pay."""
        return self.saved_usd - self.bill.total


@dataclass(frozen=True)
class CachePlan:
    """A case behind a cache.

    Keys are asked for evenly and at random times. Real requests favour some keys and come in sessions; both
    raise hits, so savings are bounds from below.

    Args:
        case: Its design and its rates.
        measured: Units of its patterns and sizes of its items.
        policy: What is kept.
        book: Prices.
        region: AWS region code.
    """

    case: Case
    measured: Measurement
    policy: CachePolicy
    book: PriceBook
    region: str

    def nodes(self, dau: int, nodes: CacheNodes) -> CacheSaving:
        """Returns what a cache of nodes saves.

        Raises:
            InputError: Every price that the region lacks.

        Source: ttl-renewal, prices-elasticache
        """
        return CacheSaving(dau, tuple(self._reads(dau)), cache_bill(nodes, self.book, self.region))

    def serverless(self, dau: int, engine: CacheEngine) -> CacheSaving:
        """Returns what a cache without nodes saves, which bills what it holds and what it moves.

        Raises:
            InputError: Every price that the region lacks.

        Source: ttl-renewal, prices-elasticache
        """
        reads = tuple(self._reads(dau))
        held = sum(self._keys(name, dau) * self._answer_bytes(name) for name in self.policy.answers)
        moved = sum(self._work(name, dau) for name in self.policy.answers)
        cache = ServerlessCache(
            engine, Decimal(held) / STANDARD.bytes_per_gb, Decimal(moved) / Decimal(10**6)
        )
        return CacheSaving(dau, reads, cache_bill(cache, self.book, self.region))

    def pays_from_dau(self, nodes: CacheNodes) -> int | None:
        """Returns the least number of users at which nodes pay [DAU]; None where 10^9 are too few."""
        low, high = 0, 1
        while self.nodes(high, nodes).net_usd < 0:
            low, high = high, high * 4
            if high > MOST_DAU:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.nodes(middle, nodes).net_usd >= 0 else (middle, high)
        return high

    def _reads(self, dau: int) -> Iterator[KeptReads]:
        for name, kept in self.policy.answers.items():
            keys = self._keys(name, dau)
            asked = self._requests(name, dau) * self._elements(name)
            reads, writes = asked / keys, self._writes(kept, dau) / keys
            ratio = ttl_hit_ratio(reads, kept.seconds, writes)
            units = self._requests(name, dau) * sum(self.measured.units[name].values()) * ratio
            monthly = units * SECONDS_PER_DAY * DAYS_PER_MONTH
            price = self._price(self._pattern(name))
            yield KeptReads(name, reads, writes, ratio, monthly, Decimal(monthly) * price.usd / 10**6, price)

    def _pattern(self, name: str) -> PatternBase:
        return self.case.design.patterns[name]

    def _keys(self, name: str, dau: int) -> int:
        keys = self.policy.answers[name].keys
        return max(1, dau) if keys == "dau" else keys

    def _requests(self, name: str, dau: int) -> float:
        return self.case.workload.requests_per_dau_day(name) * dau / SECONDS_PER_DAY

    def _elements(self, name: str) -> float:
        pattern = self._pattern(name)
        return float(getattr(pattern, "expected_items", 1)) if getattr(pattern, "for_each", ()) else 1.0

    def _writes(self, kept: KeptAnswer, dau: int) -> float:
        voiding = (name for name, tags in self.policy.voids.items() if kept.tag in tags)
        return sum(self._requests(name, dau) for name in voiding)

    def _answer_bytes(self, name: str) -> float:
        pattern = self._pattern(name)
        table = self.case.design.entities[pattern.entity].table
        each = float(self.measured.entities[pattern.entity].billed_bytes_per_item[table])
        return each * float(getattr(pattern, "expected_items", 1)) / self._elements(name)

    def _work(self, name: str, dau: int) -> float:
        """Returns processing units of a month: each begun KB that a read moves."""
        steps = -(-self._answer_bytes(name) // BYTES_PER_ECPU)
        asked = self._requests(name, dau) * self._elements(name)
        return asked * steps * SECONDS_PER_DAY * DAYS_PER_MONTH

    def _price(self, pattern: PatternBase) -> Price:
        table = self.case.design.tables[self.case.design.entities[pattern.entity].table]
        kind = "standard" if table.table_class == "STANDARD" else "standard_ia"
        return self.book.price(
            service=Service.DYNAMODB, region=self.region, dimension=f"on_demand_rru_{kind}"
        )
