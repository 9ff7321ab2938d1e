"""A replay as text: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from workbench.access.execution import Units
from workbench.replay.estimates import caution, estimate
from workbench.replay.load.render import aligned, interval, shown
from workbench.replay.results import PatternResult, ReplayResult
from workbench.replay.timing import TimedPattern, Timings

TIMED_HEADINGS = (
    "pattern",
    "operation",
    "samples",
    "p50 [ms]",
    "p99 [ms]",
    "95 % from",
    "to",
    "p999",
    "target",
    "verdict",
    "calls",
    "bytes",
    "units",
    "refused",
    "boto3 p50",
    "SQL p50",
    "SQL p99",
    "AWS mean, estimated",
)
HEADINGS = (
    "pattern",
    "operation",
    "samples",
    "DynamoDB p50",
    "p90",
    "p99",
    "p999 [ms]",
    "SQL p50",
    "p90",
    "p99",
    "p999 [ms]",
    "observed units",
    "predicted",
    "on AWS",
    "same answer",
)
NUMBERS = range(2, 14)
"""Columns that are aligned right."""
NOT_CARRIED = "-"


def as_json(result: ReplayResult, timings: Timings | None = None) -> str:
    """Returns a replay as one JSON object; times in ms, a percentile that was not carried is null."""
    told = asdict(result) | ({"timings": asdict(timings)} if timings else {})
    return json.dumps(told, indent=2, ensure_ascii=False)


def as_table(result: ReplayResult) -> str:
    """Returns a replay as a table of one line a pattern, and below it what differs."""
    rows = [HEADINGS, *(_cells(row) for row in result.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([*lines, "", *_findings(result.rows), *_summary(result)])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    placed = zip(cells, widths, strict=True)
    texts = (t.rjust(w) if n in NUMBERS else t.ljust(w) for n, (t, w) in enumerate(placed))
    return "  ".join(texts).rstrip()


def _cells(row: PatternResult) -> tuple[str, ...]:
    times = (*_times(row, "dynamodb"), *_times(row, "sql"))
    predicted = _total(row.predicted.get(row.units_dialect, {})) if row.units_dialect else NOT_CARRIED
    units = (_total(row.observed), predicted, _total(row.predicted.get("aws", {})))
    equal = f"{row.equal} of {row.samples}"
    return (row.pattern, row.operation, str(row.samples), *times, *units, equal)


def _times(row: PatternResult, side: str) -> list[str]:
    latency = getattr(row, side)
    values = (latency.p50_ms, latency.p90_ms, latency.p99_ms, latency.p999_ms)
    return [NOT_CARRIED if value is None else f"{value:.2f}" for value in values]


def _total(units: Units) -> str:
    return f"{sum(units.values()):.2f}"


def _findings(rows: Sequence[PatternResult]) -> Iterator[str]:
    for row in rows:
        if not row.samples:
            yield f"{row.pattern}: nothing was drawn from the data"
        yield from (f"{row.pattern}: {text}" for text in (*row.differences, *row.unit_differences))
        yield from (f"{row.pattern}: {count} times {kind}" for kind, count in row.errors.items())
        if row.dialect_flags:
            yield f"{row.pattern}: units on AWS differ by {', '.join(row.dialect_flags)}"


def _summary(result: ReplayResult) -> Iterator[str]:
    patterns = len(result.rows)
    yield f"{result.equal_patterns} of {patterns} patterns answer alike in DynamoDB and SQL."
    dialects = {row.units_dialect for row in result.rows} - {""}
    if dialects:
        yield (
            f"{result.agreeing_patterns} of {patterns} patterns consume what the model predicts "
            f"for {', '.join(sorted(dialects))}."
        )
    else:
        yield f"The units that {result.engine} reports mean nothing and are not compared."
    yield (
        f"{result.engine}, {result.postgres}, {result.machine}; up to {result.samples} samples a pattern "
        f"after {result.warmup} of warm-up, seed {result.seed}, {result.seconds:.0f} s."
    )


def timed_table(timings: Timings, result: ReplayResult) -> str:
    """Returns the times of each pattern beside its target, and below them how they were measured."""
    through_boto3 = {row.pattern: row.dynamodb.p50_ms for row in result.rows}
    cells = [_timed_cells(row, through_boto3.get(row.load.pattern)) for row in timings.rows]
    return "\n".join([*aligned([TIMED_HEADINGS, *cells]), "", *_timed_summary(timings)])


def _timed_cells(row: TimedPattern, boto3_ms: float | None) -> tuple[str, ...]:
    load = row.load
    target = NOT_CARRIED if load.target_ms is None else f"{load.target_ms:g}"
    means = (f"{load.mean_calls:.2f}", f"{load.mean_bytes:.0f}", f"{load.mean_units:.2f}")
    times = (shown(load.response.p50.ms), *interval(load.response.p99), shown(load.response.p999.ms))
    beside = (shown(boto3_ms), shown(row.sql.p50.ms), shown(row.sql.p99.ms))
    names = (load.pattern, load.operation, str(load.requests))
    aws = estimate(load)
    estimated = f"{aws.ms:.1f} ({aws.low_ms:.1f} to {aws.high_ms:.1f})"
    return (*names, *times, target, load.verdict, *means, str(load.refused), *beside, estimated)


def _timed_summary(timings: Timings) -> Iterator[str]:
    verdicts = [row.load.verdict for row in timings.rows]
    documented = len(verdicts) - verdicts.count("no target")
    if documented:
        yield (
            f"{verdicts.count('holds')} of {documented} documented targets hold on {timings.engine} here, "
            f"{verdicts.count('misses')} are missed, {verdicts.count('open')} are open."
        )
    if timings.missing:
        yield f"Not measured, no row gives them parameters: {', '.join(timings.missing)}."
    yield (
        f"Times of one connection, one request after another, without boto3, on {timings.engine}, "
        f"{timings.machine}; {timings.users} users, {timings.warmup} requests of warm-up, "
        f"seed {timings.seed}; {timings.crowd}. Targets are for AWS."
    )
    yield caution()
