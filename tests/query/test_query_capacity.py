"""The cache, throttling and the capacity set aside: what the service saves, bears and holds back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tenacity import wait_none

from workbench.access.calls import Request
from workbench.access.execution import RequestRefusedError
from workbench.cache.memory import MemoryCache
from workbench.cache.redis_cache import RedisCache
from workbench.engines.redis import open_redis
from workbench.errors import EngineError
from workbench.query.answers import MAYBE_STORED
from workbench.query.capacity import Shaper
from workbench.query.kept import THREADS, PageCache
from workbench.query.store import Store, WireCalls
from workbench.service.refusals import Busy

from .conftest import SETTINGS, in_loop

REQUEST = Request("Query", {})
CAPACITY = SETTINGS.capacity
ATTEMPTS = CAPACITY.attempts


class Throttling:
    """A table that throttles some calls before it answers."""

    def __init__(self, times, code="ThrottlingException"):
        self.times, self.code, self.calls = times, code, 0

    async def call(self, _):
        """The answer, or the refusal."""
        self.calls += 1
        if self.calls <= self.times:
            raise RequestRefusedError(self.code, "slow down")
        return {"Items": []}


def store(client):
    """A store that does not wait between attempts."""
    return Store(client, CAPACITY, wait=wait_none())


@pytest.mark.parametrize("times", [0, 1, ATTEMPTS])
def test_throttled_calls_are_repeated(times):
    """A call that is throttled up to the stated number of times is answered in the end."""
    client = Throttling(times)
    assert asyncio.run(store(client).call(REQUEST)) == {"Items": []}
    assert client.calls == times + 1


def test_a_call_that_is_always_throttled_is_given_up():
    """After the stated attempts the caller is told to come back, and no further call is made."""
    client = Throttling(1000)
    with pytest.raises(Busy) as caught:
        asyncio.run(store(client).call(REQUEST))
    assert (client.calls, caught.value.headers) == (ATTEMPTS + 1, {"Retry-After": "1"})


def test_other_errors_are_not_repeated():
    """An error that would come again is passed on at once."""
    client = Throttling(1000, "ValidationException")
    with pytest.raises(RequestRefusedError):
        asyncio.run(store(client).call(REQUEST))
    assert client.calls == 1


def test_throttling_is_counted_and_answered(make_service):
    """A table that throttles for good makes 503 with Retry-After; the metrics show each throttled call."""
    service = make_service(client=Throttling(1000))
    answer = service.page([("userId", "u-000001")])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    text = service.request("GET", "/metrics").text
    assert f"query_throttled_total {ATTEMPTS - 1}.0" in text


def tight(**given):
    """A capacity that a test reaches."""
    return CAPACITY.model_copy(update={"patience_ms": 10, **given})


async def admitted(shaper, times, units=1.0):
    """How many of some reads of one partition are let through."""
    count = 0
    for _ in range(times):
        with contextlib.suppress(Busy):
            await shaper.admit("p")
            shaper.charge("p", units)
            count += 1
    return count


def test_an_engine_that_is_away_is_told_and_comes_back(make_service, wire, rows):
    """While nobody answers, callers get 503 with Retry-After; afterwards the same service answers again."""
    client = Outage(wire)
    service = make_service(client=client, cache=False)
    pairs = [("userId", rows[0]["userId"])]
    away = service.page(pairs)
    client.over = True
    assert (away.status_code, away.headers["retry-after"]) == (503, "1")
    assert away.json()["problems"] == ["DynamoDB does not answer."]
    assert service.page(pairs).status_code == 200


class Outage:
    """A table that does not answer until the outage is over."""

    def __init__(self, wire):
        self.over, self._calls = False, WireCalls(wire)

    async def call(self, request):
        """The answer, once there is one."""
        if not self.over:
            raise EngineError("nobody listens")
        return await self._calls.call(request)


def test_more_requests_than_can_be_answered_are_told_to_come_back(make_service, rows):
    """With two at once allowed, of ten two are answered and eight get 503, at once."""
    limits = SETTINGS.limits.model_copy(update={"requests_at_once": 2})
    service = make_service(settings=SETTINGS.model_copy(update={"limits": limits}), cache=False)
    statuses = [answer.status_code for answer in in_loop(at_once(service, rows, 10))]
    assert sorted(statuses) == [200] * 2 + [503] * 8


async def at_once(service, rows, count):
    """The answers to the same question, asked several times at once."""
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        headers, params = {"X-API-Key": service.key}, {"userId": rows[0]["userId"]}
        calls = [client.get("/v1/records", params=params, headers=headers) for _ in range(count)]
        return await asyncio.gather(*calls)


def test_units_are_held_below_the_capacity():
    """With 10 units a second set aside, 10 reads of one unit pass at once and 5 half a second on."""
    now = [0.0]
    shaper = Shaper(tight(read_units_per_second=10), clock=lambda: now[0])
    assert asyncio.run(admitted(shaper, 15)) == 10
    now[0] = 0.5
    assert asyncio.run(admitted(shaper, 15)) == 5


def test_a_large_read_is_paid_off_before_the_next():
    """A read of 30 units at 10 a second closes the door for the two seconds that it took too much."""
    now = [0.0]
    shaper = Shaper(tight(read_units_per_second=10), clock=lambda: now[0])
    assert asyncio.run(admitted(shaper, 2, 30)) == 1
    now[0] = 1.9
    assert asyncio.run(admitted(shaper, 1)) == 0
    now[0] = 2.1
    assert asyncio.run(admitted(shaper, 1)) == 1


def test_one_partition_does_not_use_up_the_others():
    """A partition at its own limit waits while another is let through."""

    async def ask():
        shaper = Shaper(tight(partition_read_units_per_second=1))
        shaper.charge("hot", 100)
        await shaper.admit("cold")
        with pytest.raises(Busy):
            await shaper.admit("hot")

    asyncio.run(ask())


def test_a_kept_page_costs_no_call(make_service, rows):
    """The same question in other words is answered from the cache; the metrics tell it."""
    service = make_service()
    pairs = [("userId", rows[0]["userId"]), ("status", "OPEN"), ("status", "DONE")]
    pages = [service.page(order).json()["items"] for order in (pairs, pairs[::-1])]
    assert pages[0] == pages[1]
    text = service.request("GET", "/metrics").text
    assert 'query_cache_lookups_total{result="hit"} 1.0' in text
    assert 'query_reads_total{place="Records"} 1.0' in text


@pytest.mark.usefixtures("restored")
def test_a_write_makes_pages_of_its_user_and_system_void(make_service, rows):
    """After a write through the service, lists of its user, its system and scans show it at once."""
    service, row = (
        make_service(),
        dict(rows[0], recordId="written", payload=None, createdAt="2045-01-15T23:00:00Z"),
    )
    questions = [
        [("userId", row["userId"])],
        [("systemId", row["systemId"])],
        [("userId", row["userId"]), ("systemId", row["systemId"])],
        [("userId", row["userId"]), ("sort", "-createdAt"), ("fields", "recordId")],
    ]
    before = [service.page(pairs).json()["items"] for pairs in questions]
    assert service.request("POST", "/v1/records", json=row).status_code == 201
    after = [service.page(pairs).json()["items"] for pairs in questions]
    assert all("written" not in json.dumps(page) for page in before)
    assert ["written" in json.dumps(page) for page in after] == [True] * len(questions)


@pytest.mark.usefixtures("restored")
def test_a_writer_without_an_answer_is_told_what_to_do(make_service, wire, rows):
    """A record whose acknowledgement is lost may be stored; sent again, 409 says so."""

    class Loses:
        async def call(self, request):
            """Writes, and loses the answer."""
            await WireCalls(wire).call(request)
            raise EngineError("no answer")

    row = dict(rows[0], recordId="lost", payload=None, createdAt="2045-01-15T23:30:00Z")
    lost = make_service(client=Loses()).request("POST", "/v1/records", json=row)
    assert (lost.status_code, lost.json()["problems"][1]) == (503, MAYBE_STORED)
    assert make_service().request("POST", "/v1/records", json=row).status_code == 409


def test_an_answer_read_before_a_write_is_not_kept_after_it():
    """A read that began before an invalidation stores its answer where nobody finds it."""
    cache = MemoryCache(60, 10_000)
    version = cache.version("userId=u")
    cache.invalidate(["userId=u"])
    cache.put("userId=u", version, "q", b"old")
    assert cache.get("userId=u", cache.version("userId=u"), "q") is None


def test_answers_grow_old():
    """A kept answer is gone after its time, by the cache's own clock."""
    now = [0.0]
    cache = MemoryCache(5, 10_000, lambda: now[0])
    cache.put("t", cache.version("t"), "q", b"x")
    assert cache.get("t", cache.version("t"), "q") == b"x"
    now[0] = 5.1
    assert cache.get("t", cache.version("t"), "q") is None
    assert (cache.count.hits, cache.count.misses) == (1, 1)


def test_the_cache_is_bounded_in_bytes():
    """Answers beyond its size push older ones out, and one that is larger than all of it is not kept."""
    cache = MemoryCache(60, 2_000)
    version = cache.version("t")
    for number in range(4):
        cache.put("t", version, str(number), b"x" * 500)
    cache.put("t", version, "huge", b"x" * 5_000)
    kept = [number for number in range(4) if cache.get("t", version, str(number))]
    assert kept == [2, 3]
    assert cache.get("t", version, "huge") is None


def test_equal_questions_at_once_are_read_once(make_service, rows):
    """A hundred callers that ask the same at the same time cost one read."""
    service = make_service()

    answers = in_loop(at_once(service, rows, 100))
    assert len({answer.text.split('"next"')[0] for answer in answers}) == 1
    assert 'query_reads_total{place="Records"} 1.0' in service.request("GET", "/metrics").text


def test_the_service_tells_whether_its_table_answers(make_service):
    """Ready is 200 while the table answers and 503 with Retry-After when it does not; live is 200 always."""
    working, failing = make_service(), make_service(client=Throttling(1000))
    assert working.request("GET", "/health/ready", key="").status_code == 200
    answer = failing.request("GET", "/health/ready", key="")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert failing.request("GET", "/health/live", key="").status_code == 200


@pytest.fixture
def redis_cache():
    """A server and what keeps pages in it."""
    with open_redis() as redis, ThreadPoolExecutor(THREADS) as pool:
        yield redis, PageCache(RedisCache(redis, 60, "test"), pool)


@pytest.mark.usefixtures("restored")
def test_pages_in_redis_are_shared_and_made_void(make_service, redis_cache, rows):
    """What one service has read, another finds, in whatever words; a write through either voids it."""
    _, cache = redis_cache
    one, two = make_service(cache=cache), make_service(cache=cache)
    user, system = rows[0]["userId"], rows[0]["systemId"]
    before = one.page([("userId", user), ("systemId", system)]).json()
    assert (
        two.page([("systemId", system), ("limit", "25"), ("userId", user)]).json()["items"] == before["items"]
    )
    assert 'query_cache_lookups_total{result="hit"} 1.0' in two.request("GET", "/metrics").text
    row = {**rows[0], "recordId": "newest", "createdAt": "2046-01-01T00:00:00.000000Z", "payload": None}
    assert two.request("POST", "/v1/records", json=row).status_code == 201
    after = one.page([("userId", user), ("systemId", system)]).json()
    assert after["items"][0]["recordId"] == "newest"


def test_without_its_redis_the_service_goes_on(make_service, redis_cache, rows):
    """Redis is killed between requests: all of them are answered from the table, and the metrics tell it."""
    redis, cache = redis_cache
    service = make_service(cache=cache)
    pairs = [("userId", rows[0]["userId"])]
    first = service.page(pairs).json()
    redis.kill()
    answers = [service.page(pairs) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.json()["items"] == first["items"] for answer in answers)
    text = service.request("GET", "/metrics").text
    assert 'query_cache_lookups_total{result="hit"}' not in text
    assert "query_cache_unreachable 0.0" not in text


def test_waiting_for_redis_holds_up_nobody_else():
    """While a server takes its time, the event loop goes on with other work."""

    class Slow(MemoryCache):
        def version(self, tag):
            """The version, after all others have had their turn."""
            assert turned.wait(10)
            return super().version(tag)

    turned = threading.Event()

    async def run(cache):
        waiting = asyncio.ensure_future(cache.find("t", "q"))
        await asyncio.sleep(0)
        assert not waiting.done()
        turned.set()
        return await waiting

    with ThreadPoolExecutor(1) as pool:
        assert asyncio.run(run(PageCache(Slow(60, 1000), pool))) == ("0", None)
