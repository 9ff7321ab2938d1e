"""A cache in use: prices read and changed, its hit ratio beside the predicted one, stale answers counted."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from workbench.access.repository import Repository
from workbench.cache.read_through import ReadThrough
from workbench.cache.redis_cache import RedisCache
from workbench.engines.redis import RedisEngine
from workbench.items.maker import ItemMaker
from workbench.model.caching import lru_hit_ratio, zipf_shares
from workbench.spec.cache_policy import load_policy
from workbench.spec.case import Case

START = datetime(2045, 3, 1, tzinfo=UTC)
SECONDS = 3600
"""How long answers are kept, longer than a trial takes: only writes void them [s]."""

WARM_SHARE = 0.15
"""Share of the reads that come first and do not count."""


@dataclass(frozen=True, slots=True)
class HitTrial:
    """Reads and writes through a cache that has room for everything.

    Args:
        skew: Exponent of the popularity of the keys.
        keys: Different keys.
        reads: Reads that count.
        writes: Writes in the same time.
        predicted: Share of the reads that the cache answers by the model, 0 to 1.
        measured: Share that it did answer, 0 to 1.
        stale: Answers older than a write that was acknowledged before they were asked for.
    """

    skew: float
    keys: int
    reads: int
    writes: int
    predicted: float
    measured: float
    stale: int


@dataclass
class PriceTrial:
    """Prices of assets behind a cache in Redis.

    Args:
        case: A case with the patterns `get_prices` and `update_price`, and what it keeps.
        engine: An open DynamoDB engine with its tables, or anything with a boto3 `client`.
        redis: An open Redis.
        keys: Assets.
        write_share: Writes among all requests, spread evenly over the assets.
        seed: Chooses what is asked for.
    """

    case: Case
    engine: Any
    redis: RedisEngine
    keys: int = 40
    write_share: float = 0.2
    seed: int = 1

    def run(self, skews: Sequence[float], requests: int) -> tuple[HitTrial, ...]:
        """Returns what a number of requests finds, for each skew.

        Source: che-approximation, zipf-law
        """
        return tuple(self._tried(skew, requests) for skew in skews)

    def _tried(self, skew: float, requests: int) -> HitTrial:
        self.redis.clear()
        newest = self._stored()
        cached = ReadThrough(
            Repository(self.case.design, self.engine),
            load_policy(self.case),
            RedisCache(self.redis, SECONDS),
        )
        warm, answers, writes, stale = int(requests * WARM_SHARE), list[int](), 0, 0
        for number, (write, name) in enumerate(self._drawn(skew, requests)):
            if write:
                newest[name] += 1
                at = START + timedelta(seconds=newest[name])
                cached.call("update_price", {"asset_id": name, "price": Decimal(newest[name]), "now": at})
                writes += number >= warm
                continue
            answer = cached.call("get_prices", {"asset_id": [name]})
            stale += int(answer.items[0]["price"]["N"]) < newest[name]
            answers += [answer.kept] if number >= warm else []
        return HitTrial(
            skew,
            self.keys,
            len(answers),
            writes,
            self._predicted(skew),
            sum(answers) / len(answers),
            stale,
        )

    def _predicted(self, skew: float) -> float:
        reads = zipf_shares(self.keys, skew) * (1 - self.write_share)
        return lru_hit_ratio(reads, math.inf, [self.write_share / self.keys])

    def _drawn(self, skew: float, requests: int) -> Iterator[tuple[bool, str]]:
        """Yields whether a request writes, and its asset."""
        draws = random.Random(f"{self.seed}-{skew}")  # noqa: S311  what is asked for is no secret
        shares = zipf_shares(self.keys, skew).tolist()
        for _ in range(requests):
            write = draws.random() < self.write_share
            key = draws.randrange(self.keys) if write else draws.choices(range(self.keys), shares)[0]
            yield write, _name(key)

    def _stored(self) -> dict[str, int]:
        """Writes a first price of every asset, and returns the newest price of each."""
        maker = ItemMaker(self.case.design, "AssetPrice")
        for key in range(self.keys):
            row = {"asset_id": _name(key), "price": Decimal(1), "updated_at": START}
            self.engine.client.put_item(TableName=maker.entity.table, Item=maker.item(row))
        return dict.fromkeys(map(_name, range(self.keys)), 1)


def _name(key: int) -> str:
    return f"T{key:03d}"
