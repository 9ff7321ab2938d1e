"""The result of a load as text: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from workbench.replay.load.histograms import Quantile, Times
from workbench.replay.load.memory import Growth
from workbench.replay.load.profiles import OVERLOAD
from workbench.replay.load.results import Knee, LoadResult, PatternLoad, SegmentLoad

NOT_CARRIED = "-"
HEADINGS = (
    "pattern",
    "operation",
    "requests",
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
    "failed",
)
SEGMENT_HEADINGS = ("segment", "asked/s", "answered/s", "p50 [ms]", "p99 [ms]", "slowest", "failed")
LEFT = {"pattern", "operation", "segment", "verdict"}
"""Columns that are aligned left."""


def as_json(result: LoadResult) -> str:
    """Returns a result as one JSON object; times in ms."""
    return json.dumps(asdict(result), indent=2, ensure_ascii=False)


def as_table(result: LoadResult) -> str:
    """Returns a result as tables, with what limited it and how it was measured."""
    segments = [SEGMENT_HEADINGS, *map(_segment_cells, result.segments)]
    patterns = [HEADINGS, *map(_cells, result.patterns)]
    return "\n".join([*aligned(segments), "", *aligned(patterns), "", *_findings(result)])


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yields rows of cells as lines, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, rows[0], strict=True)
        texts = (t.ljust(w) if heading in LEFT else t.rjust(w) for t, w, heading in cells)
        yield "  ".join(texts).rstrip()


def shown(ms: float | None) -> str:
    """Returns a time [ms] with two decimals; a dash for one that the samples do not carry."""
    return NOT_CARRIED if ms is None else f"{ms:.2f}"


def _segment_cells(row: SegmentLoad) -> tuple[str, ...]:
    asked = f"{row.requests_per_second:.0f}" if row.requests_per_second else NOT_CARRIED
    times = (shown(row.response.p50.ms), shown(row.response.p99.ms), shown(row.response.max_ms))
    return (row.name, asked, f"{row.answered_per_second:.0f}", *times, str(sum(row.failures.values())))


def interval(quantile: Quantile) -> tuple[str, str, str]:
    """Returns a percentile and the ends of its confidence interval as cells."""
    return shown(quantile.ms), shown(quantile.low_ms), shown(quantile.high_ms)


def _cells(row: PatternLoad) -> tuple[str, ...]:
    target = NOT_CARRIED if row.target_ms is None else f"{row.target_ms:g}"
    return (
        row.pattern,
        row.operation,
        str(row.requests),
        shown(row.response.p50.ms),
        *interval(row.response.p99),
        shown(row.response.p999.ms),
        target,
        row.verdict,
        f"{row.mean_calls:.2f}",
        f"{row.mean_bytes:.0f}" if row.mean_bytes else NOT_CARRIED,
        f"{row.mean_units:.2f}" if row.mean_units else NOT_CARRIED,
        str(sum(row.failures.values())),
    )


def _findings(result: LoadResult) -> Iterator[str]:
    yield from _failures(result)
    if result.knee:
        yield from _knee(result.knee)
    overload = result.segment(OVERLOAD)
    if overload:
        yield overload_told(result, overload)
        yield back_told(result.recovery_seconds)
    yield f"Limited by: {result.bottleneck.name} ({result.bottleneck.evidence})."
    yield (
        f"The load itself was late by {shown(result.lag.p50.ms)} ms (median), "
        f"{shown(result.lag.p99.ms)} ms (p99) where a connection was free."
    )
    if result.dau:
        yield (
            f"{result.peak_requests_per_second:.0f} requests a second at most; the profile's busiest second "
            f"is that of {result.dau:,.0f} daily active users."
        )
    if result.memory:
        yield memory_told(result.memory)
    yield _provenance(result)


def overload_told(result: LoadResult, overload: SegmentLoad) -> str:
    """Returns what an overload did, in a sentence: due, answered, failed by kind, open at once if counted."""
    knee = result.knee.usable_rate if result.knee else 0.0
    times = f", {overload.requests_per_second / knee:.1f} times the knee" if knee else ""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(overload.failures.items()))
    most = f"; at most {result.most_open:,} open at once" if result.most_open else ""
    return (
        f"Overload: {overload.requests_per_second:,.0f} requests a second due for {overload.seconds:.3g} s"
        f"{times}; {overload.answered_per_second:,.0f} a second answered; failed: {kinds or 'none'}{most}."
    )


def back_told(seconds: float | None) -> str:
    """Returns how long an overload was felt [s], in a sentence."""
    return (
        "Not seen to be back to normal before the end."
        if seconds is None
        else f"Back to normal {seconds:.1f} s after the overload."
    )


def memory_told(memory: Mapping[str, Growth]) -> str:
    """Returns how much the memory of a run grew, in a sentence."""
    parts = ", ".join(f"{name} {one.begin_mib:.0f} to {one.end_mib:.0f} MiB" for name, one in memory.items())
    return f"Memory after a tenth of the run and at its end: {parts}."


def _failures(result: LoadResult) -> Iterator[str]:
    for kind, failure in sorted(result.failures.items(), key=lambda pair: -pair[1].count):
        yield (
            f"{failure.count} requests failed: {kind}; due from {failure.first_s:.1f} s to "
            f"{failure.last_s:.1f} s after the start."
        )
    refused = sum(row.refused for row in result.patterns)
    if refused:
        yield f"{refused} requests were answered with a refusal: a condition did not hold."
    yield {
        "complete": f"Complete: ran {result.seconds:.0f} s.",
        "interrupted": f"Interrupted {result.seconds:.1f} s after the start; the numbers are of that part.",
        "engine lost": (
            f"ENGINE LOST: {result.target} stopped answering; given up {result.seconds:.1f} s after the "
            f"start, {result.failed} requests failed."
        ),
    }[result.status]


def _knee(knee: Knee) -> Iterator[str]:
    for trial in knee.trials:
        verdict = "holds" if trial.holds else f"misses: {trial.why}"
        yield f"{trial.requests_per_second:8.0f} requests/s {verdict}"
    end = f"{knee.misses_at:.0f}/s misses" if knee.misses_at else "nothing higher was tried"
    yield f"Knee: {knee.requests_per_second:.0f} requests/s hold every target; {end}."


def _provenance(result: LoadResult) -> str:
    how = f"{result.processes} process{'es' * (result.processes > 1)} of {result.connections} connections"
    limit = f"{result.timeout_seconds:g} s"
    return (
        f"{result.case} on {result.target}, {result.machine}; {result.users} users, {how}, "
        f"seed {result.seed}, requests {result.digest[:12]}. Times count from when a request was due, not "
        f"from when it was sent; one that took longer than {limit} was given up and counts with the time "
        f"that it waited. Intervals are for requests that do not wait for each other: where they queue, the "
        f"true ones are wider. {caution(result.target)}"
    )


def caution(target: str) -> str:
    """Returns what the times of a target do not tell."""
    if target.startswith("aws"):
        return "These are times of AWS from this machine."
    told = f"These are times of {target} on this machine; they do not say how fast AWS answers."
    return f"{told} The units that moto reports mean nothing." if target.startswith("moto") else told


def merged_table(totals: Mapping[str, Times]) -> str:
    """Returns the percentiles of merged histograms, one line a pattern."""
    rows = [("pattern", "requests", "p50 [ms]", "p99 [ms]", "95 % from", "to", "p999", "slowest")]
    for name, times in totals.items():
        p99 = interval(times.quantile(0.99))
        ends = (shown(times.quantile(0.999).ms), shown(times.max_ms))
        rows.append((name, str(times.count), shown(times.quantile(0.5).ms), *p99, *ends))
    return "\n".join(aligned(rows))


def compared_table(before: Mapping[str, Times], after: Mapping[str, Times]) -> str:
    """Returns how the percentiles of two runs differ; a change counts when the intervals do not overlap."""
    rows = [("pattern", "p50 before", "after", "p99 before", "after", "change of p99", "verdict")]
    for name in [name for name in before if name in after]:
        one, two = before[name].quantile(0.99), after[name].quantile(0.99)
        medians = (shown(before[name].quantile(0.5).ms), shown(after[name].quantile(0.5).ms))
        change = f"{100 * (two.ms / one.ms - 1):+.0f} %" if one.ms and two.ms else NOT_CARRIED
        rows.append((name, *medians, shown(one.ms), shown(two.ms), change, compared(one, two)))
    return "\n".join(aligned(rows))


def compared(before: Quantile, after: Quantile) -> str:
    """Returns whether a percentile changed, with 95 % confidence on either side.

    >>> compared(Quantile(5.0, 4.0, 6.0), Quantile(9.0, 7.0, 12.0))
    'slower'
    """
    if before.high_ms is not None and after.low_ms is not None and after.low_ms > before.high_ms:
        return "slower"
    if before.low_ms is not None and after.high_ms is not None and after.high_ms < before.low_ms:
        return "faster"
    return "no change that the samples show"
