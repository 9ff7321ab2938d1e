"""What the notebook of factors shows: what slows a request, and what a redesign of a case could gain."""

from __future__ import annotations

import math
from statistics import mean
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter

from workbench.engines import open_dynamodb
from workbench.replay.factors.gains import gains
from workbench.replay.factors.run import measure_factors
from workbench.report.figures import COLOURS, Figure, drawn_sheet, plain
from workbench.report.tables import Column, Heading, Statement, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

    from workbench.replay.factors.gains import Gain
    from workbench.replay.factors.results import FactorResult, Factors, LevelResult, Slope
    from workbench.report.trial import Trial
    from workbench.spec import Case

COLUMNS = 2
GAINS_SHOWN = 15
TINY_MS = 0.005
"""Gains below are left out: they round to nothing [ms]."""


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("What slows a request", case.design.title)


def measure(trial: Trial, engine: str, samples: int, seed: int) -> Factors:
    """Returns what each factor adds to a request, with the sizes of a case's own items.

    Args:
        trial: The case's trial, which knows the sizes.
        engine: Name of the DynamoDB engine.
        samples: Requests measured at each level.
        seed: What the order is drawn with.
    """
    held = [sizes for sizes in trial.sizes.items.values() if sizes.count]
    wanted = [size for one in held for size in (round(one.mean_bytes), one.max_bytes)]
    with open_dynamodb(engine) as database:
        return measure_factors(database, sizes=wanted, samples=samples, seed=seed)


def engine(factors: Factors) -> str:
    """Returns name and version of the engine, as its maker calls it."""
    return factors.engine.replace("dynamodb-local", "DynamoDB Local")


def provenance(factors: Factors) -> str:
    """Returns what a reader must know to repeat the measurement."""
    return (
        f"{engine(factors)} on {factors.machine}; {factors.samples} requests at each level in "
        f"{factors.rounds} rounds, the order of all levels drawn anew in each, seed {factors.seed}, one "
        f"connection, one request after another; {factors.crowd}."
    )


def caution(factors: Factors) -> Statement:
    """Returns what the numbers do not tell."""
    return Statement(
        f"These are times of {engine(factors)} on this machine, not of AWS. They show which way a factor "
        "works and what it costs beside the others here. The page on latency has an estimate "
        "for AWS, kept apart."
    )


def finding(factors: Factors) -> Statement:
    """Returns what of the slopes is sure, and whose work it is."""
    rows = factors.rows
    sure = [row for row in rows if row.slope.certain]
    text = f"{len(sure)} of {len(rows)} factors change the time of a request beyond doubt (95 %). "
    first = _added(rows[0])
    owners = [min(row.engine.ms / row.slope.ms, 1) for row in sure if row.engine]
    if owners:
        first += (
            f" Over those factors, {mean(owners):.0%} of what a step adds is processor time of the engine."
        )
    return Statement(text + first, "verdict")


def _added(row: FactorResult) -> str:
    return f"Each {row.step} adds {row.slope.ms:.2f} ms ({_interval(row.slope)})."


def _interval(slope: Slope) -> str:
    return f"{slope.low_ms:.2f} to {slope.high_ms:.2f}"


def slope_table(factors: Factors) -> Table:
    """Returns what a step of each factor adds, and how much of it is the client's and the engine's work."""
    columns = [
        Column("title", "Factor"),
        Column("step", "One step"),
        Column("ms", "Adds", "ms", digits=3),
        Column("interval", "95 % interval", "ms"),
        Column("engine", "Processor of the engine", "ms", digits=3),
        Column("client", "Processor of the client", "ms", digits=3),
        Column("start", "Before the first step", "ms", digits=2),
        Column("held", "The same at all levels", wide=True),
    ]
    note = (
        "In each round the median of the slopes of all pairs of levels (Theil and Sen), of these the median "
        f"over rounds, with an interval by ranks. Where not varied, items have {factors.base_bytes:,} bytes. "
        f"{provenance(factors)}"
    )
    rows = [_slope_row(row) for row in factors.rows]
    return Table(f"What a step costs: {engine(factors)} on this machine", columns, rows, note)


def _slope_row(row: FactorResult) -> dict[str, Any]:
    return {
        "title": row.title,
        "step": row.step,
        "ms": row.slope.ms,
        "interval": f"{row.slope.low_ms:.3f} to {row.slope.high_ms:.3f}",
        "engine": row.engine.ms if row.engine else None,
        "client": row.client.ms,
        "start": row.slope.start_ms,
        "held": row.held,
    }


def level_table(factors: Factors) -> Table:
    """Returns what was measured and counted at every level."""
    columns = [
        Column("factor", "Factor"),
        Column("label", "Level"),
        Column("samples", "Samples", digits=0),
        Column("p50", "Median", "ms", digits=2),
        Column("p50_interval", "95 % interval", "ms"),
        Column("p99", "p99", "ms", digits=2),
        Column("p99_interval", "95 % interval", "ms"),
        Column("calls", "Calls", digits=0),
        Column("units", "Units reported", digits=1),
        Column("sent", "Sent", "bytes", digits=0),
        Column("received", "Received", "bytes", digits=0),
    ]
    rows = [_level_row(row, level) for row in factors.rows for level in row.levels]
    note = (
        "A percentile that the samples cannot carry is left out, as is an interval that they cannot close: "
        "that of a p99 with fewer than 368. DynamoDB Local counts equal members of a "
        f"transaction once. {provenance(factors)}"
    )
    return Table("All levels", columns, rows, note)


def _level_row(row: FactorResult, level: LevelResult) -> dict[str, Any]:
    p50, p99 = level.response.p50, level.response.p99
    return {
        "factor": row.title,
        "label": level.label,
        "samples": level.response.count,
        "p50": p50.ms,
        "p50_interval": _ends(p50.low_ms, p50.high_ms),
        "p99": p99.ms,
        "p99_interval": _ends(p99.low_ms, p99.high_ms),
        "calls": level.mean_calls,
        "units": level.mean_units,
        "sent": level.sent_bytes,
        "received": level.received_bytes,
    }


def _ends(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{low:.2f} to {high:.2f}"


def factor_figure(factors: Factors) -> Figure:
    """Returns the medians at all levels with their intervals, a small chart a factor."""

    def draw(sheet: Sheet) -> None:
        lines = -(-len(factors.rows) // COLUMNS)
        charts = sheet.subplots(lines, COLUMNS, squeeze=False).flat
        for axes, row in zip(charts, factors.rows, strict=False):
            _chart(axes, row)

    widest = max(factors.rows, key=lambda row: row.slope.ms * _reach(row))
    caption = (
        f"Dot: median, bar: its 95 % interval, line: the slope. {widest.title} makes the most of it over the "
        f"levels tried. {_added(widest)} {engine(factors)} on this machine."
    )
    title = "Time of a request by one factor at a time"
    return drawn_sheet(title, caption, 2.1 * -(-len(factors.rows) // COLUMNS), draw)


def _reach(row: FactorResult) -> float:
    return (row.levels[-1].x - row.levels[0].x) / row.step_size


def _chart(axes: Axes, row: FactorResult) -> None:
    x = [level.x for level in row.levels]
    line = [row.slope.start_ms + value * row.slope.ms / row.step_size for value in x]
    axes.plot(x, line, color=COLOURS[1], linewidth=1.4)
    for level in row.levels:
        median = level.response.p50
        low, middle, high = (
            math.nan if ms is None else ms for ms in (median.low_ms, median.ms, median.high_ms)
        )
        axes.vlines(level.x, low, high, color=COLOURS[0])
        axes.plot([level.x], [middle], "o", color=COLOURS[0], markersize=4)
    axes.set_title(row.title, fontsize=10)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("ms")
    axes.set_xlabel(row.axis)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    if not row.axis:
        axes.set_xticks(x, [level.label for level in row.levels])
        axes.set_xlim(x[0] - 0.5, x[-1] + 0.5)


def case_gains(case: Case, trial: Trial, factors: Factors) -> tuple[Gain, ...]:
    """Returns what each factor adds to the case's own patterns, the most first."""
    if trial.timings is None:
        return ()
    return gains(case.design, factors, trial.timings, trial.replay, trial.sizes)


def gain_statement(found: tuple[Gain, ...], factors: Factors) -> Statement:
    """Returns the largest gain that is beyond doubt."""
    sure = [gain for gain in found if gain.low_ms > 0]
    if not sure:
        return Statement("No redesign of a single pattern gains anything that could be told from nothing.")
    best = sure[0]
    now = f", which takes {best.p50_ms:.2f} ms in the median" if best.p50_ms is not None else ""
    return Statement(
        f"Most is to be gained at {best.pattern}{now}: {best.change} saves at most {best.ms:.2f} ms "
        f"({best.low_ms:.2f} to {best.high_ms:.2f}) of {engine(factors)} on this machine, never of AWS.",
        "verdict",
    )


def pages_statement(trial: Trial, factors: Factors) -> Statement:
    """Returns which pattern needs the most calls, and what one call in their place would save."""
    loads = [row.load for row in trial.timings.rows] if trial.timings else []
    most = max(loads, key=lambda load: load.mean_calls, default=None)
    if most is None or most.mean_calls <= 1:
        users = trial.settings.users
        return Statement(f"With {users} users every pattern takes one call, so no page can be saved.")
    saved, slope = most.mean_calls - 1, factors.row("pages").slope
    return Statement(
        f"{most.pattern} takes the most calls, {most.mean_calls:.1f} a request; one in their place would "
        f"save about {saved * slope.ms:.2f} ms ({saved * slope.low_ms:.2f} to {saved * slope.high_ms:.2f}) "
        f"of {engine(factors)} on this machine."
    )


def gain_table(found: tuple[Gain, ...], factors: Factors, trial: Trial) -> Table:
    """Returns what redesigns of the case's own patterns could gain."""
    columns = [
        Column("pattern", "Pattern", code=True),
        Column("p50", "Median now", "ms", digits=2),
        Column("change", "Redesign"),
        Column("steps", "Steps that fall away", digits=2),
        Column("step", "One step"),
        Column("ms", "Gains at most", "ms", digits=2),
        Column("interval", "95 % interval of the slope", "ms"),
    ]
    note = (
        "Counted steps times the slope above. It is the most, because the redesign may cost something "
        "elsewhere, and because items that a filter drops are told from units and mean sizes. Patterns "
        f"from the trial with {trial.settings.users} users, {trial.settings.samples} samples. "
        f"{provenance(factors)}"
    )
    return Table("What a redesign could gain", columns, list(_gain_rows(found, factors)), note)


def _gain_rows(found: tuple[Gain, ...], factors: Factors) -> Iterator[dict[str, Any]]:
    for gain in [gain for gain in found if gain.ms >= TINY_MS][:GAINS_SHOWN]:
        yield {
            "pattern": gain.pattern,
            "p50": gain.p50_ms,
            "change": gain.change,
            "steps": gain.steps,
            "step": factors.row(gain.factor).step,
            "ms": gain.ms,
            "interval": f"{gain.low_ms:.2f} to {gain.high_ms:.2f}",
        }
