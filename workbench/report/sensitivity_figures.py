"""Figures of how sure a comparison is: bands, chances, bars around a value, shares, and two futures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.report.figures import Figure, Line, colours, drawn, logarithmic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

BAR_INCHES = 0.36
"""Height of one bar with its gap [inches]."""


@dataclass(frozen=True, slots=True)
class Band:
    """A range around a middle over an axis."""

    name: str
    x: Sequence[float]
    low: Sequence[float]
    middle: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True, slots=True)
class Swing:
    """A bar from the value at a low end to that at a high end of an assumption."""

    name: str
    at_low: float
    at_high: float


def band_chart(title: str, caption: str, bands: Sequence[Band], labels: tuple[str, str]) -> Figure:
    """Draws medians with a band around each, on two logarithmic axes."""

    def draw(axes: Axes) -> None:
        for band, colour in zip(bands, colours(len(bands)), strict=True):
            axes.fill_between(band.x, band.low, band.high, color=colour, alpha=0.16, linewidth=0)
            axes.plot(band.x, band.middle, color=colour, linewidth=1.8, label=band.name)
        logarithmic(axes, "x", labels[0])
        logarithmic(axes, "y", labels[1])
        axes.legend(loc="upper left", fontsize=9)

    return drawn(title, caption, 4.4, draw)


def share_chart(title: str, caption: str, lines: Sequence[Line], labels: tuple[str, str]) -> Figure:
    """Draws shares from 0 to 1 over a logarithmic axis."""

    def draw(axes: Axes) -> None:
        for line, colour in zip(lines, colours(len(lines)), strict=True):
            axes.plot(line.x, line.y, color=colour, linewidth=1.8, label=line.name)
        logarithmic(axes, "x", labels[0])
        axes.set_ylim(-0.03, 1.03)
        axes.set_ylabel(labels[1])
        axes.legend(loc="lower left", fontsize=9)

    return drawn(title, caption, 3.6, draw)


def tornado_chart(title: str, caption: str, bars: Sequence[Swing], middle: float, label: str) -> Figure:
    """Draws what each assumption does at its low and at its high end, around the assumed outcome.

    Args:
        title: What is drawn.
        caption: What the data shows.
        bars: Strongest first.
        middle: Outcome at the assumed values.
        label: Label of the axis with its unit.
    """

    def draw(axes: Axes) -> None:
        rows = range(len(bars))
        for name, colour, ends in (
            ("at the low end", "#d9822b", [bar.at_low for bar in bars]),
            ("at the high end", "#0b5cad", [bar.at_high for bar in bars]),
        ):
            axes.barh(rows, [end - middle for end in ends], left=middle, color=colour, height=0.6, label=name)
        axes.axvline(middle, color="#1c2430", linewidth=1)
        axes.axvline(0, color="#b03a48", linewidth=1, linestyle="--")
        _named_rows(axes, [bar.name for bar in bars], label)
        axes.legend(loc="lower right", fontsize=9)

    return drawn(title, caption, BAR_INCHES * len(bars) + 1.2, draw)


def share_bars(
    title: str, caption: str, shares: Mapping[str, Mapping[str, tuple[float, float]]], label: str
) -> Figure:
    """Draws bars with error bars, one group a row.

    Args:
        title: What is drawn.
        caption: What the data shows.
        shares: Series to row to share and half width of its interval.
        label: Label of the axis.
    """
    rows = list(next(iter(shares.values())))

    def draw(axes: Axes) -> None:
        for place, (name, colour) in enumerate(zip(shares, colours(len(shares)), strict=True)):
            at = [number + 0.34 * (place - 0.5) for number in range(len(rows))]
            values, errors = zip(*(shares[name][row] for row in rows), strict=True)
            axes.barh(at, values, xerr=errors, color=colour, height=0.32, label=name, ecolor="#5c6f7d")
        _named_rows(axes, rows, label)
        axes.legend(loc="lower right", fontsize=9)

    return drawn(title, caption, BAR_INCHES * len(rows) + 1.2, draw)


def future_chart(title: str, caption: str, lines: Sequence[Line], labels: tuple[str, str]) -> Figure:
    """Draws lines on two linear axes, from zero."""

    def draw(axes: Axes) -> None:
        for line, colour in zip(lines, colours(len(lines)), strict=True):
            axes.plot(line.x, line.y, color=colour, linewidth=1.8, label=line.name)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper left", fontsize=9)

    return drawn(title, caption, 3.4, draw)


def _named_rows(axes: Axes, names: Sequence[str], label: str) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(label)
