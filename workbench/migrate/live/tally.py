"""What a live application experienced: counts, errors and latencies."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

from workbench.replay.load.confidence import low_rank

LONGEST_US = 60_000_000
DIGITS = 2
PERCENTILES = {"p50": 50.0, "p99": 99.0, "p999": 99.9}
ALL = "all"


@dataclass(frozen=True, slots=True)
class ApplicationResult:
    """What an application experienced.

    Args:
        reads: Reads that were sent.
        writes: Writes that were sent.
        accepted: Writes that took place.
        refused: Writes that a condition or constraint refused.
        errors: Kind of error to the calls that ended with it.
        patterns: Pattern to its calls.
        latency: Side (`postgres`, `dynamodb`, `all`) to percentile (`p50`, `p99`, `p999`) to time [ms].
        least_read_latency: Of the reads alone, the low end of the 95 % interval of each percentile.
        side_reads: Side to the reads that it answered.
        failed_writes: Writes that ended with an error.
    """

    reads: int
    writes: int
    accepted: int
    refused: int
    errors: Mapping[str, int]
    patterns: Mapping[str, int]
    latency: Mapping[str, Mapping[str, float]]
    least_read_latency: Mapping[str, Mapping[str, float]]
    side_reads: Mapping[str, int]
    failed_writes: int

    @property
    def requests(self) -> int:
        """Calls in all."""
        return self.reads + self.writes

    @property
    def error_rate(self) -> float:
        """Share of the calls that ended with an error; 0 without calls."""
        return sum(self.errors.values()) / self.requests if self.requests else 0.0


@dataclass
class Tally:
    """Counts while an application runs; threads share it."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    patterns: Counter[str] = field(default_factory=Counter)
    times: dict[str, HdrHistogram] = field(default_factory=dict)
    read_times: dict[str, HdrHistogram] = field(default_factory=dict)
    side_reads: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, pattern: str, outcome: str, side: str, nanoseconds: int) -> None:
        """Counts one call.

        Args:
            kind: `reads` or `writes`.
            pattern: The pattern.
            outcome: `accepted`, `refused` or the name of an error.
            side: The database that answered; empty after an error.
            nanoseconds: How long it took [ns].
        """
        with self.lock:
            self.counts[kind] += 1
            self.patterns[pattern] += 1
            if not side:
                self.errors[outcome] += 1
                self.counts["failed"] += kind == "writes"
                return
            if kind == "writes":
                self.counts[outcome] += 1
            else:
                self.side_reads[side] += 1
                _record(self.read_times, side, nanoseconds)
            _record(self.times, side, nanoseconds)

    @property
    def calls(self) -> int:
        """Calls that were counted."""
        return self.counts["reads"] + self.counts["writes"]

    def result(self) -> ApplicationResult:
        """Returns what was counted so far."""
        with self.lock:
            return ApplicationResult(
                reads=self.counts["reads"],
                writes=self.counts["writes"],
                accepted=self.counts["accepted"],
                refused=self.counts["refused"],
                errors=dict(self.errors),
                patterns=dict(self.patterns),
                latency={side: _values(times) for side, times in self.times.items()},
                least_read_latency={side: _least(times) for side, times in self.read_times.items()},
                side_reads=dict(self.side_reads),
                failed_writes=self.counts["failed"],
            )


def _record(times: dict[str, HdrHistogram], side: str, nanoseconds: int) -> None:
    for name in (side, ALL):
        histogram = times.setdefault(name, HdrHistogram(1, LONGEST_US, DIGITS))
        histogram.record_value(min(max(1, nanoseconds // 1000), LONGEST_US))


def _values(histogram: HdrHistogram) -> dict[str, float]:
    found = histogram.get_percentile_to_value_dict([*PERCENTILES.values()])
    return {name: found[percentile] / 1000 for name, percentile in PERCENTILES.items()}


def _least(histogram: HdrHistogram) -> dict[str, float]:
    count = histogram.get_total_count()
    ranks = {name: low_rank(count, percentile / 100) for name, percentile in PERCENTILES.items()}
    return {name: histogram.get_value_at_percentile(100 * r / count) / 1000 for name, r in ranks.items()}
