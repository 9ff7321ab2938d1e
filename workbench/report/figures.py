"""Figures as values: a title, a sentence computed from the data, and an SVG that is equal for equal data."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Sheet
from matplotlib.ticker import FuncFormatter, NullFormatter

from workbench.report.templating import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

COLOURS = (
    *("#0b5cad", "#d9822b", "#3c8d5a", "#8a4fa3", "#b03a48", "#5c6f7d", "#c2a000", "#2a9d9d"),
    *("#7a3b1e", "#e58cc0", "#1b1b6b", "#8fbf5a", "#ff7f66", "#9fb6d9", "#4d4d00", "#c9b28f"),
)
"""Told apart also in the common kinds of colour blindness, for the first three."""

_STYLE: dict[Any, Any] = {
    "text.parse_math": False,
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dfe4ea",
    "legend.frameon": False,
}
_NO_DATE = {"Date": None, "Creator": None}
_WIDTH_INCHES = 8.4


@dataclass(frozen=True)
class Figure:
    """A drawing with what it shows.

    Args:
        title: What is drawn.
        caption: A sentence that says what the data shows.
        svg: The drawing.
    """

    title: str
    caption: str
    svg: str

    @property
    def data_uri(self) -> str:
        """The drawing as the address of an image."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode("ascii")

    def _repr_html_(self) -> str:
        return render("figure.html.j2", figure=self)

    def __repr__(self) -> str:
        return f"{self.title}. {self.caption}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart; points whose y is not a number are left out."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True, slots=True)
class Span:
    """A bar of a timeline; those of one kind have one colour."""

    row: str
    start: float
    end: float
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A point that the chart points out."""

    x: float
    y: float
    text: str


def plain(value: float) -> str:
    """Returns a number without an exponent: 100,000 or 0.01.

    >>> plain(100000.0), plain(0.01), plain(2.5)
    ('100,000', '0.01', '2.5')
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:.10f}".rstrip("0")


def line_chart(
    title: str, caption: str, lines: Sequence[Line], marks: Sequence[Mark], labels: tuple[str, str]
) -> Figure:
    """Draws lines on two logarithmic axes, with points marked.

    Args:
        title: What is drawn.
        caption: What the data shows.
        lines: The lines.
        marks: Points with a text each.
        labels: Labels of the x and y axis, with units.
    """

    def draw(axes: Axes) -> None:
        for line, colour in zip(lines, colours(len(lines)), strict=True):
            axes.plot(line.x, line.y, label=line.name, color=colour, linewidth=1.8)
        for mark in marks:
            axes.plot([mark.x], [mark.y], "o", color="#1c2430", markersize=6)
            offset = {"xytext": (6, -14), "textcoords": "offset points"}
            axes.annotate(mark.text, (mark.x, mark.y), **offset, fontsize=9)  # type: ignore[arg-type]  # a dict of mixed values
        logarithmic(axes, "x", labels[0])
        logarithmic(axes, "y", labels[1])
        if lines:
            axes.legend(loc="upper left")

    return drawn(title, caption, 4.4, draw)


def stacked_bars(title: str, caption: str, parts: Mapping[str, Mapping[str, float]], unit: str) -> Figure:
    """Draws one bar a row, made of parts.

    Args:
        title: What is drawn.
        caption: What the data shows.
        parts: Row to part to amount.
        unit: Label of the axis.
    """
    rows = list(parts)
    names = list(dict.fromkeys(name for row in parts.values() for name in row))

    def draw(axes: Axes) -> None:
        left = [0.0] * len(rows)
        for name, colour in zip(names, colours(len(names)), strict=True):
            widths = [parts[row].get(name, 0.0) for row in rows]
            axes.barh(rows, widths, left=left, label=name, color=colour, height=0.6)
            left = [start + width for start, width in zip(left, widths, strict=True)]
        _rows(axes, unit)
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.4, -0.16 * 8 / (len(rows) + 4)), ncols=3, fontsize=9
        )

    return drawn(title, caption, 0.42 * len(rows) + 1.8, draw)


def dot_ranges(
    title: str, caption: str, series: Mapping[str, Mapping[str, tuple[float, float]]], unit: str
) -> Figure:
    """Draws for each row and series a range with a dot at each end, on a logarithmic axis.

    Args:
        title: What is drawn.
        caption: What the data shows.
        series: Series to row to lower and upper value.
        unit: Label of the axis.
    """
    rows = list(dict.fromkeys(row for values in series.values() for row in values))

    def draw(axes: Axes) -> None:
        for place, (name, colour) in enumerate(zip(series, colours(len(series)), strict=True)):
            shift = 0.15 * (2 * place - len(series) + 1)
            places = [rows.index(row) + shift for row in series[name]]
            low, high = zip(*series[name].values(), strict=True)
            axes.hlines(places, low, high, color=colour, linewidth=1.6)
            axes.plot(low, places, "o", color=colour, markersize=4, label=name)
            axes.plot(high, places, "|", color=colour, markersize=8, markeredgewidth=2)
        logarithmic(axes, "x", unit)
        _rows(axes, unit)
        axes.set_yticks(range(len(rows)), rows)
        axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2)

    return drawn(title, caption, 0.27 * len(rows) + 1.2, draw)


def timeline(title: str, caption: str, spans: Sequence[Span], unit: str) -> Figure:
    """Draws bars from a start to an end, one row a name, the first on top.

    Args:
        title: What is drawn.
        caption: What the data shows.
        spans: The bars.
        unit: Label of the axis.
    """
    rows = list(dict.fromkeys(span.row for span in spans))
    kinds = list(dict.fromkeys(span.kind for span in spans))
    least = max(span.end for span in spans) / 400

    def draw(axes: Axes) -> None:
        for kind, colour in zip(kinds, colours(len(kinds)), strict=True):
            own = [span for span in spans if span.kind == kind]
            places = [rows.index(span.row) for span in own]
            widths = [max(span.end - span.start, least) for span in own]
            axes.barh(places, widths, left=[span.start for span in own], label=kind, color=colour, height=0.6)
        _rows(axes, unit)
        axes.set_yticks(range(len(rows)), rows)
        axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, fontsize=9)

    return drawn(title, caption, 0.27 * len(rows) + 1.2, draw)


def histograms(
    title: str, caption: str, samples: Mapping[str, Mapping[int, int]], unit: str, lines: Mapping[str, float]
) -> Figure:
    """Draws one small histogram a row over a shared logarithmic axis, with vertical lines.

    Args:
        title: What is drawn.
        caption: What the data shows.
        samples: Row to how often each value occurs.
        unit: Label of the axis.
        lines: Text of a vertical line to its place.
    """
    everything = [value for values in samples.values() for value in values]
    low, high = math.log10(min(everything)), math.log10(max(everything) * 1.1)
    edges = [10 ** (low + (high - low) * step / 48) for step in range(49)]

    def draw(sheet: Sheet) -> None:
        all_axes = sheet.subplots(len(samples), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (name, values) in zip(all_axes, samples.items(), strict=True):
            axes.hist(list(values), bins=edges, weights=list(values.values()), color=COLOURS[0])
            axes.set_yticks([])
            axes.set_ylabel(name, rotation=0, ha="right", va="center")
            for place in lines.values():
                axes.axvline(place, color=COLOURS[1], linewidth=1, linestyle="--")
        logarithmic(all_axes[-1], "x", unit)
        for text, place in lines.items():
            heading = all_axes[0].get_xaxis_transform()
            all_axes[0].text(place, 1.05, text, transform=heading, color=COLOURS[1], ha="center", fontsize=9)

    return drawn_sheet(title, caption, 0.55 * len(samples) + 0.9, draw)


def colours(count: int) -> list[str]:
    """Returns so many colours; they repeat when there are more lines than colours."""
    return [COLOURS[number % len(COLOURS)] for number in range(count)]


def logarithmic(axes: Any, which: str, label: str) -> None:
    """Makes the x or the y axis logarithmic, with plain numbers and a label with its unit."""
    getattr(axes, f"set_{which}scale")("log")
    axis = getattr(axes, f"{which}axis")
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axis.set_minor_formatter(NullFormatter())
    axis.set_label_text(label)


def _rows(axes: Axes, unit: str) -> None:
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(unit)


def drawn(title: str, caption: str, height: float, draw: Callable[[Axes], None]) -> Figure:
    """Returns the figure of one pair of axes.

    Args:
        title: What is drawn.
        caption: What the data shows.
        height: Height of the sheet [inches].
        draw: Draws into the axes.
    """
    return drawn_sheet(title, caption, height, lambda sheet: draw(sheet.subplots()))


def drawn_sheet(title: str, caption: str, height: float, draw: Callable[[Sheet], None]) -> Figure:
    """Returns the figure of a whole sheet, which may hold several pairs of axes.

    Args:
        title: What is drawn.
        caption: What the data shows.
        height: Height of the sheet [inches].
        draw: Draws on the sheet.
    """
    text = io.StringIO()
    with mpl.rc_context({**_STYLE, "svg.hashsalt": title}):
        sheet = Sheet(figsize=(_WIDTH_INCHES, height), layout="constrained")
        FigureCanvasSVG(sheet)
        draw(sheet)
        sheet.savefig(text, format="svg", metadata=_NO_DATE)
    return Figure(title, caption, text.getvalue())
