"""What limits an engine under load, whether its targets held, and when it was back to normal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles

from workbench.replay.load.collect import WINDOW_NS, Sums, Window
from workbench.replay.load.crew import Outcome, Setting, Usage
from workbench.replay.load.histograms import Times, merged

BUSY_SHARE = 0.85
"""A processor or connection that is in use for this share of the time has nothing left to give."""
CALM_WINDOWS = 3
"""So many windows in a row must be normal."""
NORMAL_FACTOR = 2.0
"""Normal: a 99th percentile of at most so many times the usual one before the overload."""
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Resources:
    """Who spent how much processor time in a part of a run.

    Args:
        seconds: Length of that part [s].
        engine_cores: Processors that the engine used, average; None where it cannot be read.
        client_cores: Processors that each process of the load used.
        machine_cores: Processors in use by everything on this machine.
        cores: Processors that the machine has.
        connections: Connections of all processes.
        busy_connections: Of these, in use on average.
    """

    seconds: float
    engine_cores: float | None
    client_cores: tuple[float, ...]
    machine_cores: float
    cores: int
    connections: int
    busy_connections: float


def resources(outcome: Outcome, setting: Setting, cores: int, *, segment: str = "") -> Resources:
    """Returns who spent how much in a run, or in one segment of it.

    Args:
        outcome: The run.
        setting: How it was sent.
        cores: Processors of this machine.
        segment: Name of a segment; the whole run when empty.
    """
    begin, end = outcome.plan.starts().get(segment, (0.0, outcome.seconds))
    first, last = _around(outcome.usage, begin, end)
    seconds = max(last.at_s - first.at_s, 1e-9)
    sums = [outcome.collected.segments[segment]] if segment in outcome.collected.segments else []
    everything = sums or list(outcome.collected.segments.values())
    busy = sum(one.service.mean_ms * one.service.count for one in everything if one.service.count) / 1000
    engine = None
    if first.engine_s is not None and last.engine_s is not None:
        engine = max(last.engine_s - first.engine_s, 0.0) / seconds
    return Resources(
        seconds,
        engine,
        tuple((b - a) / seconds for a, b in zip(first.client_s, last.client_s, strict=True)),
        (last.machine_s - first.machine_s) / seconds,
        cores,
        setting.processes * setting.connections,
        min(busy / max(end - begin, 1e-9), setting.processes * setting.connections),
    )


def _around(usage: list[Usage], begin: float, end: float) -> tuple[Usage, Usage]:
    first = min(usage, key=lambda one: abs(one.at_s - begin))
    last = min(usage, key=lambda one: abs(one.at_s - end))
    return (first, last) if last.at_s > first.at_s else (usage[0], usage[-1])


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What limits.

    Args:
        name: `client`, `engine`, `machine`, `connections`, `engine's queue` or `nothing`.
        evidence: The numbers that say so, in a sentence.
    """

    name: str
    evidence: str


def bottleneck(used: Resources, queued_ms: float, served_ms: float) -> Bottleneck:
    """Returns what limited a run.

    Args:
        used: Who spent how much.
        queued_ms: Mean time that a request waited before it was sent [ms].
        served_ms: Mean time from there to its answer [ms].
    """
    engine = used.engine_cores or 0.0
    clients = sum(used.client_cores)
    others = max(used.machine_cores - engine - clients, 0.0)
    numbers = (
        f"engine {engine:.2f}, load {clients:.2f}, others {others:.2f} of {used.cores} processors; "
        f"{used.busy_connections:.1f} of {used.connections} connections busy; "
        f"{queued_ms:.1f} ms waiting, {served_ms:.1f} ms served"
    )
    return Bottleneck(_limit(used, others, queued_ms, served_ms), numbers)


def _limit(used: Resources, others: float, queued_ms: float, served_ms: float) -> str:
    if used.client_cores and max(used.client_cores) > BUSY_SHARE:
        return "client"
    if used.machine_cores > BUSY_SHARE * used.cores:
        return "machine" if others > (used.engine_cores or 0.0) else "engine"
    if used.busy_connections > BUSY_SHARE * used.connections:
        return "engine's queue" if (used.engine_cores or 0.0) > BUSY_SHARE else "connections"
    return "engine's queue" if queued_ms > served_ms else "nothing"


@dataclass(frozen=True, slots=True)
class Group:
    """Requests that have the same target.

    Args:
        target_ms: Their target for the 99th percentile [ms].
        requests: How many were answered.
        p99_ms: Their 99th percentile [ms]; the slowest where they are fewer than 100, None where none.
    """

    target_ms: float
    requests: int
    p99_ms: float | None

    @property
    def holds(self) -> bool:
        """Whether the percentile is within the target; no requests say nothing against it."""
        return self.p99_ms is None or self.p99_ms <= self.target_ms


def groups(patterns: Mapping[str, Sums], targets: Mapping[str, float]) -> tuple[Group, ...]:
    """Returns the 99th percentiles of all patterns that share a target, by rising target.

    Args:
        patterns: What each pattern's requests add up to.
        targets: The target of each pattern [ms].
    """
    parts: dict[float, list[Times]] = {}
    for name, sums in patterns.items():
        parts.setdefault(targets[name], []).append(sums.response)
    pooled = {target: merged(times) for target, times in sorted(parts.items())}
    return tuple(Group(target, times.count, _p99_or_slowest(times)) for target, times in pooled.items())


def _p99_or_slowest(times: Times) -> float | None:
    found = times.quantile(0.99).ms
    return times.max_ms if found is None and times.count else found


def seconds_to_recover(
    windows: list[Window], begin_s: float, overload_s: float, end_s: float
) -> float | None:
    """Returns how long after an overload requests were answered as before it [s]; None if they never were.

    Args:
        windows: The course of the run.
        begin_s: Begin of the time that shows what is normal [s].
        overload_s: Its end, when the overload began [s].
        end_s: End of the overload [s].
    """
    ordered = sorted(windows, key=lambda window: window.start_s)
    length = WINDOW_NS / NANOSECONDS
    usual = [w.p99_ms for w in ordered if begin_s <= w.start_s and w.start_s + length <= overload_s]
    after = [w for w in ordered if w.start_s >= end_s]
    if len(usual) < CALM_WINDOWS or len(after) < CALM_WINDOWS:
        return None
    limit = NORMAL_FACTOR * quantiles(usual, n=10)[-1]
    for number in range(len(after) - CALM_WINDOWS + 1):
        some = after[number : number + CALM_WINDOWS]
        together = all(b.start_s - a.start_s < 2 * length for a, b in pairwise(some))
        if together and all(not w.failed and w.p99_ms <= limit for w in some):
            return some[0].start_s - end_s
    return None
