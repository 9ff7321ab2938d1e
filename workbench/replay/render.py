"""A replay as text: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from workbench.access.execution import Units
from workbench.replay.results import PatternResult, ReplayResult

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


def as_json(result: ReplayResult) -> str:
    """Returns a replay as one JSON object; times in ms, a percentile that was not carried is null."""
    return json.dumps(asdict(result), indent=2, ensure_ascii=False)


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
