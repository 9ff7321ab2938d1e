"""Adds up what the processes of a run wrote down, and keeps it on disk while the run goes on."""

from __future__ import annotations

import gc
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from workbench.replay.load.arrivals import NANOSECONDS, Plan
from workbench.replay.load.histograms import Times, merged
from workbench.replay.load.records import TIMED_OUT, column

NANOSECONDS_PER_US = 1000
WINDOW_NS = NANOSECONDS // 2
"""Length of the windows that show a run's course [ns]."""

TICKS_UNTIL_SWEPT = 20
"""A line of a histogram log leaves types of arrays behind that point at themselves; the interpreter sweeps
them so seldom that a run of hours would grow."""

Table = NDArray[np.int64]


@dataclass(slots=True)
class Failure:
    """A kind of failure.

    Args:
        count: How often it came.
        first_s: When a request that failed so was due first [s from the start].
        last_s: And last [s].
    """

    count: int
    first_s: float
    last_s: float


@dataclass(slots=True)
class Window:
    """What was due within one window.

    Args:
        start_s: Begin [s from the start].
        due: Requests due.
        answered: Of these, answered.
        failed: Of these, failed.
        p50_ms: Median of the answered [ms], from when they were due.
        p99_ms: 99th percentile [ms].
        max_ms: Slowest [ms].
    """

    start_s: float
    due: int
    answered: int
    failed: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(slots=True)
class Sums:
    """What the judged requests of one pattern add up to.

    Args:
        response: Time from when a request was due to its answer.
        service: Time from when its first call was sent.
        requests: Answered requests, refused conditions included.
        refused: Of these, refused by a condition.
        failures: Failed requests by kind.
        pages: Calls.
        size_bytes: Bytes of the answers.
        half_units: Capacity, in halves of a unit.
    """

    response: Times = field(default_factory=Times)
    service: Times = field(default_factory=Times)
    requests: int = 0
    refused: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    size_bytes: int = 0
    half_units: int = 0

    def add(self, table: Table, kinds: Sequence[str]) -> None:
        """Adds records of this pattern; a request that timed out counts with the time that it waited."""
        kind = column(table, "kind")
        done, due = column(table, "done_ns"), column(table, "due_ns")
        timed = (kind <= 1) | np.isin(kind, _timed_out(kinds))
        self.response.record((done - due)[timed] // NANOSECONDS_PER_US)
        answered = table[kind <= 1]
        self.service.record((column(answered, "done_ns") - column(answered, "sent_ns")) // NANOSECONDS_PER_US)
        self.requests += len(answered)
        self.refused += int((kind == 1).sum())
        for number in np.unique(kind[kind > 1]):
            self.failures[kinds[number]] += int((kind == number).sum())
        self.pages += int(column(answered, "pages").sum())
        self.size_bytes += int(column(answered, "bytes").sum())
        self.half_units += int(column(answered, "half_units").sum())


def _timed_out(kinds: Sequence[str]) -> list[int]:
    return [number for number, name in enumerate(kinds) if name == TIMED_OUT]


class Collector:
    """Adds up records as they come in.

    Args:
        names: The patterns.
        plan: What arrives; requests of segments that are not judged are in windows and failures only.
        log: Histogram log that grows with the run.
        journal: Lines of JSON about the windows, which grow with the run.
        from_s: Begin of the run, or of the part that is collected [s from the start].
    """

    def __init__(
        self, names: Sequence[str], plan: Plan, log: TextIO, journal: TextIO, from_s: float = 0.0
    ) -> None:
        self._names, self._plan, self._log, self._journal = names, plan, log, journal
        self._ends = np.cumsum([segment.seconds for segment in plan.segments]) * NANOSECONDS
        self._judged = np.array([segment.judged for segment in plan.segments])
        self._open: dict[int, list[tuple[Table, Sequence[str]]]] = {}
        self._interval: dict[int, Times] = defaultdict(Times)
        self._ticks = 0
        self.patterns: dict[str, Sums] = defaultdict(Sums)
        self.segments: dict[str, Sums] = defaultdict(Sums)
        self.answers: Counter[str] = Counter()
        """Answers that came while a segment lasted, whenever they were due."""
        self.failures: dict[str, Failure] = {}
        self.windows: list[Window] = []
        self.lag = Times()
        """How late requests were sent for which a connection was free: the client's own part."""
        self.settled_s = from_s
        """Everything that was due before this is in the sums, and nothing else."""
        self.answered = self.failed = 0

    def add(self, table: Table, kinds: Sequence[str]) -> None:
        """Takes a batch of records; they go into the sums when their window is closed."""
        failed = int((column(table, "kind") > 1).sum())
        self.answered += len(table) - failed
        self.failed += failed
        window = column(table, "due_ns") // WINDOW_NS
        for number in np.unique(window):
            self._open.setdefault(int(number), []).append((table[window == number], kinds))

    def _add_up(self, table: Table, kinds: Sequence[str]) -> None:
        self._count_failures(table, kinds)
        numbers = np.minimum(self._segment(column(table, "due_ns")), len(self._ends) - 1)
        for number in np.unique(numbers):
            name = self._plan.segments[number].name
            self.segments[name].add(table[numbers == number], kinds)
        came = np.bincount(self._segment(column(table[column(table, "kind") <= 1], "done_ns")))
        for segment, count in zip(self._plan.segments, came.tolist(), strict=False):
            self.answers[segment.name] += count
        judged = table[self._judged[numbers]]
        self._add_patterns(judged, kinds)
        free = judged[column(judged, "waited") == 0]
        self.lag.record((column(free, "sent_ns") - column(free, "due_ns")) // NANOSECONDS_PER_US)

    def _segment(self, times_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self._ends, times_ns, "right")

    def _count_failures(self, table: Table, kinds: Sequence[str]) -> None:
        kind, due = column(table, "kind"), column(table, "due_ns")
        for number in np.unique(kind[kind > 1]):
            times = due[kind == number] / NANOSECONDS
            first, last = float(times.min()), float(times.max())
            known = self.failures.setdefault(kinds[number], Failure(0, first, last))
            known.count += len(times)
            known.first_s, known.last_s = min(known.first_s, first), max(known.last_s, last)

    def _add_patterns(self, table: Table, kinds: Sequence[str]) -> None:
        pattern = column(table, "pattern")
        for number in np.unique(pattern):
            mine = table[pattern == number]
            self.patterns[self._names[number]].add(mine, kinds)
            answered = mine[column(mine, "kind") <= 1]
            times = (column(answered, "done_ns") - column(answered, "due_ns")) // NANOSECONDS_PER_US
            self._interval[int(number)].record(times)

    def tick(self, settled_ns: int) -> None:
        """Closes the windows that nothing more comes for, and writes them to the log.

        Args:
            settled_ns: What was due before this has ended [ns from the start].
        """
        windows = settled_ns // WINDOW_NS
        self._write(windows, max(self.settled_s, windows * WINDOW_NS / NANOSECONDS))

    def finish(self, reached_s: float) -> None:
        """Closes everything."""
        self._write(max(self._open, default=-1) + 1, reached_s)

    def _write(self, windows: int, until_s: float) -> None:
        """Closes the windows with lower numbers and writes their times to the log."""
        for number in sorted(number for number in self._open if number < windows):
            self._close(number)
        for number, times in self._interval.items():
            if times.count:
                times.write(self._log, self._names[number], self.settled_s, until_s)
                times.clear()
        self._ticks += 1
        if not self._ticks % TICKS_UNTIL_SWEPT:
            gc.collect()
        self.settled_s = until_s
        self._log.flush()
        self._journal.flush()

    def _close(self, number: int) -> None:
        parts = self._open.pop(number)
        for table, kinds in parts:
            self._add_up(table, kinds)
        window = window_of(number * WINDOW_NS / NANOSECONDS, np.concatenate([table for table, _ in parts]))
        self.windows.append(window)
        self._journal.write(json.dumps(asdict(window)) + "\n")

    def overall(self) -> Times:
        """Returns the times of all patterns from when requests were due."""
        return merged(sums.response for sums in self.patterns.values())


def window_of(start_s: float, table: Table) -> Window:
    """Returns what a window's records say."""
    kind = column(table, "kind")
    answered = table[kind <= 1]
    ms = (column(answered, "done_ns") - column(answered, "due_ns")) / 1e6
    p50, p99, longest = np.quantile(ms, [0.5, 0.99, 1.0], method="inverted_cdf") if len(ms) else (0.0,) * 3
    return Window(
        start_s, len(table), len(answered), len(table) - len(answered), float(p50), float(p99), float(longest)
    )
