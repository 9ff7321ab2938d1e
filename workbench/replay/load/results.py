"""What a load found, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.replay.load.collect import Failure, Sums, Window
from workbench.replay.load.histograms import Quantile, Times
from workbench.replay.load.judging import Bottleneck, Resources
from workbench.replay.load.memory import Growth
from workbench.replay.load.records import TIMED_OUT
from workbench.replay.verdicts import Verdict, verdict

SHARES = (0.5, 0.9, 0.99, 0.999)
"""The percentiles that are told."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles of times, each with its confidence interval.

    Args:
        count: Requests.
        p50: Median.
        p90: 90th percentile.
        p99: 99th percentile.
        p999: 99.9th percentile.
        max_ms: The slowest [ms].
    """

    count: int
    p50: Quantile
    p90: Quantile
    p99: Quantile
    p999: Quantile
    max_ms: float

    @classmethod
    def of(cls, times: Times) -> Percentiles:
        """Returns the percentiles of times."""
        p50, p90, p99, p999 = (times.quantile(share) for share in SHARES)
        return cls(times.count, p50, p90, p99, p999, times.max_ms)


@dataclass(frozen=True, slots=True)
class PatternLoad:
    """What the requests of one pattern did.

    Args:
        pattern: The pattern's id.
        operation: Its API.
        requests: Requests answered.
        refused: Of these, refused by a condition or a constraint.
        failures: Requests that failed, by kind.
        response: Time from when a request was due to its answer.
        service: Time from when it was sent.
        mean_calls: Calls of a request: pages and chunks, average.
        mean_bytes: Bytes of the answers of a request, average [bytes].
        mean_units: Capacity of a request, average [units].
        target_ms: Documented 99th percentile [ms].
        verdict: Whether it holds here; a request that failed took longer than any target.
        curve: (one of how many is slower, time [ms]), from the median to the slowest.
    """

    pattern: str
    operation: str
    requests: int
    refused: int
    failures: Mapping[str, int]
    response: Percentiles
    service: Percentiles
    mean_calls: float
    mean_bytes: float
    mean_units: float
    target_ms: float | None
    verdict: Verdict
    curve: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, name: str, operation: str, sums: Sums, target_ms: float | None) -> PatternLoad:
        """Returns a pattern's sums as means and percentiles."""
        response = Percentiles.of(sums.response)
        judged = sums.response.with_endless(sums.failures.total() - sums.failures[TIMED_OUT])
        each = max(sums.requests, 1)
        return cls(
            name,
            operation,
            sums.requests,
            sums.refused,
            dict(sums.failures),
            response,
            Percentiles.of(sums.service),
            sums.pages / each,
            sums.size_bytes / each,
            sums.half_units / 2 / each,
            target_ms,
            verdict(judged.quantile(0.99), target_ms),
            tuple(sums.response.curve()),
        )


@dataclass(frozen=True, slots=True)
class SegmentLoad:
    """What happened in one segment of a run.

    Args:
        name: Its name.
        start_s: Begin [s from the start].
        seconds: Length [s].
        requests_per_second: Rate that was asked for; 0 for a closed loop.
        answered_per_second: Answers that came while it lasted, whenever they were due, a second.
        response: Time from when a request was due to its answer.
        failures: Requests that failed, by kind.
    """

    name: str
    start_s: float
    seconds: float
    requests_per_second: float
    answered_per_second: float
    response: Percentiles
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Trial:
    """One rate that was tried.

    Args:
        requests_per_second: The rate.
        holds: Whether every target held, nothing failed and everything was answered.
        why: What did not hold; empty when all did.
        p99_ms: 99th percentile of the patterns of each target, by target [ms].
    """

    requests_per_second: float
    holds: bool
    why: str
    p99_ms: Mapping[float, float | None]


@dataclass(frozen=True, slots=True)
class Knee:
    """The highest rate that holds the targets.

    Args:
        requests_per_second: The rate; 0 when none of those tried held.
        misses_at: The lowest rate that did not hold; None when all did.
        trials: What was tried, in order.
    """

    requests_per_second: float
    misses_at: float | None
    trials: tuple[Trial, ...]

    @property
    def usable_rate(self) -> float:
        """The knee, or the lowest rate that was tried when none held [1/s]."""
        return self.requests_per_second or min(trial.requests_per_second for trial in self.trials)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load on a case found.

    Args:
        case: Name of the case.
        profile: The profile, or `closed`.
        target: Name and version of what was under load.
        machine: Processor, cores and memory.
        seed: What everything was drawn with.
        digest: SHA-256 of the requests that were prepared: equal for equal runs.
        users: Registered users in the data.
        processes: Processes that sent.
        connections: Connections of each.
        timeout_seconds: After so long a request was given up [s].
        peak_requests_per_second: The highest rate asked for.
        dau: Daily active users whose busiest second has the rate of the profile.
        seconds: How far the run came [s].
        status: `complete`, `interrupted` or `engine lost`.
        overall: Time of all judged requests from when they were due.
        service: Time of the same from when they were sent.
        lag: How late requests were sent for which a connection was free: the client's own part.
        patterns: One result a pattern that came.
        segments: One result a segment.
        windows: The course of the run.
        failures: Failures by kind, with times.
        resources: Who spent how much processor time.
        bottleneck: What limited it.
        recovery_seconds: Time from the end of an overload until all was as before [s].
        knee: The highest rate that holds the targets, where it was looked for.
        most_open: Requests that were open at once at most, counted when one had to wait.
        memory: Resident memory of the senders, the collector and the engine over the run.
    """

    case: str
    profile: str
    target: str
    machine: str
    seed: int
    digest: str
    users: int
    processes: int
    connections: int
    timeout_seconds: float
    peak_requests_per_second: float
    dau: float
    seconds: float
    status: str
    overall: Percentiles
    service: Percentiles
    lag: Percentiles
    patterns: tuple[PatternLoad, ...]
    segments: tuple[SegmentLoad, ...]
    windows: tuple[Window, ...]
    failures: Mapping[str, Failure]
    resources: Resources
    bottleneck: Bottleneck
    recovery_seconds: float | None = None
    knee: Knee | None = field(default=None)
    most_open: int = 0
    memory: Mapping[str, Growth] = field(default_factory=dict)

    def segment(self, name: str) -> SegmentLoad | None:
        """Returns one segment; None where it did not come."""
        return next((one for one in self.segments if one.name == name), None)

    @property
    def failed(self) -> int:
        """Requests that failed."""
        return sum(failure.count for failure in self.failures.values())
