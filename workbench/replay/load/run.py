"""Runs a profile on a case whose data is in place, and says what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import psutil

from workbench.errors import InputError, Problem
from workbench.replay.load.arrivals import Plan, Process, Segment
from workbench.replay.load.collect import Collector, Sums
from workbench.replay.load.crew import USUAL, Enough, Outcome, Progress, Setting, Target, run_load
from workbench.replay.load.histograms import merged
from workbench.replay.load.judging import bottleneck, groups, resources, seconds_to_recover
from workbench.replay.load.knee import STEPS, find_knee
from workbench.replay.load.memory import growth
from workbench.replay.load.profiles import (
    BASELINE,
    OVERLOAD,
    STRESS_FACTOR,
    WARM_UP,
    Profile,
    dau_of,
    segments_of,
    shares_of,
)
from workbench.replay.load.results import Knee, LoadResult, PatternLoad, Percentiles, SegmentLoad, Trial
from workbench.replay.load.store import Folder
from workbench.replay.machine import describe_machine
from workbench.replay.verdicts import ASSUMED_TARGET_MS

if TYPE_CHECKING:
    from workbench.replay.load.tape import Tape
    from workbench.spec.case import Case

CLOSED = "closed"
"""Name of a run whose users wait for their answers."""
PROBE_SECONDS = 1.5
ANSWERED_SHARE = 0.99
"""Of the requests that were due, so many must be answered."""


@dataclass(frozen=True, slots=True)
class Load:
    """A case ready to be put under load.

    Args:
        case: The case.
        target: What is put under load; it holds the case's data.
        tape: The requests.
        users: Registered users in the data.
        seed: What everything is drawn with.
        setting: How requests are sent.
    """

    case: Case
    target: Target
    tape: Tape
    users: int
    seed: int
    setting: Setting = USUAL

    def plan(self, segments: tuple[Segment, ...], process: Process = "poisson", **given: Any) -> Plan:
        """Returns a plan of the case's mix."""
        shares = shares_of(self.case.workload, self.tape.names)
        return Plan(segments, shares, self.tape.pools, self.seed, process, **given)

    def targets(self) -> dict[str, float]:
        """Returns the target of each pattern [ms]; the laxest of the case where a pattern has none."""
        documented = {n: p.target_p99_ms for n, p in self.case.design.patterns.items()}
        rest = max((t for t in documented.values() if t), default=ASSUMED_TARGET_MS)
        return {name: target or rest for name, target in documented.items()}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run shall be.

    Args:
        profile: The profile, or `closed`.
        seconds: How long [s]; of the knee, each trial.
        rate: Requests in the busiest second; None to take half of what the engine answers at most.
        overload: Of `stress`, the rate of the overload [1/s]; 0 for five times the rate.
        process: How arrivals are spaced.
        replayed: Times of arrival [s] in place of drawn ones.
    """

    profile: Profile | str
    seconds: float
    rate: float | None = None
    overload: float = 0.0
    process: Process = "poisson"
    replayed: tuple[float, ...] = ()


def run_profile(
    load: Load,
    wish: Wish,
    folder: Folder | None = None,
    *,
    resume: bool = False,
    progress: Progress | None = None,
) -> LoadResult:
    """Returns what a profile found.

    Args:
        load: The case under load.
        wish: What to run.
        folder: Where the run is kept; None to keep nothing.
        resume: Whether to go on with the run in the folder.
        progress: Hears of it once a second.

    Raises:
        InputError: The folder holds another run.
        EngineError: A process of the load failed.
        KeyboardInterrupt: It was interrupted before the run itself began.
    """
    heard, knee = progress or (lambda *_: None), None
    if wish.profile == "knee":
        knee = knee_of(load, wish.seconds, wish.rate, progress=heard)
        wish = replace(wish, rate=knee.usable_rate)
    elif wish.profile == "stress" and wish.rate is None:
        knee = knee_of(load, PROBE_SECONDS, None, progress=heard)
        wish = replace(wish, rate=knee.usable_rate, overload=overload_rate(knee))
    elif wish.rate is None:
        wish = replace(wish, rate=most_per_second(load, heard) / 2)
    if folder is None:
        return replace(_run(load, wish, heard), knee=knee)
    with folder.writing():
        result = replace(_run_kept(load, wish, folder, heard, resume=resume), knee=knee)
        folder.finish(result)
    return result


def overload_rate(knee: Knee) -> float:
    """Returns the rate of an overload [1/s]: five times the knee.

    Where the knee is so low that this is no overload, twice what the engine answers at most is one.
    """
    return max(STRESS_FACTOR * knee.usable_rate, 2 * knee.trials[0].requests_per_second)


def most_per_second(load: Load, progress: Progress) -> float:
    """Returns how many requests the engine answers at most [1/s], asked by users who wait for answers."""
    segments = (Segment(WARM_UP, PROBE_SECONDS / 2, 0, judged=False), Segment(CLOSED, PROBE_SECONDS, 0))
    outcome = _searched(load, load.plan(segments, "closed"), progress)
    return max(sum(s.requests for s in outcome.collected.patterns.values()) / PROBE_SECONDS, 1.0)


def knee_of(
    load: Load,
    seconds: float,
    highest: float | None,
    *,
    steps: int = STEPS,
    progress: Progress = lambda *_: None,
) -> Knee:
    """Returns the highest rate at which every target holds.

    Args:
        load: The case under load.
        seconds: How long each rate is tried [s].
        highest: The first rate; None to measure what it answers at most.
        steps: Trials after the first.
        progress: Hears of it once a second.
    """

    def attempt(rate: float) -> Trial:
        plan = load.plan(segments_of("peak", load.case.workload, rate, seconds))
        return judged(rate, _searched(load, plan, progress), load.targets())

    return find_knee(attempt, highest or most_per_second(load, progress), steps)


def _searched(load: Load, plan: Plan, progress: Progress) -> Outcome:
    """Returns the outcome of a run that only searches; an interrupt ends the search."""
    outcome = run_load(load.target, load.tape, plan, load.setting, progress=progress)
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    return outcome


def judged(rate: float, outcome: Outcome, targets: Mapping[str, float]) -> Trial:
    """Returns whether a rate held, and if not, why."""
    found = groups(outcome.collected.patterns, targets)
    failed = sum(sum(s.failures.values()) for s in outcome.collected.patterns.values())
    answered = sum(s.requests for s in outcome.collected.patterns.values())
    reasons = [f"p99 {g.p99_ms:.0f} ms, target {g.target_ms:g} ms" for g in found if not g.holds]
    if answered < ANSWERED_SHARE * (answered + failed):
        reasons.append(f"{failed} of {answered + failed} failed")
    if not answered + failed:
        reasons.append("no request came")
    if outcome.status != "complete":
        reasons.append(outcome.status)
    return Trial(rate, not reasons, "; ".join(reasons), {g.target_ms: g.p99_ms for g in found})


def _segments(load: Load, wish: Wish) -> tuple[Segment, ...]:
    if wish.profile == CLOSED:
        return (
            Segment(WARM_UP, min(2.0, wish.seconds / 4), 0, judged=False),
            Segment(CLOSED, wish.seconds, 0),
        )
    return segments_of(wish.profile, load.case.workload, wish.rate or 1.0, wish.seconds, wish.overload)  # type: ignore[arg-type] # a profile here


def _plan(load: Load, wish: Wish) -> Plan:
    process: Process = "closed" if wish.profile == CLOSED else wish.process
    plan = load.plan(_segments(load, wish), process, replayed=wish.replayed)
    if not any(map(len, plan.arrivals())):
        what = f"no request is due in {plan.seconds:g} s; got a rate of {wish.rate:g}"
        raise InputError([Problem("--rate", 0, "", what, "Raise it, or give a longer --duration.")])
    return plan


def _run(load: Load, wish: Wish, progress: Progress) -> LoadResult:
    plan = _plan(load, wish)
    enough = _enough(wish, plan)
    outcome = run_load(load.target, load.tape, plan, load.setting, progress=progress, enough=enough)
    return result_of(load, wish, outcome)


def _run_kept(load: Load, wish: Wish, folder: Folder, progress: Progress, *, resume: bool) -> LoadResult:
    plan, identity = _plan(load, wish), _identity(load, wish)
    reached = folder.begin(identity, resume=resume)

    def heard(now_s: float, collector: Collector) -> None:
        folder.keep(identity, collector)
        progress(now_s, collector)

    with folder.open() as files:
        outcome = run_load(
            load.target,
            load.tape,
            plan,
            replace(load.setting, from_seconds=reached),
            log=files.log,
            journal=files.journal,
            progress=heard,
            prepare=folder.restore if reached else lambda _: None,
            enough=_enough(wish, plan),
        )
    return result_of(load, wish, outcome)


def _identity(load: Load, wish: Wish) -> dict[str, Any]:
    """Returns what a run is made with, as JSON gives it back."""
    made = asdict(wish) | {name: getattr(load.setting, name) for name in ("processes", "connections")}
    made |= {"engine": load.target.name, "case": load.case.name, "users": load.users, "seed": load.seed}
    made |= {"timeout": load.setting.timeout_seconds, "requests": load.tape.digest}
    return made | {"replayed": list(wish.replayed)}


def result_of(load: Load, wish: Wish, outcome: Outcome) -> LoadResult:
    """Returns what an outcome says about a case."""
    collected, setting = outcome.collected, load.setting
    service = merged(sums.service for sums in collected.patterns.values())
    overall = collected.overall()
    hardest = OVERLOAD if wish.profile == "stress" else ""
    used = resources(outcome, setting, psutil.cpu_count() or 1, segment=hardest)
    rate = max(segment.requests_per_second for segment in outcome.plan.segments)
    return LoadResult(
        case=load.case.name,
        profile=wish.profile,
        target=load.target.name,
        machine=describe_machine(),
        seed=load.seed,
        digest=load.tape.digest,
        users=load.users,
        processes=setting.processes,
        connections=setting.connections,
        timeout_seconds=setting.timeout_seconds,
        peak_requests_per_second=rate,
        dau=dau_of(load.case.workload, wish.rate or 0.0),
        seconds=outcome.seconds,
        status=outcome.status,
        overall=Percentiles.of(overall),
        service=Percentiles.of(service),
        lag=Percentiles.of(collected.lag),
        patterns=_patterns(load, collected.patterns),
        segments=_segment_rows(outcome),
        windows=tuple(sorted(collected.windows, key=lambda window: window.start_s)),
        failures=collected.failures,
        resources=used,
        bottleneck=bottleneck(used, *_means(collected, hardest)),
        recovery_seconds=_recovery(outcome.plan, collected) if hardest else None,
        most_open=outcome.most_open,
        memory=growth(outcome.held),
    )


def _means(collected: Collector, segment: str) -> tuple[float, float]:
    """Returns the mean times that requests waited and were served [ms]."""
    sums = [collected.segments[segment]] if segment in collected.segments else collected.segments.values()
    response, service = merged(s.response for s in sums), merged(s.service for s in sums)
    served = service.mean_ms if service.count else 0.0
    waited = response.mean_ms - served if response.count else 0.0
    return max(waited, 0.0), served


def _patterns(load: Load, sums: Mapping[str, Sums]) -> tuple[PatternLoad, ...]:
    patterns = load.case.design.patterns
    found = ((name, patterns[name]) for name in patterns if name in sums)
    return tuple(PatternLoad.of(name, p.operation, sums[name], p.target_p99_ms) for name, p in found)


def _segment_rows(outcome: Outcome) -> tuple[SegmentLoad, ...]:
    starts = outcome.plan.starts()
    return tuple(
        SegmentLoad(
            segment.name,
            starts[segment.name][0],
            _lasted(segment, starts, outcome),
            segment.requests_per_second,
            outcome.collected.answers[segment.name] / _lasted(segment, starts, outcome),
            Percentiles.of(sums.response),
            dict(sums.failures),
        )
        for segment in outcome.plan.segments
        if (sums := outcome.collected.segments.get(segment.name))
    )


def _lasted(segment: Segment, starts: Mapping[str, tuple[float, float]], outcome: Outcome) -> float:
    """Returns how long a segment lasted [s]: the last one may have ended early."""
    return max(min(segment.seconds, outcome.seconds - starts[segment.name][0]), 1e-9)


def _enough(wish: Wish, plan: Plan) -> Enough:
    """Returns what ends a run early: of `stress`, that everything is as before the overload."""
    if wish.profile != "stress":
        return lambda _: False
    return lambda collected: _recovery(plan, collected) is not None


def _recovery(plan: Plan, collected: Collector) -> float | None:
    starts = plan.starts()
    begin, overload = starts[BASELINE]
    return seconds_to_recover(collected.windows, begin, overload, starts[OVERLOAD][1])
