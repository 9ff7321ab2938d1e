"""What the notebook of load shows: the highest rate that holds the targets, and what happens beyond it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.engines import open_dynamodb, open_postgres
from workbench.migrate import rehearse
from workbench.replay.load.crew import Setting, dynamodb_target
from workbench.replay.load.draw import draw_tape
from workbench.replay.load.profiles import OVERLOAD
from workbench.replay.load.render import back_told, memory_told, overload_told
from workbench.replay.load.run import Load, Wish, knee_of, overload_rate, run_profile
from workbench.report.figures import Figure, Line, drawn, line_chart, logarithmic
from workbench.report.tables import Column, Heading, Statement, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from workbench.replay.load.results import Knee, LoadResult, SegmentLoad
    from workbench.spec import Case

TRIAL_SECONDS = 1.0
TRIALS = 3
TIMEOUT_SECONDS = 1.5
"""Short, so that the page is made in seconds: a request that waits longer has failed [s]."""


@dataclass(frozen=True)
class LoadTrial:
    """What a case's engine did under load.

    Args:
        knee: The highest rate that holds the targets.
        stress: Half of it, then five times as much as it, then half of it until all is as before.
    """

    knee: Knee
    stress: LoadResult


def run_trial(case: Case, engine: str, users: int, seconds: float, seed: int) -> LoadTrial:
    """Returns the knee of a case, and what happens beyond it.

    Args:
        case: The case.
        engine: Name of the DynamoDB engine.
        users: Registered users in the generated data [users].
        seconds: How long the run with the overload lasts [s].
        seed: Seed of every random choice.
    """
    with open_postgres() as postgres, open_dynamodb(engine) as database:
        rehearse(case, postgres, database, users, seed)
        tape = draw_tape(case, postgres, seed)
        setting = Setting(timeout_seconds=TIMEOUT_SECONDS)
        load = Load(case, dynamodb_target(database), tape, users, seed, setting)
        knee = knee_of(load, TRIAL_SECONDS, None, steps=TRIALS)
        wish = Wish("stress", seconds, knee.usable_rate, overload_rate(knee))
        return LoadTrial(knee, replace(run_profile(load, wish), knee=knee))


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Load and knee", case.design.title)


def engine(result: LoadResult) -> str:
    """Returns name and version of the engine, as its maker calls it."""
    return result.target.replace("dynamodb-local", "DynamoDB Local")


def provenance(result: LoadResult) -> str:
    """Returns what a reader must know to repeat the measurement."""
    return (
        f"{engine(result)} on {result.machine}, which it shares with the load; {result.users} users, "
        f"{result.processes} process of {result.connections} connections, seed {result.seed}, "
        f"{result.overall.count:,} judged requests. Times count from when a request was due; one that took "
        f"longer than {result.timeout_seconds:g} s was given up."
    )


def caution(result: LoadResult) -> Statement:
    """Returns what the numbers do not tell."""
    return Statement(
        f"{engine(result)} is one process on this machine. Its knee says nothing about AWS, which has no "
        "such limit; it shows that the load is generated and measured soundly, and which patterns are heavy."
    )


def knee_statement(trial: LoadTrial) -> Statement:
    """Returns the highest rate that holds every target, and what limits it."""
    knee, limit = trial.knee, trial.stress.bottleneck
    if not knee.requests_per_second:
        text = (
            f"No rate that was tried holds every target, down to {knee.usable_rate:,.0f} requests a second."
        )
        return Statement(text, "bad")
    end = f"{knee.misses_at:,.0f} miss one" if knee.misses_at else "higher ones were not tried"
    return Statement(
        f"{knee.requests_per_second:,.0f} requests a second hold every target on {engine(trial.stress)}, "
        f"{end}. Under the overload the limit is: {limit.name} ({limit.evidence}).",
        "verdict",
    )


def knee_table(trial: LoadTrial) -> Table:
    """Returns each rate that was tried."""
    targets = sorted({target for one in trial.knee.trials for target in one.p99_ms})
    columns = [
        Column("rate", "Rate", "requests/s", digits=0),
        Column("holds", "Holds"),
        *(
            Column(f"{target:g}", f"p99 of patterns below {target:g} ms", "ms", digits=1)
            for target in targets
        ),
        Column("why", "What does not", wide=True),
    ]
    rows = [
        {
            "rate": one.requests_per_second,
            "holds": one.holds,
            "why": one.why,
            **{f"{target:g}": ms for target, ms in one.p99_ms.items()},
        }
        for one in trial.knee.trials
    ]
    note = (
        "Tried from the most that the engine answers downwards, halving the distance. Patterns without a "
        f"documented target take the laxest of the case. {provenance(trial.stress)}"
    )
    return Table("Rates that were tried", columns, rows, note)


def percentile_figure(trial: LoadTrial) -> Figure:
    """Returns the percentiles of the most frequent patterns before the overload, on logarithmic axes."""
    judged = [row for row in trial.stress.patterns if row.curve]
    often = sorted(judged, key=lambda row: -row.requests)[:6]
    lines = [Line(row.pattern, *zip(*row.curve, strict=True)) for row in often]
    caption = "No request was judged before the overload: at the rate of the knee hardly one was due."
    if often:
        slowest = max(often, key=lambda row: row.response.max_ms)
        caption = (
            f"Before the overload. To the right one request of so many is slower: 2 is the median, 100 the "
            f"99th percentile. The median of all is {trial.stress.overall.p50.ms or 0:.1f} ms; the slowest "
            f"request, {slowest.response.max_ms:.0f} ms, is one of {slowest.pattern}."
        )
    labels = ("one request of so many is slower", "time from when it was due [ms]")
    return line_chart("Percentiles of the most frequent patterns", caption, lines, [], labels)


def course_figure(trial: LoadTrial) -> Figure:
    """Returns how the 99th percentile went before, during and after the overload."""
    result = trial.stress
    overload = _segment(result, OVERLOAD)
    caption = (
        f"Shaded: {overload.requests_per_second:,.0f} requests a second are due and "
        f"{overload.answered_per_second:,.0f} are answered. {_recovery(result)}"
    )

    def draw(axes: Axes) -> None:
        starts = [window.start_s for window in result.windows]
        for name, label in (("p99_ms", "p99"), ("p50_ms", "median")):
            values = [max(getattr(window, name), 0.1) for window in result.windows]
            axes.step(starts, values, where="post", label=label, linewidth=1.8)
        axes.axvspan(overload.start_s, overload.start_s + overload.seconds, color="#d9822b", alpha=0.15)
        logarithmic(axes, "y", "time from when requests were due [ms]")
        axes.set_xlabel("when they were due [s from the start]")
        axes.legend(loc="upper right")

    return drawn("An overload and the recovery from it", caption, 3.6, draw)


def _segment(result: LoadResult, name: str) -> SegmentLoad:
    return next(segment for segment in result.segments if segment.name == name)


def _recovery(result: LoadResult) -> str:
    if result.recovery_seconds is None:
        return "Times were not seen to be back to normal before the end of the run."
    return f"Times were back to normal {result.recovery_seconds:.1f} s after it."


def overload_statement(trial: LoadTrial) -> Statement:
    """Returns what an overload did and how long it was felt."""
    result = trial.stress
    told = overload_told(result, _segment(result, OVERLOAD))
    held = memory_told(result.memory) if result.memory else ""
    ended = {"complete": "Nothing crashed.", "engine lost": "The engine was lost."}.get(result.status, "")
    tone = "bad" if result.status == "engine lost" else "plain"
    return Statement(f"{told} {back_told(result.recovery_seconds)} {ended} {held}".strip(), tone)


def segment_table(trial: LoadTrial) -> Table:
    """Returns what happened before, during and after the overload."""
    columns = [
        Column("name", "Part"),
        Column("asked", "Due", "requests/s", digits=0),
        Column("answered", "Answered", "requests/s", digits=0),
        Column("p50", "Median", "ms", digits=1),
        Column("p99", "p99", "ms", digits=1),
        Column("failed", "Failed", "requests", digits=0),
        Column("why", "How"),
    ]
    note = f"A request that was given up counts with the time that it waited. {provenance(trial.stress)}"
    return Table("The overload", columns, [_segment_row(s) for s in trial.stress.segments], note)


def _segment_row(segment: SegmentLoad) -> dict[str, Any]:
    return {
        "name": segment.name,
        "asked": segment.requests_per_second,
        "answered": segment.answered_per_second,
        "p50": segment.response.p50.ms,
        "p99": segment.response.p99.ms,
        "failed": sum(segment.failures.values()),
        "why": ", ".join(f"{count:,} {kind}" for kind, count in sorted(segment.failures.items())),
    }


def client_statement(trial: LoadTrial) -> Statement:
    """Returns how late the load itself was, so that nobody takes a slow client for a slow database."""
    lag, share = trial.stress.lag, max(trial.stress.resources.client_cores, default=0.0)
    return Statement(
        f"The load sent requests {lag.p50.ms or 0:.2f} ms late in the median, for which a connection was "
        f"free (slowest {lag.max_ms:.1f} ms), and used {share:.2f} of a processor during the overload."
    )
