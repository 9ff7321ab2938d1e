"""Times every pattern by itself, one request after another, through the fast client.

A write that only a few rows can take is repeated: what it changed is put back between two rounds, outside the
times. So every pattern gets its samples, and the data is as it was before.
"""

from __future__ import annotations

import gc
import time
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.access.relational import Question
from workbench.access.requests import RequestMaker
from workbench.engines.prepared import endpoint_of
from workbench.engines.raw_http import Pool
from workbench.errors import EngineError
from workbench.replay.driver import Draw, replay, warmup_requests
from workbench.replay.load.arrivals import Arrivals
from workbench.replay.load.collect import Sums
from workbench.replay.load.draw import POOL, taped
from workbench.replay.load.histograms import Times
from workbench.replay.load.loop import Loop, Payloads
from workbench.replay.load.records import as_table
from workbench.replay.load.results import PatternLoad, Percentiles
from workbench.replay.load.sources import NEVER, ClosedSource
from workbench.replay.load.tape import Tape
from workbench.replay.load.usage import Crowd, CrowdMeter
from workbench.replay.results import ReplayResult
from workbench.replay.undo import Undo
from workbench.spec.access import READ_OPERATIONS

if TYPE_CHECKING:
    from psycopg import Connection

    from workbench.engines.base import DynamoEngine
    from workbench.engines.postgres import PostgresEngine
    from workbench.replay.load.tape import Pattern
    from workbench.spec.case import Case

COMPARED = 200
"""Answers and units of so many requests a pattern are compared with SQL and the model, at most."""
WARMUP = 20
"""Requests of a pattern before those that are measured."""
TIMEOUT_NS = 60_000_000_000
CLONE = "workbench_timing"
Drawn = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class TimedPattern:
    """One pattern on both sides.

    Args:
        load: On DynamoDB.
        sql: The same question in SQL; a write as often as there are rows for it.
    """

    load: PatternLoad
    sql: Percentiles


@dataclass(frozen=True, slots=True)
class Timings:
    """The times of all patterns of a case.

    Args:
        case: Name of the case.
        engine: Name and version of the DynamoDB engine.
        postgres: Version of PostgreSQL.
        machine: Processor, cores and memory.
        users: Registered users in the data.
        samples: Requests measured a pattern.
        warmup: Requests before them.
        seed: What the parameters were drawn with.
        rows: One result a pattern, in the design's order.
        missing: Patterns that are left out, because no row of the data gives them parameters.
        crowd: What others did on the machine meanwhile.
    """

    case: str
    engine: str
    postgres: str
    machine: str
    users: int
    samples: int
    warmup: int
    seed: int
    rows: tuple[TimedPattern, ...]
    missing: tuple[str, ...]
    crowd: Crowd

    def row(self, pattern: str) -> TimedPattern | None:
        """Returns the times of a pattern; None where it was left out."""
        return next((row for row in self.rows if row.load.pattern == pattern), None)


def replay_timed(  # noqa: PLR0913 - what a caller may vary
    case: Case,
    postgres: PostgresEngine,
    engine: DynamoEngine,
    users: int,
    *,
    samples: int = 1000,
    compared: int = COMPARED,
    seed: int = 1,
    progress: bool = False,
) -> tuple[ReplayResult, Timings]:
    """Returns the answers and units of every pattern on both sides, and its times through the fast client.

    Each pattern is timed just before it is compared, on the data that the patterns before it have left, so
    that one that ends what another began finds something to end.

    Args:
        case: The case.
        postgres: Holds the relational data; nobody else is connected to it.
        engine: Holds the items, equal to the rows.
        users: Registered users in the data.
        samples: Requests timed a pattern.
        compared: Requests whose answers and units are compared, at most so many as are timed.
        seed: What the parameters are drawn with.
        progress: Whether to show a bar on standard error, where that is a terminal.

    Raises:
        EngineError: An engine cannot be reached, or stopped answering.
    """
    questions = {name: Question(RequestMaker(case.design, name)) for name in case.design.patterns}
    meter = CrowdMeter()
    with quiet_collector():
        sql = _time_sql(postgres, questions, samples, seed)
    timer = PatternTimer(case, engine, samples)
    try:
        count = min(samples, compared)
        replayed = replay(case, postgres, engine, count, seed, progress=progress, timer=timer.time)
    finally:
        timer.close()
    rows = (TimedPattern(load, sql[name]) for name, load in timer.loads.items())
    missing = tuple(name for name in questions if name not in timer.loads)
    names = (case.name, replayed.engine, replayed.postgres, replayed.machine)
    return replayed, Timings(*names, users, samples, WARMUP, seed, tuple(rows), missing, meter.read())


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Keeps the collector of garbage from interrupting what is timed."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class PatternTimer:
    """Times patterns on DynamoDB over one connection.

    Args:
        case: The case.
        engine: Holds its items.
        samples: Requests measured a pattern.
    """

    def __init__(self, case: Case, engine: DynamoEngine, samples: int) -> None:
        self._case, self._engine, self._samples = case, engine, samples
        self._endpoint = endpoint_of(engine)
        self._pool = Pool(self._endpoint, 1)
        self.loads: dict[str, PatternLoad] = {}

    def close(self) -> None:
        """Closes the connection."""
        self._pool.close()

    def time(self, name: str, draw: Draw) -> None:
        """Times one pattern and puts the data back; does nothing where no row gives parameters."""
        drawn = draw(min(self._samples + WARMUP, POOL))
        if drawn:
            with quiet_collector():
                self.loads[name] = self._timed(name, drawn)

    def _timed(self, name: str, drawn: Drawn) -> PatternLoad:
        maker = RequestMaker(self._case.design, name)
        pattern = maker.pattern
        undo = None
        if pattern.operation not in READ_OPERATIONS:
            undo = Undo(self._case.design, maker, self._engine, drawn)
        sums = Sums()
        tables, kinds = self._rounds(taped(maker, drawn), undo)
        sums.add(np.concatenate(tables)[WARMUP:], kinds)
        return PatternLoad.of(name, pattern.operation, sums, pattern.target_p99_ms)

    def _rounds(self, pattern: Pattern, undo: Undo | None) -> tuple[list[Any], list[str]]:
        left, tables, kinds = self._samples + WARMUP, [], ["", ""]
        payloads = Payloads(self._endpoint, Tape((pattern,)))
        while left > 0:
            count = min(left, len(pattern.requests)) if undo else left
            table, kinds = self._round(pattern, payloads, count)
            tables.append(table)
            left -= count
            if undo:
                undo()
        return tables, kinds

    def _round(self, pattern: Pattern, payloads: Payloads, count: int) -> tuple[Any, list[str]]:
        zeros = np.zeros(count, np.int64)
        chunk = Arrivals(zeros, zeros, np.arange(count) % len(pattern.requests))
        records: array[int] = array("q")
        loop = Loop(
            self._pool,
            payloads,
            Tape((pattern,)),
            ClosedSource(iter((chunk,)), 1, NEVER - 1),
            records.extend,
            TIMEOUT_NS,
            time.perf_counter_ns(),
        )
        loop.run()
        if loop.lost:
            raise EngineError(f"{self._endpoint.url} stopped answering. Start the engine and measure again.")
        return as_table(records), loop.kinds.names


def _time_sql(
    postgres: PostgresEngine, questions: Mapping[str, Question], samples: int, seed: int
) -> dict[str, Percentiles]:
    """Returns the times of each question in SQL, asked on a copy of the data that is dropped afterwards."""
    with _copy_of(postgres) as connection:
        return {
            name: _asked(connection, question, question.draw(connection, seed, samples + WARMUP), samples)
            for name, question in questions.items()
        }


@contextmanager
def _copy_of(postgres: PostgresEngine) -> Iterator[Connection[Any]]:
    with postgres.connect() as connection:
        source = connection.info.dbname
    with postgres.connect(dbname="template1", autocommit=True) as keeper:
        keeper.execute(f"DROP DATABASE IF EXISTS {CLONE}")
        keeper.execute(f'CREATE DATABASE {CLONE} TEMPLATE "{source}"'.encode())
        try:
            with postgres.connect(dbname=CLONE, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
                yield connection
        finally:
            keeper.execute(f"DROP DATABASE {CLONE}")


def _asked(connection: Connection[Any], question: Question, drawn: Drawn, samples: int) -> Percentiles:
    read = question.pattern.operation in READ_OPERATIONS
    again = cycle(drawn) if read else drawn
    sets = list(islice(again, samples + WARMUP))
    warmup = warmup_requests(len(sets), samples, WARMUP)
    taken = [_ask(connection, question, question.arguments(one)) for one in sets]
    times = Times()
    times.record(np.array(taken[warmup:], np.int64) // 1000)
    return Percentiles.of(times)


def _ask(connection: Connection[Any], question: Question, arguments: Mapping[str, Any]) -> int:
    """Returns how long a question took [ns]; a refusal by a constraint is an answer."""
    begin = time.perf_counter_ns()
    try:
        question.ask(connection, arguments)
    except connection.IntegrityError:
        return time.perf_counter_ns() - begin
    return time.perf_counter_ns() - begin
