"""Predicted hit ratios against independent derivations and a simulated stream of requests."""

import heapq
import math
import random
from collections import OrderedDict

import numpy as np
import pytest

from workbench.model.caching import characteristic_seconds, lru_hit_ratio, ttl_hit_ratio, zipf_shares


def test_equal_popularity_hits_as_often_as_there_is_room():
    """With equal rates any answer is equally likely to be there: a quarter of the room, a quarter of hits."""
    assert lru_hit_ratio(np.full(400, 2.5), 100) == pytest.approx(0.25, abs=1e-9)


def test_room_for_everything_misses_nothing_but_what_was_written():
    """Without writes all reads hit; with one write a read, every other event is a write, so half of them."""
    assert lru_hit_ratio([3.0, 1.0], 2) == 1.0
    assert lru_hit_ratio([3.0, 1.0], math.inf, [3.0, 1.0]) == pytest.approx(0.5)


def test_the_characteristic_time_fills_the_room():
    """The expected number of keys asked for within that time is the room."""
    rates = zipf_shares(500, 0.8) * 40
    stays = characteristic_seconds(rates, np.zeros(500), 60)
    assert sum(1 - math.exp(-rate * stays) for rate in rates) == pytest.approx(60)


@pytest.mark.parametrize(("skew", "room"), [(0.0, 200), (0.6, 50), (0.8, 200), (1.0, 20), (1.2, 400)])
def test_a_cache_that_forgets_the_least_recent_hits_as_predicted(skew, room):
    """200,000 requests for 1,000 keys with one write in five: within a point of the prediction.

    A write gives its key another version, as the caches do it: what is void keeps its room for a while.
    """
    rates = zipf_shares(1000, skew)
    draws = random.Random(7)  # noqa: S311  which key is asked for is no secret
    cache, versions, hits, reads = OrderedDict(), [0] * 1000, 0, 0
    for number, which in enumerate(draws.choices(range(1000), rates, k=200_000)):
        if draws.random() < 0.2:
            versions[which] += 1
            continue
        key = which, versions[which]
        counted = number > 20_000
        reads += counted
        if key in cache:
            hits += counted
            cache.move_to_end(key)
        else:
            cache[key] = None
            if len(cache) > room:
                cache.popitem(last=False)
    assert lru_hit_ratio(rates * 0.8, room, rates * 0.2) == pytest.approx(hits / reads, abs=0.01)


@pytest.mark.parametrize(
    ("reads", "seconds", "writes"), [(1.0, 5.0, 0.0), (0.2, 30.0, 0.01), (3.0, 10.0, 0.5)]
)
def test_an_answer_kept_for_a_time_hits_as_predicted(reads, seconds, writes):
    """Two independent streams of events through a cache of one key: within a point."""
    draws = random.Random(3)  # noqa: S311  when events come is no secret
    events = [(draws.expovariate(reads), "read")] + ([(draws.expovariate(writes), "write")] if writes else [])
    heapq.heapify(events)
    kept_until, hits, asked = -1.0, 0, 0
    while asked < 100_000:
        now, kind = heapq.heappop(events)
        heapq.heappush(events, (now + draws.expovariate(reads if kind == "read" else writes), kind))
        if kind == "write":
            kept_until = -1.0
        else:
            asked += 1
            hits += now < kept_until
            kept_until = kept_until if now < kept_until else now + seconds
    assert ttl_hit_ratio(reads, seconds, writes) == pytest.approx(hits / asked, abs=0.01)


def test_more_room_and_more_skew_never_hit_less():
    """Prediction rises with the room, and with the skew."""
    by_room = [lru_hit_ratio(zipf_shares(300, 0.9), room) for room in (1, 10, 100, 299, 300)]
    by_skew = [lru_hit_ratio(zipf_shares(300, skew), 30) for skew in (0.0, 0.4, 0.8, 1.2)]
    assert by_room == sorted(by_room)
    assert by_skew == sorted(by_skew)
    assert by_room[-1] == 1.0


def test_nobody_asks_nothing_hits():
    """A cache without reads has no hits, and no division by zero."""
    assert lru_hit_ratio([0.0, 0.0], 5) == 0.0
    assert ttl_hit_ratio(0.0, 60) == 0.0
