"""An application that goes on reading and writing while its data moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Any

from workbench.engines import PostgresEngine
from workbench.errors import EngineError
from workbench.migrate.live.answers import NoLongerAskedError, NotAllowedError
from workbench.migrate.live.pool import DRAWN, Pool
from workbench.migrate.live.router import Router
from workbench.migrate.live.tally import ApplicationResult, Tally
from workbench.migrate.live.witness import Witness
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case

LEAST = 0.01
"""Share of the calls that the rarest pattern has at least, so that a short run meets every one."""

LEAST_WRITES = 0.3
"""Share of the calls that write at least: a step of forty calls without a write is one in a million."""

TRIES = 50
"""Patterns that are drawn before a call is given up because none has parameters."""


class LiveApplication:
    """Calls patterns as often, relative to each other, as the workload says; tells a witness of each write.

    Args:
        router: Answers.
        witness: Remembers writes; several applications may share one.
        case: The case, with its workload.
        postgres: Parameters are drawn from its rows.
        seed: Chooses patterns and parameters; two applications at a time need two seeds.
        threads: Calls at a time.
        requests_per_second: Rate of all threads together; None for as fast as it goes.
        writes_share: Share of the calls that write; None for what the workload says, but `LEAST_WRITES`.
        drawn: Parameter sets that are drawn at a time.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a caller may vary
        self,
        router: Router,
        witness: Witness,
        case: Case,
        postgres: PostgresEngine,
        seed: int = 1,
        threads: int = 2,
        requests_per_second: float | None = None,
        writes_share: float | None = None,
        drawn: int = DRAWN,
    ) -> None:
        self._router, self._witness, self._seed, self._threads = router, witness, seed, threads
        self._pause = threads / requests_per_second if requests_per_second else 0.0
        self._reads = {n for n, p in case.design.patterns.items() if p.operation in READ_OPERATIONS}
        weights = shares(case, self._reads, writes_share)
        self._names, self._steps = list(weights), list(accumulate(weights.values()))
        self._pool = Pool(case, postgres, seed, drawn)
        self._whole, self._part = Tally(), Tally()
        self._ended = threading.Event()
        self._running: list[threading.Thread] = []
        self._failures: list[BaseException] = []

    def start(self) -> None:
        """Begins to call, in threads of its own."""
        self._ended.clear()
        self._running = [
            threading.Thread(target=self._loop, args=(number,), name=f"application-{number}", daemon=True)
            for number in range(self._threads)
        ]
        for thread in self._running:
            thread.start()

    def stop(self) -> ApplicationResult:
        """Ends calling, waits for calls in flight and returns what was experienced since the beginning."""
        self._ended.set()
        for thread in self._running:
            thread.join()
        self._running = []
        if self._failures:
            raise self._failures.pop()
        return self._whole.result()

    def close(self) -> None:
        """Closes the connections that parameters were drawn with."""
        self._pool.close()

    def run(self, requests: int) -> ApplicationResult:
        """Makes so many calls, one after the other, and returns what was experienced since the beginning."""
        draw = Random(f"{self._seed}-{self._whole.calls}")  # noqa: S311 - a choice that can be repeated
        for _ in range(requests):
            self._step(draw)
        return self._whole.result()

    def mark(self) -> None:
        """Begins a new part."""
        self._part = Tally()

    def snapshot(self) -> ApplicationResult:
        """Returns what was experienced since the last mark."""
        return self._part.result()

    def _loop(self, number: int) -> None:
        draw = Random(f"{self._seed}-thread-{number}")  # noqa: S311 - a choice that can be repeated
        try:
            while not self._ended.is_set():
                self._step(draw)
                if self._pause:
                    self._ended.wait(self._pause)
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that stops this one
            self._failures.append(error)

    def _step(self, draw: Random) -> None:
        for _ in range(TRIES):
            (pattern,) = draw.choices(self._names, cum_weights=self._steps)
            if not self._router.is_open(pattern):
                continue
            parameters = self._pool.take(pattern, self._router.drawable)
            if parameters is not None:
                self._call(pattern, parameters)
                return
        self._ended.wait(0.01)

    def _call(self, pattern: str, parameters: Mapping[str, Any]) -> None:
        reading = pattern in self._reads
        number = 0 if reading else self._witness.intend(pattern, parameters)
        start, apart = time.perf_counter_ns(), 0
        outcome, side = "lost", ""
        try:
            answer = self._router.call(pattern, parameters, f"{self._seed}-{number}")
            outcome, side = "accepted" if answer.accepted else "refused", answer.side
            apart = answer.compared_ns
        except NoLongerAskedError:
            outcome = "not asked"
            return
        except EngineError as error:
            outcome = type(error).__name__
            if isinstance(error, NotAllowedError):
                outcome = "not allowed"
        finally:
            self._close_call(pattern, number, outcome)
        waited_ns = time.perf_counter_ns() - start - apart
        for tally in (self._whole, self._part):
            tally.add("reads" if reading else "writes", pattern, outcome, side, waited_ns)

    def _close_call(self, pattern: str, number: int, outcome: str) -> None:
        known = outcome in {"accepted", "refused", "not allowed", "not asked"}
        self._pool.ended(pattern, known=known)
        if number:
            tell = self._witness.acknowledge if outcome == "accepted" else self._witness.refuse
            (tell if known else self._witness.unsure)(number)


def shares(case: Case, reads: set[str], writes_share: float | None) -> dict[str, float]:
    """Returns the share of each pattern in the calls, not scaled to 1.

    Args:
        case: The case.
        reads: Its reading patterns.
        writes_share: Share of the calls that write; None for what the workload says, but `LEAST_WRITES`.
    """
    names = [name for name in case.workload.rates if name in case.design.patterns]
    rates = {name: case.workload.requests_per_dau_day(name) for name in names}
    least = LEAST * sum(rates.values())
    rates = {name: max(rate, least) for name, rate in rates.items()}
    sums = {kind: sum(r for n, r in rates.items() if (n in reads) == kind) or 1.0 for kind in (True, False)}
    if writes_share is None:
        writes_share = LEAST_WRITES
        if sums[False] >= writes_share * sum(sums.values()):
            return rates
    return {
        name: rate / sums[name in reads] * (1 - writes_share if name in reads else writes_share)
        for name, rate in rates.items()
    }
