"""What the notebook of latency shows: times, answers and consumed units of every access pattern."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.replay import estimates
from workbench.replay.verdicts import verdict_of_all
from workbench.report.figures import Figure, dot_ranges
from workbench.report.tables import Column, Heading, Statement, Table
from workbench.spec.access import READ_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.replay import Latency, PatternResult, ReplayResult
    from workbench.replay.load.histograms import Quantile
    from workbench.replay.load.results import PatternLoad
    from workbench.replay.timing import TimedPattern, Timings
    from workbench.report.trial import Trial
    from workbench.spec import Case
    from workbench.spec.design import LatencyGoal

PRICED_DIALECT = "aws"
"""The dialect whose units a bill counts."""


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Latency and consumed units", case.design.title)


def engine(replay: ReplayResult | Timings) -> str:
    """Returns name and version of the DynamoDB engine, as its maker calls it."""
    return replay.engine.replace("dynamodb-local", "DynamoDB Local")


def provenance(replay: ReplayResult | Timings) -> str:
    """Returns what a reader must know to repeat the measurement."""
    return (
        f"{engine(replay)} and {replay.postgres} on one machine ({replay.machine}), {replay.samples} samples "
        f"a pattern after {replay.warmup} of warm-up, seed {replay.seed}."
    )


def caution(replay: ReplayResult) -> Statement:
    """Returns what the times do not tell."""
    return Statement(
        f"These are times of {engine(replay)} and {replay.postgres} on this machine, "
        "called one after another. They compare patterns with each other and find the slow ones; "
        "they do not say how fast AWS answers."
    )


def answers(replay: ReplayResult) -> Statement:
    """Returns how many patterns DynamoDB and SQL answer alike."""
    equal, patterns = replay.equal_patterns, len(replay.rows)
    tone = "good" if equal == patterns else "bad"
    compared = sum(row.samples for row in replay.rows)
    return Statement(
        f"{equal} of {patterns} patterns give the same answer in DynamoDB as in SQL, "
        f"over {compared:,} requests.",
        tone,
    )


def agreement(replay: ReplayResult) -> Statement:
    """Returns how many patterns consume what the model predicts."""
    agreeing, patterns = replay.agreeing_patterns, len(replay.rows)
    tone = "good" if agreeing == patterns else "bad"
    if not any(row.units_dialect for row in replay.rows):
        return Statement(f"{engine(replay)} reports no meaningful units; nothing is compared.")
    return Statement(
        f"{agreeing} of {patterns} patterns consume exactly the units that the model predicts.", tone
    )


def target_verdict(trial: Trial) -> Statement:
    """Returns how many documented targets hold on the engine."""
    rows = [row.load for row in _timed(trial) if row.load.target_ms is not None]
    if not rows:
        return Statement("The document states no target for any pattern.")
    count = Counter(row.verdict for row in rows)
    return Statement(
        f"{count['holds']} of {len(rows)} documented targets hold on {engine(trial.replay)} on this machine "
        f"with 95 % confidence, {count['misses']} are missed, {count['open']} are open.",
        "good" if count["holds"] == len(rows) else "plain",
    )


def target_table(trial: Trial) -> Table:
    """Returns each pattern's 99th percentile beside its target, and an estimate for AWS."""
    columns = [
        Column("pattern", "Pattern", code=True),
        Column("samples", "Samples", digits=0),
        Column("p50", "Median", "ms", digits=2),
        Column("p99", "p99", "ms", digits=2),
        Column("interval", "95 % interval of p99", "ms"),
        Column("target", "Target p99", "ms", digits=0),
        Column("verdict", "Here"),
        Column("calls", "Calls", "a request", digits=2),
        Column("kb", "Answer", "KB", digits=1),
        Column("boto3", "Through boto3, median", "ms", digits=2),
        Column("aws", "Mean on AWS, estimated", "ms"),
    ]
    rows = [_target_row(trial, row.load) for row in _timed(trial)]
    note = (
        "One connection, one request after another, signed before, without boto3; "
        f"{_measured(trial)} {estimates.caution()}"
    )
    return Table(f"Targets: {engine(trial.replay)} on this machine", columns, rows, note)


def _measured(trial: Trial) -> str:
    """Returns how the times beside the targets were measured; without times, how the answers were."""
    timings = trial.timings
    return f"{timings.crowd}. {provenance(timings)}" if timings else provenance(trial.replay)


def goal_table(case: Case, trial: Trial) -> Table | Statement:
    """Returns what the document asks of the latency of all reads, with a verdict or why there is none."""
    if not case.design.latency_goals:
        return Statement("The document asks nothing of latency beyond single patterns.")
    columns = [
        Column("says", "The document asks", wide=True),
        Column("line", "Line", digits=0),
        Column("limit", "p99 below", "ms", digits=0),
        Column("slowest", "Slowest read", code=True),
        Column("p99", "Its p99", "ms", digits=2),
        Column("interval", "95 % interval", "ms"),
        Column("verdict", "Here"),
        Column("why", "Remark", wide=True),
    ]
    reads = [
        r.load for r in _timed(trial) if case.design.patterns[r.load.pattern].operation in READ_OPERATIONS
    ]
    rows = [_goal_row(goal, reads) for goal in case.design.latency_goals]
    note = (
        "A limit for all reads holds when each pattern keeps it with 95 % confidence; a mix of patterns, as "
        "it is when reads move, keeps it then, too. One connection, one request after another; "
        f"{_measured(trial)}"
    )
    return Table(f"Other goals of the document: {engine(trial.replay)} on this machine", columns, rows, note)


def _goal_row(goal: LatencyGoal, reads: Sequence[PatternLoad]) -> dict[str, Any]:
    row: dict[str, Any] = {"says": goal.says, "line": goal.source.line, "limit": goal.p99_ms}
    if goal.p99_ms is None or not reads:
        return row | {"verdict": "not judged here", "why": goal.reason}
    slowest = max(reads, key=lambda load: load.response.p99.ms or load.response.max_ms)
    return row | {
        "slowest": slowest.pattern,
        "p99": slowest.response.p99.ms,
        "interval": _interval(slowest.response.p99),
        "verdict": verdict_of_all([load.response.p99 for load in reads], goal.p99_ms),
        "why": goal.reason,
    }


def _interval(p99: Quantile) -> str | None:
    """Returns the ends of a percentile's interval; None where there is none."""
    if p99.low_ms is None:
        return None
    return f"{p99.low_ms:.2f} to {'more' if p99.high_ms is None else f'{p99.high_ms:.2f}'}"


def _timed(trial: Trial) -> tuple[TimedPattern, ...]:
    return trial.timings.rows if trial.timings else ()


def _target_row(trial: Trial, load: PatternLoad) -> dict[str, Any]:
    p99, aws = load.response.p99, estimates.estimate(load)
    return {
        "pattern": load.pattern,
        "samples": load.requests,
        "p50": load.response.p50.ms,
        "p99": p99.ms,
        "interval": _interval(p99),
        "target": load.target_ms,
        "verdict": load.verdict,
        "calls": aws.calls,
        "kb": aws.kb,
        "boto3": trial.replay.row(load.pattern).dynamodb.p50_ms,
        "aws": f"{aws.ms:.1f} ({aws.low_ms:.1f} to {aws.high_ms:.1f})",
    }


def latency_table(case: Case, replay: ReplayResult) -> Table:
    """Returns the percentiles of every pattern on both sides."""
    columns = [
        Column("pattern", "Pattern", code=True),
        Column("operation", "Operation"),
        Column("samples", "Samples", digits=0),
        *(
            Column(f"dynamodb_{share}", f"{engine(replay)} {share}", "ms", digits=2)
            for share in ("p50", "p90", "p99")
        ),
        *(
            Column(f"sql_{share}", f"{replay.postgres} {share}", "ms", digits=2)
            for share in ("p50", "p90", "p99")
        ),
        Column("target", "Target p99", "ms", digits=0),
        Column("equal", "Same answer"),
    ]
    rows = [_latency_row(case, row) for row in replay.rows]
    note = (
        f"{provenance(replay)} A percentile that the samples cannot carry is left out; targets are for AWS."
    )
    return Table(f"Times: {engine(replay)} and {replay.postgres}", columns, rows, note)


def _latency_row(case: Case, row: PatternResult) -> dict[str, Any]:
    return {
        "pattern": row.pattern,
        "operation": row.operation,
        "samples": row.samples,
        **_percentiles("dynamodb", row.dynamodb),
        **_percentiles("sql", row.sql),
        "target": case.design.patterns[row.pattern].target_p99_ms,
        "equal": _share(row.equal, row.samples),
    }


def _share(equal: int, samples: int) -> str:
    return "all" if equal == samples else f"{equal:,} of {samples:,}"


def _percentiles(side: str, latency: Latency) -> dict[str, float | None]:
    return {
        f"{side}_p50": latency.p50_ms,
        f"{side}_p90": latency.p90_ms,
        f"{side}_p99": latency.p99_ms,
    }


def latency_figure(replay: ReplayResult) -> Figure:
    """Returns the median and 90th percentile of every pattern on both sides."""
    sides = {
        engine(replay): {row.pattern: _span(row.dynamodb) for row in replay.rows},
        replay.postgres: {row.pattern: _span(row.sql) for row in replay.rows},
    }
    series = {name: {row: span for row, span in spans.items() if span} for name, spans in sides.items()}
    slowest = max(replay.rows, key=lambda row: row.dynamodb.p50_ms or 0)
    faster = sum((row.dynamodb.p50_ms or 0) < (row.sql.p50_ms or 0) for row in replay.rows)
    caption = (
        f"Dot: median, bar: 90th percentile. {slowest.pattern} is the slowest on {engine(replay)} "
        f"(median {slowest.dynamodb.p50_ms or 0:.1f} ms); for {faster} of {len(replay.rows)} patterns the "
        "median there is below that in SQL."
    )
    return dot_ranges("Time of a request by pattern", caption, series, "time of a request [ms]")


def _span(latency: Latency) -> tuple[float, float] | None:
    if latency.p50_ms is None:
        return None
    return latency.p50_ms, latency.p90_ms or latency.p50_ms


def unit_table(replay: ReplayResult) -> Table:
    """Returns observed and predicted units of every pattern at every table and index."""
    columns = [
        Column("pattern", "Pattern", code=True),
        Column("place", "Table or index", code=True),
        Column("observed", "Observed", "units a request", digits=2),
        Column("predicted", "Predicted for it", "units a request", digits=2),
        Column("priced", "Predicted for AWS", "units a request", digits=2),
        Column("equal", "Requests equal"),
    ]
    rows = [place for row in replay.rows for place in _unit_rows(row)]
    note = f"Means over the samples; every single request is compared. {provenance(replay)}"
    return Table("Consumed units: observed and predicted", columns, rows, note)


def _unit_rows(row: PatternResult) -> Iterator[dict[str, Any]]:
    predicted = row.predicted.get(row.units_dialect, {})
    priced = row.predicted.get(PRICED_DIALECT, {})
    for place in sorted({*row.observed, *predicted, *priced}):
        yield {
            "pattern": row.pattern,
            "place": place,
            "observed": row.observed.get(place),
            "predicted": predicted.get(place),
            "priced": priced.get(place),
            "equal": _share(row.units_equal, row.samples) if row.units_dialect else None,
        }


def difference_table(replay: ReplayResult) -> Table | Statement:
    """Returns examples of answers and units that differ; a statement when none does."""
    rows = [
        {"pattern": row.pattern, "kind": kind, "example": example}
        for row in replay.rows
        for kind, examples in (("answer", row.differences), ("units", row.unit_differences))
        for example in examples
    ]
    rows += [
        {"pattern": row.pattern, "kind": "error", "example": f"{name}, {count} times"}
        for row in replay.rows
        for name, count in row.errors.items()
    ]
    if not rows:
        return Statement("No answer, no unit differed, and no request failed.", "good")
    columns = [
        Column("pattern", "Pattern", code=True),
        Column("kind", "What differs"),
        Column("example", "Example", wide=True),
    ]
    return Table("Differences", columns, rows, "Some examples of each; the counts are in the tables above.")
