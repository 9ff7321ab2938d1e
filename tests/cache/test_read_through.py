"""Answers behind a cache are the table's, whatever is written meanwhile and whatever becomes of Redis."""

import itertools
import random
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from workbench.cache.memory import MemoryCache
from workbench.cache.read_through import ReadThrough
from workbench.cache.redis_cache import RedisCache
from workbench.engines.redis import open_redis
from workbench.errors import EngineError, InputError
from workbench.model.caching import lru_hit_ratio, zipf_shares
from workbench.spec import load_case
from workbench.spec.cache_policy import load_policy

CASE = load_case("order-processor")
POLICY = load_policy(CASE)
LATER = datetime(2046, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


def next_price(name):
    """Parameters of a price that is later than every one before; the price is its number."""
    number = next(_numbers)
    return {"asset_id": name, "price": Decimal(number), "now": LATER + timedelta(seconds=number)}


@pytest.fixture(params=["memory", "redis"])
def cache(request):
    """An empty cache of each kind."""
    if request.param == "memory":
        return MemoryCache(300, 2**24)
    server = request.getfixturevalue("redis")
    server.clear()
    return RedisCache(server, 300)


@pytest.mark.parametrize("name", list(POLICY.answers))
def test_a_kept_answer_is_the_tables_answer(name, repository, cache, drawn):
    """First from the table, then from the cache, the same items; a batch in any order."""
    cached = ReadThrough(repository, POLICY, cache)
    for parameters in drawn(name, 5):
        plain = repository.patterns[name](**parameters).items
        first, second = (cached.call(name, parameters) for _ in range(2))
        assert sorted(map(repr, first.items)) == sorted(map(repr, plain))
        assert sorted(map(repr, second.items)) == sorted(map(repr, plain))
        assert second.kept == second.asked > 0


def test_a_batch_asks_only_for_what_is_not_kept(repository, cache):
    """Two prices are kept by an earlier page; a page of three asks for the third alone."""
    cached = ReadThrough(repository, POLICY, cache)
    names = [item["asset_id"]["S"] for item in prices(repository, 3)]
    cached.call("get_prices", {"asset_id": names[:2]})
    found = cached.call("get_prices", {"asset_id": names})
    assert (found.asked, found.kept, len(found.items)) == (3, 2, 3)


def prices(repository, count):
    """Items of some prices."""
    table = repository.patterns["get_prices"].maker.table_name
    client = repository.patterns["get_prices"].sender._client
    found = client.scan(
        TableName=table,
        FilterExpression="SK = :sk",
        ExpressionAttributeValues={":sk": {"S": "PRICE"}},
    )["Items"]
    return [{**item, "asset_id": {"S": item["PK"]["S"].removeprefix("ASSET#")}} for item in found][:count]


def test_a_write_voids_what_it_changes_and_nothing_else(repository, cache):
    """After a new price that price is read anew, and the other one is still kept."""
    cached = ReadThrough(repository, POLICY, cache)
    one, other = (item["asset_id"]["S"] for item in prices(repository, 2))
    cached.call("get_prices", {"asset_id": [one, other]})
    new = next_price(one)
    cached.call("update_price", new)
    found = cached.call("get_prices", {"asset_id": [one, other]})
    assert (found.asked, found.kept) == (2, 1)
    assert {"N": str(new["price"])} in [item["price"] for item in found.items]


def test_no_read_after_an_acknowledged_write_sees_what_was_before(repository, cache):
    """Four readers and two writers on two prices: a witness of its own counts reads that are behind."""
    cached = ReadThrough(repository, POLICY, cache)
    names = [item["asset_id"]["S"] for item in prices(repository, 4)[2:]]
    acknowledged, seen, stale = dict.fromkeys(names, 0), Counter(), []

    def write(name):
        for _ in range(60):
            new = next_price(name)
            cached.call("update_price", new)
            acknowledged[name] = new["price"]

    def read(seed):
        draws = random.Random(seed)  # noqa: S311  which name is asked for is no secret
        for _ in range(150):
            name = draws.choice(names)
            least = acknowledged[name]
            (item,) = cached.call("get_prices", {"asset_id": [name]}).items
            seen[name] += 1
            if Decimal(item["price"]["N"]) < least:
                stale.append((name, least, item["price"]["N"]))

    run([(write, name) for name in names] + [(read, seed) for seed in range(4)])
    assert stale == []
    assert sum(seen.values()) == 600
    assert cache.count.hits > 0


def run(jobs):
    """Runs functions side by side, and fails where one fails."""
    failed = []

    def guarded(function, argument):
        try:
            function(argument)
        except BaseException as error:  # noqa: BLE001  handed to the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_without_redis_the_service_goes_on(repository):
    """Redis is killed between two reads: the next ones come from the table, and are counted."""
    with open_redis() as server:
        cache = RedisCache(server, 300)
        cached = ReadThrough(repository, POLICY, cache)
        name = prices(repository, 1)[0]["asset_id"]["S"]
        before = cached.call("get_prices", {"asset_id": [name]})
        server.kill()
        after = [cached.call("get_prices", {"asset_id": [name]}) for _ in range(20)]
        assert [one.items for one in after] == [before.items] * 20
        assert [one.kept for one in after] == [0] * 20
        assert cache.count.unreachable == 1
        assert cache.count.passed_by > 20
        cached.call("update_price", next_price(name))
        assert cache.count.uncertain == 1


def test_a_write_that_could_not_void_is_seen_when_the_time_is_over(redis, repository):
    """A writer that cannot reach Redis leaves a stale answer, which the stated bound ends."""
    redis.clear()
    reader = RedisCache(redis, 1)
    name = prices(repository, 1)[0]["asset_id"]["S"]
    ReadThrough(repository, POLICY, reader).call("get_prices", {"asset_id": [name]})
    with open_redis() as lost:
        cut_off = RedisCache(lost, 1)
        lost.kill()
        new = next_price(name)
        ReadThrough(repository, POLICY, cut_off).call("update_price", new)
    assert cut_off.count.uncertain == 1
    time.sleep(1.1)
    (item,) = ReadThrough(repository, POLICY, reader).call("get_prices", {"asset_id": [name]}).items
    assert item["price"] == {"N": str(new["price"])}


def test_warming_asks_once_for_each_answer(repository, cache, drawn):
    """What was warmed is kept, so a second round asks for nothing."""
    cached = ReadThrough(repository, POLICY, cache)
    many = drawn("get_asset", 4)
    distinct = len({repr(sorted(parameters.items())) for parameters in many})
    assert cached.warm("get_asset", many) == distinct
    assert cached.warm("get_asset", many) == 0


@pytest.mark.parametrize("writes", [0, 0.1, 0.4])
@pytest.mark.parametrize(("skew", "room"), [(0.0, 80), (0.6, 100), (0.8, 20), (1.0, 60), (1.3, 10)])
def test_a_real_cache_hits_as_predicted(skew, room, writes):
    """20,000 requests for 200 keys, some of them writes, from the cache in memory: within three points."""
    value = bytes(600)
    cache = MemoryCache(10**6, room * 1000)
    draws = random.Random(11)  # noqa: S311  which key is asked for is no secret
    shares = zipf_shares(200, skew)
    for number, key in enumerate(map(str, draws.choices(range(200), shares, k=20_000))):
        if number == 2_000:
            cache.count.hits = cache.count.misses = 0
        if draws.random() < writes:
            cache.invalidate([key])
            continue
        version = cache.version(key)
        if cache.get(key, version, "") is None:
            cache.put(key, version, "", value)
    predicted = lru_hit_ratio(shares * (1 - writes), room, shares * writes)
    assert cache.count.hit_ratio == pytest.approx(predicted, abs=0.03)


def test_a_policy_that_names_what_is_not_there_is_refused(tmp_path):
    """A write among the answers, a read among the voids and a tag of nothing: all at once, with lines."""
    lines = [
        "schema_version: 1",
        "case: order-processor",
        "answers:",
        '  execute_buy: {tag: "user/{username}", seconds: 5, keys: dau, reason: because it is read}',
        "voids:",
        '  get_asset: ["asset/{asset_id}"]',
    ]
    (tmp_path / "cache.yaml").write_text("\n".join(lines))
    with pytest.raises(InputError) as refused:
        load_policy(replace(CASE, directory=tmp_path))
    text = str(refused.value)
    assert "cache.yaml:4: answers.execute_buy: no pattern of the design reads under this name" in text
    assert "cache.yaml:6: voids.get_asset: no pattern of the design writes under this name" in text
    assert "cache.yaml:6: voids.get_asset[0]: no answer is kept under such a tag" in text


def test_a_server_that_is_not_there_is_named_without_its_password():
    """A URL where nothing listens: one error with the address and without the secret."""
    opened = open_redis("redis://user:secret@127.0.0.1:1")
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:1\b") as refused, opened:
        pass
    assert "secret" not in str(refused.value)
