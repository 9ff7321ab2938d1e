"""The loop that sends requests when they are due and writes down what became of each.

A request's time counts from when it was due, whether or not a connection was free then, so that an answer
that was late for one request is seen by all that had to wait for it.
"""

from __future__ import annotations

import json
import re
import time
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import isinf

from workbench.engines.prepared import Endpoint, Signer
from workbench.engines.raw_http import Answer, Channel, Pool
from workbench.replay.load.records import ANSWERED, CONDITION_FAILED, TIMED_OUT, Kinds, new_records, packed
from workbench.replay.load.sources import NEVER, Due, Source
from workbench.replay.load.tape import Step, Tape

NANOSECONDS = 1_000_000_000
FLUSH_NS = NANOSECONDS // 4
"""How long records are kept before they are handed on [ns]."""
REOPEN_SECONDS = 0.05
LOST_NS = 3 * NANOSECONDS
"""No connection for so long, and the run ends [ns]."""
NO_CONNECTION = "no connection"
TOO_MANY = "not sent, too many open"
MOST_WAITING = 20_000
"""Requests of a process that may wait for a connection, so that an overload does not overwhelm its sender."""
LONGEST_WAIT_NS = NANOSECONDS // 20

CONTINUED = frozenset(("Query", "Scan", "BatchGetItem", "BatchWriteItem"))
"""Operations whose answer may ask for a further call."""

_UNITS = b'"CapacityUnits":'
_NUMBER = re.compile(rb" ?\d+(?:\.\d+)?")
LONGEST_NUMBER = 12
"""Characters that are looked at for a number of units."""
_ERROR = re.compile(rb'"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')
_CANCELLED = re.compile(rb'"Code"\s*:\s*"ConditionalCheckFailed"')
_MORE = b'"LastEvaluatedKey":'
_LEFT_OVER = b'"Unprocessed'
_LEFT = re.compile(rb'"Unprocessed(?:Keys|Items)":\s*\{\s*"')

Sink = Callable[["array[int]"], None]
"""Takes records; they are emptied afterwards."""


@dataclass
class Job:
    """A request on its way.

    Args:
        due: When it was due, its pattern and parameter set.
        sent_ns: When its first call went out [ns from the start].
        waited: Whether no connection was free when it was due.
        steps: Its calls.
        sent: How many of them were sent.
        current: The present call.
        pages: Calls sent.
        size_bytes: Bytes of the answers so far.
        half_units: Capacity so far, in halves of a unit.
        found: Items found so far.
    """

    due: Due
    sent_ns: int
    waited: int
    steps: Sequence[Step]
    current: Step
    sent: int = field(default=1, init=False)
    pages: int = field(default=1, init=False)
    size_bytes: int = field(default=0, init=False)
    half_units: int = field(default=0, init=False)
    found: int = field(default=0, init=False)


class Payloads:
    """Signed bytes of the tape's first calls, signed once as long as a signature may be used.

    Args:
        endpoint: Where they go.
        tape: The requests.
    """

    def __init__(self, endpoint: Endpoint, tape: Tape) -> None:
        self.sign, self._tape = Signer(endpoint), tape
        self._signed: dict[tuple[int, int], tuple[float, bytes]] = {}
        self._lasting = isinf(self.sign.valid_seconds)

    def first(self, pattern: int, parameters: int) -> bytes:
        """Returns the first call of a request, signed."""
        known = self._signed.get((pattern, parameters))
        if known and (self._lasting or time.monotonic() < known[0]):
            return known[1]
        payload = self.sign(*self._tape.patterns[pattern].requests[parameters][0])
        until = time.monotonic() + self.sign.valid_seconds
        self._signed[pattern, parameters] = until, payload
        return payload

    def sign_all(self) -> None:
        """Signs everything, so that a run does not spend its time on it."""
        for number, pattern in enumerate(self._tape.patterns):
            for parameters in range(len(pattern.requests)):
                self.first(number, parameters)


class Loop:
    """Sends the requests of a source over the connections of a pool.

    Args:
        pool: The connections.
        payloads: The tape's requests, signed.
        tape: The tape.
        source: When to send which.
        sink: Takes the records.
        timeout_ns: After so long a request is given up [ns].
        start_ns: The start of the run, on that clock [ns].
        clock: A clock that all processes of this machine share [ns].
        most_waiting: While so many wait for a connection, further requests fail at once.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - a loop is made of these
        self,
        pool: Pool,
        payloads: Payloads,
        tape: Tape,
        source: Source,
        sink: Sink,
        timeout_ns: int,
        start_ns: int,
        clock: Callable[[], int] = time.perf_counter_ns,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._pool, self._payloads, self._source, self._sink = pool, payloads, source, sink
        self._patterns = tape.patterns
        self._timeout_ns, self._start_ns, self._clock = timeout_ns, start_ns, clock
        self._waiting: deque[tuple[Due, int]] = deque()
        self._running: dict[Channel, Job] = {}
        self._records = new_records()
        self._flushed_ns = self._connected_ns = 0
        self._most_waiting = most_waiting
        self.most_open = 0
        self.kinds = Kinds()
        self.stopped = False
        self.lost = False
        self._left_ns = NEVER

    def now_ns(self) -> int:
        """Returns the time since the start [ns]."""
        return self._clock() - self._start_ns

    @property
    def settled_ns(self) -> int:
        """What was due before this has ended and is written down [ns from the start]."""
        waiting = self._waiting[0][0][0] if self._waiting else NEVER
        running = (job.due[0] for job in self._running.values())
        return min(self.now_ns(), self._left_ns, self._source.due_ns, waiting, *running)

    def run(self) -> None:
        """Runs until all requests of the source have ended, it is stopped, or the engine is lost."""
        while not self.lost and (self._running or self._waiting or self._source.due_ns != NEVER):
            now = self.now_ns()
            self._admit(now)
            self._dispatch(now)
            for channel, answer in self._pool.wait(self._pause(now)):
                self._answered(channel, answer)
            if self._waiting or now - self._flushed_ns >= FLUSH_NS:
                self._look_after(self.now_ns())
        self._give_up_waiting()
        self._flush()

    def stop(self) -> None:
        """Lets requests that were sent end and takes no more."""
        self.stopped = True

    def _admit(self, now: int) -> None:
        if self.stopped:
            waiting = self._waiting[0][0][0] if self._waiting else NEVER
            self._left_ns = min(self._left_ns, waiting, self._source.due_ns, now)
            self._source.due_ns = NEVER
            self._waiting.clear()
        busy = int(not self._pool.idle or bool(self._waiting))
        while self._source.due_ns <= now:
            due = self._source.take()
            if len(self._waiting) < self._most_waiting:
                self._waiting.append((due, busy))
            else:
                self._record_unsent(due, busy, TOO_MANY)
        if self._waiting:
            self.most_open = max(self.most_open, len(self._waiting) + len(self._running))

    def _dispatch(self, now: int) -> None:
        while self._waiting and self._pool.idle:
            due, waited = self._waiting.popleft()
            if now - due[0] > self._timeout_ns:
                self._record_unsent(due, waited, TIMED_OUT)
            else:
                self._start(due, waited)

    def _start(self, due: Due, waited: int) -> None:
        steps = self._patterns[due[1]].requests[due[2]]
        payload = self._payloads.first(due[1], due[2])
        job = Job(due, self._clock() - self._start_ns, waited, steps, steps[0])
        self._send(self._pool.idle.pop(), job, payload)

    def _send(self, channel: Channel, job: Job, payload: bytes) -> None:
        channel.job = job
        self._running[channel] = job
        failure = self._pool.send(channel, payload)
        if failure:
            self._answered(channel, failure)

    def _pause(self, now: int) -> float:
        """Returns how long there is nothing to do but wait for answers [s]."""
        if self._waiting and self._pool.idle:
            return 0.0
        until = min(self._source.due_ns, now + LONGEST_WAIT_NS)
        return max(until - now, 0) / NANOSECONDS

    def _answered(self, channel: Channel, answer: Answer) -> None:
        job = self._running[channel]
        if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
            self._end(channel, job, self.kinds.number(error_kind(answer)), lost=not answer.status)
            return
        body = answer.body
        job.size_bytes += len(body)
        job.half_units += half_units(body)
        more = job.current[0] in CONTINUED or len(job.steps) > job.sent
        following = self._following(job, body) if more else None
        if following:
            job.current = following
            job.pages += 1
            self._send(channel, job, self._payloads.sign(*following))
        else:
            self._end(channel, job, ANSWERED)

    def _following(self, job: Job, body: bytes) -> Step | None:
        """Returns the call that has to follow an answer: a page, what a batch left over, the next chunk."""
        if _MORE in body:
            page = next_page(job.current, body)
            job.found += json.loads(body).get("Count", 0)
            limit = self._patterns[job.due[1]].limit
            if page and (limit is None or job.found < limit):
                return page
        if _LEFT_OVER in body and _LEFT.search(body):
            left = left_over(job.current, body)
            if left:
                return left
        if job.sent == len(job.steps):
            return None
        job.sent += 1
        return job.steps[job.sent - 1]

    def _end(self, channel: Channel, job: Job, kind: int, *, lost: bool = False) -> None:
        now = self._clock() - self._start_ns
        del self._running[channel]
        channel.job = None
        if not lost:
            self._pool.idle.append(channel)
        due, pattern, parameters = job.due
        size, units = job.size_bytes, job.half_units
        self._records.frombytes(
            packed(pattern, parameters, due, job.sent_ns, now, job.pages, size, units, kind, job.waited)
        )
        self._source.finished(now)

    def _record_unsent(self, due: Due, waited: int, kind: str) -> None:
        now = self.now_ns()
        self._records.extend((due[1], due[2], due[0], now, now, 0, 0, 0, self.kinds.number(kind), waited))
        self._source.finished(now)

    def _look_after(self, now: int) -> None:
        """Gives up what takes too long, opens lost connections again, hands records on."""
        late = now - self._timeout_ns
        while self._waiting and self._waiting[0][0][0] < late:
            due, waited = self._waiting.popleft()
            self._record_unsent(due, waited, TIMED_OUT)
        if now - self._flushed_ns < FLUSH_NS:
            return
        for channel, job in [(c, j) for c, j in self._running.items() if j.sent_ns < late]:
            self._pool.drop(channel)
            self._end(channel, job, self.kinds.number(TIMED_OUT), lost=True)
        self._reconnect(now)
        self._flush()
        self._flushed_ns = now

    def _reconnect(self, now: int) -> None:
        self._pool.reopen(REOPEN_SECONDS)
        if self._pool.idle or self._running:
            self._connected_ns = now
            return
        self.lost = now - self._connected_ns > LOST_NS
        while self._waiting:
            self._record_unsent(*self._waiting.popleft(), NO_CONNECTION)

    def _give_up_waiting(self) -> None:
        while self._waiting:
            self._record_unsent(*self._waiting.popleft(), NO_CONNECTION)

    def _flush(self) -> None:
        self._sink(self._records)
        self._records = new_records()


def half_units(body: bytes) -> int:
    """Returns the capacity that an answer reports, in halves of a unit.

    >>> half_units(b'{"ConsumedCapacity":{"TableName":"T","CapacityUnits":2.5}}')
    5
    """
    total, at = 0, body.find(_UNITS)
    while at >= 0:
        at += len(_UNITS)
        total += _halves(body[at : at + LONGEST_NUMBER])
        at = body.find(_UNITS, at)
    return total


@lru_cache(1 << 12)
def _halves(text: bytes) -> int:
    """Returns twice the number that a text begins with: the same few begin most answers."""
    number = _NUMBER.match(text)
    return round(float(number[0]) * 2) if number else 0


def error_kind(answer: Answer) -> str:
    """Returns what an answer with an error is called: DynamoDB's name of it, or how the connection failed."""
    if not answer.status:
        return answer.body.decode()
    if _CANCELLED.search(answer.body):
        return CONDITION_FAILED
    name = _ERROR.search(answer.body)
    return name[1].decode() if name else f"HTTP {answer.status}"


def next_page(step: Step, body: bytes) -> Step | None:
    """Returns the call for the page after an answer; None where the answer is the last page."""
    last = json.loads(body).get("LastEvaluatedKey")
    return (step[0], _with(step[1], "ExclusiveStartKey", last)) if last else None


def left_over(step: Step, body: bytes) -> Step | None:
    """Returns the call for what a batch left over; None where nothing is."""
    answer = json.loads(body)
    left = answer.get("UnprocessedKeys") or answer.get("UnprocessedItems")
    return (step[0], _with(step[1], "RequestItems", left)) if left else None


def _with(body: bytes, name: str, value: object) -> bytes:
    return json.dumps({**json.loads(body), name: value}, separators=(",", ":")).encode()
