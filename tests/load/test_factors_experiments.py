"""What slows a request: known costs are found again, whatever drifts and stalls."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from workbench.engines.prepared import Endpoint
from workbench.engines.raw_http import Answer
from workbench.errors import EngineError
from workbench.model.item_size import item_bytes
from workbench.replay.factors.experiments import base_bytes, experiments, make_item, size_levels
from workbench.replay.factors.results import slope_of
from workbench.replay.factors.run import ROUNDS, Stage, measure_factors, run_experiments, visiting_order

ENDPOINT = Endpoint("http://127.0.0.1:1", "us-east-1", "a", "b")
SIZES = (400, 2000)
EACH = 3
LEVELS = 30
MS = 1_000_000
KB = 1024


def item_kb(item):
    """The size of an item [KB]."""
    return item_bytes(item) / KB


def query_cost(body):
    """Each call 1.5 ms, each item 0.01 ms, an index 0.3 ms more."""
    items = body.get("Limit") or int(body["ExpressionAttributeValues"][":s"]["N"])
    return 1.5 + 0.01 * items + (0.3 if "IndexName" in body else 0)


COSTS = {
    "Query": query_cost,
    "GetItem": lambda body: 1 + 0.02 * int(body["Key"]["pk"]["S"].removeprefix("size")) / KB,
    "PutItem": lambda body: 1 + 0.4 * int(body["TableName"][-1]) + 0.03 * item_kb(body["Item"]),
    "TransactWriteItems": lambda body: 2 + 0.7 * len(body["TransactItems"]),
    "BatchGetItem": lambda body: 1 + 0.05 * len(body["RequestItems"]["FactorsRead"]["Keys"]),
}
"""Cost of a call [ms]."""

EXPECTED = {
    "pages": 1.5,
    "read_size": 0.2,
    "write_size": 0.3,
    "index_read": 0.3,
    "index_writes": 0.4,
    "filter": 0.1,
    "transaction": 0.7,
    "batch": 0.05,
}
"""What a step of each factor adds, from these costs by hand [ms]."""


class Channel:
    """A connection without a socket."""

    job = None


class PricedPool:
    """One connection to an engine whose every call costs what is stated, on a clock that jumps."""

    def __init__(self, drift=0.0, stall_every=0, status=200, colon=":"):
        self.idle, self.sent_bytes = [Channel()], 0
        self.now, self.client_ns, self.engine_ns, self.calls = 0, 0, 0, 0
        self.asked = []
        self._drift, self._stall_every, self._status = drift, stall_every, status
        self._pending, self._colon = None, colon

    def send(self, channel, payload):
        """Takes a call and decides when its answer comes."""
        head, _, text = payload.partition(b"\r\n\r\n")
        operation = head.partition(b"X-Amz-Target: ")[2].split(b"\r\n")[0].decode().partition(".")[2]
        body = json.loads(text)
        self.calls += 1
        self.sent_bytes += len(payload)
        self.asked.append(text)
        milliseconds = COSTS[operation](body)
        self.engine_ns += int(0.8 * milliseconds * MS)
        self.client_ns += MS // 10
        stalled = 80 if self._stall_every and self.calls % self._stall_every == 0 else 0
        drift = 0 if "ExclusiveStartKey" in body else self._drift * self.calls
        self.now += int((milliseconds + stalled + drift) * MS)
        self._pending = channel, Answer(self._status, self._answer(body))

    def _answer(self, body):
        if self._status != 200:
            return b'{"__type":"x#InternalServerError"}'
        more = {"Count": body["Limit"], "LastEvaluatedKey": {"pk": {"S": "a"}}} if "Limit" in body else {}
        return json.dumps(
            {**more, "ConsumedCapacity": {"CapacityUnits": 0.5}}, separators=(",", self._colon)
        ).encode()

    def wait(self, _seconds):
        """Gives the answer."""
        pending, self._pending = self._pending, None
        return [pending] if pending else []

    def reopen(self, _seconds):
        """Nothing is ever lost."""


def run_on(pool, seed=1):
    """Runs all experiments on a pool and returns their results by name."""
    stage = Stage(ENDPOINT, pool, lambda: pool.now, lambda: pool.client_ns, lambda: pool.engine_ns)
    rows = run_experiments(stage, experiments(SIZES, EACH * (ROUNDS + 1)), EACH, seed)
    return {row.name: row for row in rows}


@pytest.fixture(scope="module")
def found():
    """The results where nothing disturbs."""
    return run_on(PricedPool())


@pytest.fixture(scope="module")
def disturbed():
    """The results where requests get slower and slower, and some stall."""
    return run_on(PricedPool(drift=0.0002, stall_every=97))


@pytest.mark.parametrize("name", EXPECTED)
def test_known_costs_are_found(found, name) -> None:
    """The slope is the stated cost of a step; so is the interval, when nothing is random."""
    slope = found[name].slope
    assert slope.ms == pytest.approx(EXPECTED[name], rel=1e-4)
    assert (slope.low_ms, slope.high_ms) == pytest.approx((slope.ms, slope.ms), rel=1e-3)


@pytest.mark.parametrize("name", EXPECTED)
def test_engine_and_client_are_told_apart(found, name) -> None:
    """The engine takes four fifths of each cost; the client's 0.1 ms a call grow with pages only."""
    row = found[name]
    assert row.engine.ms == pytest.approx(0.8 * EXPECTED[name], rel=1e-4)
    assert row.client.ms == pytest.approx(0.1 if name == "pages" else 0, abs=1e-9)


@pytest.mark.parametrize("name", EXPECTED)
def test_drift_and_stalls_do_not_move_the_slopes(disturbed, name) -> None:
    """Each request is slower than the one before, and one call of 97 stalls for 80 ms."""
    slope = disturbed[name].slope
    assert slope.ms == pytest.approx(EXPECTED[name], abs=0.02)


def test_interval_holds_what_it_promises_under_drift() -> None:
    """Under a drift five times as steep as the factor, 95 of 100 intervals hold the slope."""
    draw = np.random.default_rng(1)
    x = np.arange(4.0)
    held = []
    for _ in range(300):
        places = visiting_order(len(x), ROUNDS, int(draw.integers(1 << 30)))
        late = np.argsort(places, axis=1) + len(x) * np.arange(ROUNDS)[:, None]
        slope = slope_of(x, 2 * x + 10 * late + draw.normal(0, 0.1, late.shape), 1)
        held.append(slope.low_ms <= 2 <= slope.high_ms)
    assert np.mean(held) >= 0.95


def test_levels_count_what_was_asked(found) -> None:
    """Calls, units and samples of each level are those that were sent; the first round is not among them."""
    pages = found["pages"].levels
    assert [level.mean_calls for level in pages] == [1, 2, 3, 6]
    assert [level.mean_units for level in pages] == [0.5, 1, 1.5, 3]
    assert {level.response.count for row in found.values() for level in row.levels} == {EACH * ROUNDS}


def test_pages_are_followed_however_an_engine_spaces_its_answers() -> None:
    """An engine such as moto writes a blank behind each colon, DynamoDB Local none."""
    assert [level.mean_calls for level in run_on(PricedPool(colon=": "))["pages"].levels] == [1, 2, 3, 6]


def test_a_single_level_has_its_cost(found) -> None:
    """A transaction of 10 members costs 2 + 10 x 0.7 = 9 ms, and its line begins at 2 ms."""
    row = found["transaction"]
    assert row.levels[-1].response.p50.ms == pytest.approx(9, rel=2e-3)
    assert row.slope.start_ms == pytest.approx(2, abs=1e-3)


def test_same_seed_same_order() -> None:
    """Two runs with a seed send the same calls in the same order; another seed sends them in another."""
    pools = [PricedPool(), PricedPool(), PricedPool()]
    for pool, seed in zip(pools, (1, 1, 2), strict=True):
        run_on(pool, seed)
    assert pools[0].asked == pools[1].asked != pools[2].asked
    assert Counter(pools[0].asked) == Counter(pools[2].asked)


def test_levels_are_interleaved() -> None:
    """Every level is visited once in each round, and no two rounds have the same order."""
    order = visiting_order(LEVELS, ROUNDS, 1)
    assert all(sorted(one) == list(range(LEVELS)) for one in order.tolist())
    assert len({tuple(one) for one in order.tolist()}) == ROUNDS
    assert sum(len(factor.levels) for factor in experiments(SIZES, 1)) == LEVELS


def test_levels_meet_early_and_late_places_alike() -> None:
    """Over many rounds each level's mean place is the middle, within four standard errors."""
    rounds = 4000
    places = np.argsort(visiting_order(LEVELS, rounds, 7), axis=1).mean(axis=0)
    error = np.sqrt((LEVELS**2 - 1) / 12 / rounds)
    assert np.abs(places - (LEVELS - 1) / 2).max() < 4 * error


def test_a_refusal_ends_the_experiments() -> None:
    """What the engine refuses is named, not timed."""
    with pytest.raises(EngineError, match="InternalServerError"):
        run_on(PricedPool(status=500))


@pytest.mark.parametrize("size", [100, 1023, 8192, 400 * KB])
def test_items_have_the_size_that_is_asked_for(size) -> None:
    """The padding makes up for keys and numbers to the byte, by the model's count."""
    assert item_bytes(make_item("size", 7, size)) == size


@pytest.mark.parametrize(
    ("sizes", "base", "ends"),
    [
        ((50,), 100, (100, 40 * KB)),
        ((300, 900, 100_000), 900, (300, 100_000)),
        ((20_000, 500_000), 8192, (8192, 400 * KB)),
    ],
)
def test_sizes_stay_within_what_tables_hold(sizes, base, ends) -> None:
    """The base is the median within 100 bytes and 8 KB; levels reach from the smallest to at most 400 KB."""
    levels = size_levels(sizes)
    assert (base_bytes(sizes), levels[0], levels[-1]) == (base, *ends)


def test_slope_ignores_an_outlier() -> None:
    """Four points on a line and one far off: the median of the ten slopes is that of the line."""
    assert slope_of([1, 2, 3, 4, 5], [[3, 5, 7, 900, 11]] * 6, 1).ms == pytest.approx(2)


def test_interval_encloses_the_median_of_rounds() -> None:
    """Of ten slopes the second and the ninth do: P(2 <= B(10, 1/2) <= 8) is 0.979, further in 0.891."""
    rounds = [[0.0, float(slope)] for slope in (7, 3, 10, 1, 5, 9, 2, 8, 4, 6)]
    slope = slope_of([0, 1], rounds, 1)
    assert (slope.low_ms, slope.ms, slope.high_ms) == (2, 5.5, 9)


def test_few_rounds_are_refused() -> None:
    """The extremes of five rounds enclose the median with 0.9375 only."""
    with pytest.raises(ValueError, match="six rounds"):
        slope_of([0, 1], [[0.0, 1.0]] * 5, 1)


def test_experiments_leave_the_engine_as_it_was(dynamodb_local) -> None:
    """On DynamoDB Local every level is asked as planned, and no table stays behind."""
    before = dynamodb_local.client.list_tables()["TableNames"]
    found = measure_factors(dynamodb_local, sizes=SIZES, samples=1)
    assert [level.mean_calls for level in found.row("pages").levels] == [1, 2, 3, 6]
    # 40,960 bytes are 10 blocks of 4 KB: 5 units; 40 blocks of 1 KB: 40 units.
    assert found.row("read_size").levels[-1].mean_units == 5
    assert found.row("write_size").levels[-1].mean_units == 40
    assert [level.mean_units for level in found.row("index_writes").levels] == [1, 2, 3, 5]
    assert all(level.engine_ms > 0 for row in found.rows for level in row.levels)
    assert dynamodb_local.client.list_tables()["TableNames"] == before
    assert dynamodb_local.connect("factors").list_tables()["TableNames"] == []
