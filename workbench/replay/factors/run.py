"""Runs the experiments: all levels of all factors in turn, in an order drawn anew each round.

The machine and the engine drift. A level that is visited in every round, at a place drawn by chance, meets
the drift as every other does.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from workbench.engines.base import DynamoEngine
from workbench.engines.cpu_clock import process_cpu_ns
from workbench.engines.prepared import Endpoint, endpoint_of
from workbench.engines.raw_http import Pool
from workbench.errors import EngineError
from workbench.replay.factors.experiments import Factor, Level, base_bytes, experiments
from workbench.replay.factors.results import FactorResult, Factors, LevelResult, Slope, slope_of
from workbench.replay.factors.scratch import scratch_tables
from workbench.replay.load.arrivals import Arrivals
from workbench.replay.load.collect import Sums
from workbench.replay.load.loop import Loop, Payloads
from workbench.replay.load.records import as_table, column
from workbench.replay.load.results import Percentiles
from workbench.replay.load.sources import NEVER, ClosedSource
from workbench.replay.load.tape import Tape
from workbench.replay.load.usage import CrowdMeter
from workbench.replay.machine import describe_machine
from workbench.replay.timing import quiet_collector

ROUNDS = 10
TIMEOUT_NS = 60_000_000_000
NS_PER_MS = 1_000_000


class CountingPool(Pool):
    """Connections that count what goes out over them."""

    sent_bytes = 0

    def send(self, channel: Any, payload: bytes) -> Any:
        """Sends a request as every pool does."""
        self.sent_bytes += len(payload)
        return super().send(channel, payload)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where requests are sent, and the clocks that are read.

    Args:
        endpoint: Where they go.
        pool: One connection.
        clock: The time [ns].
        client_cpu: Processor time of this thread [ns].
        engine_cpu: Processor time of the engine [ns]; None where it cannot be read.
    """

    endpoint: Endpoint
    pool: CountingPool
    clock: Callable[[], int] = time.perf_counter_ns
    client_cpu: Callable[[], int] = time.thread_time_ns
    engine_cpu: Callable[[], int] | None = None


@dataclass(slots=True)
class Visits:
    """What the visits of one level add up to.

    Args:
        sums: Its requests.
        sent_bytes: Sent for them [bytes].
        taken_ms: Median time of a request in each visit [ms].
        client_ms: Processor time of the client for a request in each visit [ms].
        engine_ms: Processor time of the engine for it [ms].
    """

    sums: Sums = field(default_factory=Sums)
    sent_bytes: int = 0
    taken_ms: list[float] = field(default_factory=list)
    client_ms: list[float] = field(default_factory=list)
    engine_ms: list[float] = field(default_factory=list)


def measure_factors(
    engine: DynamoEngine,
    *,
    sizes: Sequence[int],
    samples: int = 100,
    seed: int = 1,
    progress: bool = False,
) -> Factors:
    """Returns what each factor adds to the time of a request, on tables of the experiments' own.

    Args:
        engine: An open engine of this machine; nothing in its database is touched.
        sizes: Item sizes of interest, such as those of a case [bytes].
        samples: Requests measured at each level, rounded up to whole rounds.
        seed: What the order is drawn with.
        progress: Whether to show a bar on standard error, where that is a terminal.

    Raises:
        EngineError: The engine is AWS, cannot be reached, stopped answering or refused a request.
    """
    each = ceil(samples / ROUNDS)
    factors = experiments(sizes, each * (ROUNDS + 1))
    with scratch_tables(engine, sizes) as own, quiet_collector():
        pool = CountingPool(endpoint_of(own), 1)
        pid = engine.pid
        stage = Stage(endpoint_of(own), pool, engine_cpu=(lambda: process_cpu_ns(pid)) if pid else None)
        meter = CrowdMeter()
        try:
            rows = run_experiments(stage, factors, each, seed, progress=progress)
        finally:
            pool.close()
    setting = f"{engine.name} {engine.version}", describe_machine(), each * ROUNDS, ROUNDS, seed
    return Factors(*setting, base_bytes(sizes), rows, meter.read())


def visiting_order(levels: int, rounds: int, seed: int) -> NDArray[np.int64]:
    """Returns the order in which levels are visited: each once a round, shuffled anew.

    Args:
        levels: How many there are.
        rounds: Rounds.
        seed: What the order is drawn with.
    """
    draw = np.random.default_rng(seed)
    return np.stack([draw.permutation(levels) for _ in range(rounds)])


def run_experiments(
    stage: Stage, factors: Sequence[Factor], each: int, seed: int, *, progress: bool = False
) -> tuple[FactorResult, ...]:
    """Returns what the experiments find.

    Args:
        stage: Where requests are sent.
        factors: The experiments.
        each: Requests of a level in each round; a first round is not counted.
        seed: What the order is drawn with.
        progress: Whether to show a bar.

    Raises:
        EngineError: The engine stopped answering or refused a request.
    """
    levels = [level for factor in factors for level in factor.levels]
    visitor = _Visitor(stage, Tape(tuple(level.pattern for level in levels)))
    visits = [Visits() for _ in levels]
    rounds = visiting_order(len(levels), ROUNDS + 1, seed)
    for number, order in enumerate(tqdm(rounds, "what slows", disable=None if progress else True)):
        for level in order.tolist():
            into = visits[level] if number else Visits()
            visitor.visit(level, range(number * each, (number + 1) * each), into)
    left = iter(visits)
    return tuple(_result(factor, [next(left) for _ in factor.levels]) for factor in factors)


class _Visitor:
    def __init__(self, stage: Stage, tape: Tape) -> None:
        self._stage, self._tape = stage, tape
        self._payloads = Payloads(stage.endpoint, tape)
        self._payloads.sign_all()

    def visit(self, level: int, numbers: range, visits: Visits) -> None:
        """Sends some requests of a level, one after another, and adds what they did."""
        stage = self._stage
        records: array[int] = array("q")
        loop = self._loop(level, numbers, records)
        sent, client, engine = stage.pool.sent_bytes, stage.client_cpu(), _engine_cpu(stage)
        loop.run()
        spent_ns = stage.client_cpu() - client, _engine_cpu(stage) - engine
        table = as_table(records)
        self._check(level, table, loop)
        visits.sums.add(table, loop.kinds.names)
        visits.sent_bytes += stage.pool.sent_bytes - sent
        taken = column(table, "done_ns") - column(table, "due_ns")
        visits.taken_ms.append(float(np.median(taken)) / NS_PER_MS)
        for spent, into in zip(spent_ns, (visits.client_ms, visits.engine_ms), strict=True):
            into.append(spent / len(numbers) / NS_PER_MS)

    def _loop(self, level: int, numbers: range, records: array[int]) -> Loop:
        zeros = np.zeros(len(numbers), np.int64)
        sets = len(self._tape.patterns[level].requests)
        wanted = Arrivals(zeros, zeros + level, np.asarray(numbers) % sets)
        source = ClosedSource(iter((wanted,)), 1, NEVER - 1)
        clock = self._stage.clock
        return Loop(
            self._stage.pool,
            self._payloads,
            self._tape,
            source,
            records.extend,
            TIMEOUT_NS,
            clock(),
            clock,
        )

    def _check(self, level: int, table: NDArray[np.int64], loop: Loop) -> None:
        kinds = column(table, "kind")
        if loop.lost or (kinds > 0).any():
            why = "stopped answering" if loop.lost else loop.kinds.names[int(kinds.max())]
            operation = self._tape.patterns[level].requests[0][0][0]
            raise EngineError(
                f"{self._stage.endpoint.url}: {operation}: {why}. Start the engine and measure again."
            )


def _engine_cpu(stage: Stage) -> int:
    return stage.engine_cpu() if stage.engine_cpu else 0


def _result(factor: Factor, visits: Sequence[Visits]) -> FactorResult:
    def slope(of: Callable[[Visits], Sequence[float]]) -> Slope:
        rounds = list(zip(*map(of, visits), strict=True))
        return slope_of([level.x for level in factor.levels], rounds, factor.step_size)

    engine_known = any(any(one.engine_ms) for one in visits)
    return FactorResult(
        factor.name,
        factor.title,
        factor.axis,
        factor.step,
        factor.step_size,
        factor.held,
        tuple(_level_result(level, one) for level, one in zip(factor.levels, visits, strict=True)),
        slope(lambda one: one.taken_ms),
        slope(lambda one: one.client_ms),
        slope(lambda one: one.engine_ms) if engine_known else None,
    )


def _level_result(level: Level, visits: Visits) -> LevelResult:
    sums = visits.sums
    engine_ms = float(np.median(visits.engine_ms))
    return LevelResult(
        level.x,
        level.label,
        Percentiles.of(sums.response),
        sums.pages / sums.requests,
        sums.half_units / 2 / sums.requests,
        visits.sent_bytes / sums.requests,
        sums.size_bytes / sums.requests,
        float(np.median(visits.client_ms)),
        engine_ms or None,
    )
