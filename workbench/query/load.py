"""A load of HTTP requests that does not wait for answers, from one process and some connections."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.engines.prepared import Endpoint
from workbench.engines.raw_http import Channel, Pool
from workbench.replay.load.histograms import Times

NANOSECONDS = 1_000_000_000
LONGEST_WAIT_SECONDS = 0.005
GIVE_UP_SECONDS = 5.0
"""Requests that are still waiting so long after the end are given up."""


@dataclass(slots=True)
class LoadResult:
    """What became of a load.

    Args:
        offered: Requests that were due.
        seconds: Time in which they were due [s].
        statuses: Status to number of answers; 0 for a lost connection or no answer.
        times: From when a request was due to its answer.
        processor_seconds: Processor time of the load itself [s].
    """

    offered: int
    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    times: Times = field(default_factory=Times)
    processor_seconds: float = 0.0

    @property
    def answered_per_second(self) -> float:
        """Requests answered well [1/s]."""
        return self.statuses[200] / self.seconds

    @property
    def error_share(self) -> float:
        """Share of the requests that were not answered well."""
        return 1 - self.statuses[200] / self.offered if self.offered else 0.0


def get_request(url: str, target: str, key: str) -> bytes:
    """Returns a GET request as it goes over the wire.

    Args:
        url: Where the service listens.
        target: Path with its parameters, encoded.
        key: API key.
    """
    host = url.removeprefix("http://")
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n\r\n".encode("ascii")


class _Run:
    """One load under way."""

    def __init__(self, pool: Pool, requests: Sequence[bytes], result: LoadResult) -> None:
        self.pool, self.requests, self.result = pool, requests, result
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.flying = 0
        self.microseconds: list[int] = []

    def send(self) -> None:
        while self.waiting and self.pool.idle:
            channel: Channel = self.pool.idle.pop()
            channel.job, payload = self.waiting.popleft()
            self.flying += 1
            if self.pool.send(channel, payload):
                self.lost()

    def lost(self) -> None:
        self.flying -= 1
        self.result.statuses[0] += 1

    def receive(self, seconds: float) -> None:
        for channel, answer in self.pool.wait(seconds):
            due = channel.job
            if due is None:
                continue
            channel.job = None
            if not answer.status:
                self.lost()
                continue
            self.flying -= 1
            self.pool.idle.append(channel)
            self.result.statuses[answer.status] += 1
            self.microseconds.append((time.perf_counter_ns() - due) // 1000)


def run_load(
    url: str, requests: Sequence[bytes], rate: float, seconds: float, connections: int
) -> LoadResult:
    """Returns what became of requests that are due at a constant rate.

    Args:
        url: Where the service listens.
        requests: What is sent, one after another and again from the first.
        rate: Requests due in a second [1/s].
        seconds: How long [s].
        connections: Connections; a request that is due while all are busy waits, and the wait counts.

    Raises:
        EngineError: Nobody listens there.
    """
    pool = Pool(Endpoint(url, "", "", ""), connections)
    result = LoadResult(0, seconds)
    run = _Run(pool, requests, result)
    spent, start = time.process_time(), time.perf_counter_ns()
    end, count = start + int(seconds * NANOSECONDS), int(rate * seconds)
    last = end + int(GIVE_UP_SECONDS * NANOSECONDS)
    while (result.offered < count or run.waiting or run.flying) and time.perf_counter_ns() < last:
        due = start + int(result.offered / rate * NANOSECONDS)
        while result.offered < count and due <= time.perf_counter_ns():
            run.waiting.append((due, requests[result.offered % len(requests)]))
            result.offered += 1
            due = start + int(result.offered / rate * NANOSECONDS)
        run.send()
        pool.reopen(LONGEST_WAIT_SECONDS)
        pause = (
            (due - time.perf_counter_ns()) / NANOSECONDS if result.offered < count else LONGEST_WAIT_SECONDS
        )
        run.receive(min(max(pause, 0.0), LONGEST_WAIT_SECONDS))
    result.statuses[0] += len(run.waiting) + run.flying
    result.processor_seconds = time.process_time() - spent
    result.times.record(np.array(run.microseconds, np.int64))
    pool.close()
    return result
