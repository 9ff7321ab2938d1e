"""Draws the values of one column for a block of rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import InputError, Problem
from workbench.population.copy_text import Cell
from workbench.population.streams import stream
from workbench.population.texts import text_pool
from workbench.spec import population as spec
from workbench.spec.base import Scalar
from workbench.spec.templates import Part, parse_template

Integers = npt.NDArray[np.int64]
Cells = list[Cell]
Kept = dict[tuple[str, str], Cells]
"""Values of earlier tables that later ones refer to."""

MICROSECONDS_PER_HOUR = 3_600_000_000


@dataclass
class Block:
    """Rows that are being drawn.

    Args:
        first: Number of the first row, from 0.
        parents: For each row, the number of the parent row that it was made for; the row's own without one.
        cells: Columns drawn so far.
        rows_of: For each reference column, the numbers of the rows that it points to.
        moments: For each column of moments, microseconds since 1970.
    """

    first: int
    parents: Integers
    cells: dict[str, Cells] = field(default_factory=dict)
    rows_of: dict[str, Integers] = field(default_factory=dict)
    moments: dict[str, Integers] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.parents)


Drawer = Callable[[Block], Sequence[Cell]]


@dataclass(frozen=True)
class Place:
    """Where a column stands, and with which seed it is drawn."""

    seed: int
    table: str
    column: str
    kept: Kept

    def stream(self, purpose: str = "value") -> np.random.Generator:
        """Returns the column's own random numbers for a purpose."""
        return stream(self.seed, self.table, self.column, purpose)

    def inside(self, name: str) -> Place:
        """Returns the place of a field of a JSON column."""
        return Place(self.seed, self.table, f"{self.column}.{name}", self.kept)


def _bytes(values: npt.NDArray[Any]) -> list[bytes]:
    return list(values.astype("S").tolist())


def text_cell(value: Scalar | spec.Repeat) -> Cell:
    """Returns a literal as COPY text writes it, before escaping.

    >>> text_cell(True), text_cell(None), text_cell(1.5)
    (b'true', None, b'1.5')
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, spec.Repeat):
        return value.text.encode() * value.times
    return str(value).encode()


def _sequence(column: spec.SequenceColumn, _: Place) -> Drawer:
    return lambda block: _bytes(np.arange(block.size) + block.first + column.start)


def _listed(column: spec.ListedColumn, _: Place) -> Drawer:
    values = [text_cell(value) for value in column.values]
    return lambda block: [values[(block.first + row) % len(values)] for row in range(block.size)]


def _part_cells(part: Part, block: Block) -> Sequence[Cell]:
    if isinstance(part, str):
        return [part.encode()] * block.size
    cells = block.cells[part.name]
    return [cell and cell.zfill(part.width) for cell in cells] if part.width else cells


def _template(column: spec.TemplateColumn, _: Place) -> Drawer:
    parts = parse_template(column.text)

    def draw(block: Block) -> Cells:
        rows = zip(*(_part_cells(part, block) for part in parts), strict=True)
        return [None if None in row else b"".join([cell for cell in row if cell is not None]) for row in rows]

    return draw


def _popularity(rows: int, exponent: float, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Returns the cumulated probabilities of rows whose popularity falls with a power of a random rank."""
    weights = generator.permutation((np.arange(rows) + 1.0) ** -exponent)
    probabilities: npt.NDArray[np.float64] = weights / weights.sum()
    return np.cumsum(probabilities)


def _distinct(place: Place, targets: int) -> Callable[[Block], Integers]:
    """Returns what draws different rows for one parent: a run of a shuffled circle, from a random place."""
    order, generator = place.stream("order").permutation(targets), place.stream()
    parent, offset, begin = -1, 0, 0

    def draw(block: Block) -> Integers:
        nonlocal parent, offset, begin
        rows = np.arange(block.size)
        starts = np.maximum.accumulate(np.where(np.diff(block.parents, prepend=parent) != 0, rows, -1))
        offsets = np.where(starts < 0, offset, generator.integers(targets, size=block.size)[starts])
        begins = np.where(starts < 0, begin, starts + block.first)
        ranks = rows + block.first - begins
        if ranks.max(initial=-1) >= targets:
            where = f"tables.{place.table}.columns.{place.column}"
            problem = f"has {ranks.max() + 1} distinct rows to find for one parent; got {targets}"
            raise InputError(
                [Problem("population.yaml", 0, where, problem, "Draw more of them, or fewer rows")]
            )
        parent, offset, begin = int(block.parents[-1]), int(offsets[-1]), int(begins[-1])
        drawn: Integers = order[(offsets + ranks) % targets]
        return drawn

    return draw


def _distinct_reference(column: spec.ReferenceColumn, place: Place) -> Drawer:
    targets = place.kept[column.table, column.column]
    find = _distinct(place, len(targets))

    def draw(block: Block) -> Cells:
        rows = block.rows_of[place.column] = find(block)
        return [targets[row] for row in rows.tolist()]

    return draw


def _reference(column: spec.ReferenceColumn, place: Place) -> Drawer:
    if column.distinct:
        return _distinct_reference(column, place)
    generator = place.stream()
    targets = place.kept[column.table, column.column]
    bounds = _popularity(len(targets), column.zipf_exponent, place.stream("popularity"))

    def draw(block: Block) -> Cells:
        drawn = np.searchsorted(bounds, generator.random(block.size), side="right")
        rows = block.parents if column.parent else np.minimum(drawn, len(targets) - 1)
        block.rows_of[place.column] = rows
        return [targets[row] for row in rows.tolist()]

    return draw


def _copy(column: spec.CopyColumn, place: Place, table: spec.TablePopulation) -> Drawer:
    reference = table.columns[column.reference]
    name = reference.table if isinstance(reference, spec.ReferenceColumn) else ""
    values = place.kept[name, column.column]

    def draw(block: Block) -> Cells:
        pointers = block.cells[column.reference]
        rows = block.rows_of[column.reference].tolist()
        return [None if pointer is None else values[row] for pointer, row in zip(pointers, rows, strict=True)]

    return draw


def _first_of(column: spec.FirstOfColumn, _: Place) -> Drawer:
    def draw(block: Block) -> Cells:
        rows = zip(*(block.cells[name] for name in column.columns), strict=True)
        return [next((cell for cell in row if cell is not None), None) for row in rows]

    return draw


def _moment_cells(moments: Integers) -> list[bytes]:
    texts = np.datetime_as_string(moments.astype("datetime64[us]"), timezone="naive")
    return [text + b"+00" for text in _bytes(texts)]


def _timestamp(column: spec.TimestampColumn, place: Place) -> Drawer:
    generator, ties = place.stream(), place.stream("tie")
    start, span = spec.span_microseconds(column)

    def draw(block: Block) -> list[bytes]:
        moments = start + (generator.random(block.size) * span).astype(np.int64)
        tied = ties.random(block.size) < column.tie_fraction
        origin = np.maximum.accumulate(np.where(tied, 0, np.arange(block.size)))
        moments = moments[origin]
        block.moments[place.column] = moments
        return _moment_cells(moments)

    return draw


def _later(column: spec.LaterColumn, place: Place) -> Drawer:
    generator = place.stream()
    mean = column.mean_hours * MICROSECONDS_PER_HOUR

    def draw(block: Block) -> list[bytes]:
        delay = (generator.standard_exponential(block.size) * mean).astype(np.int64)
        block.moments[place.column] = block.moments[column.than] + delay
        return _moment_cells(block.moments[place.column])

    return draw


def _lognormal(
    generator: np.random.Generator, size: int, median: float, sigma: float, bounds: tuple[int, int]
) -> Integers:
    values = median * np.exp(sigma * generator.standard_normal(size))
    return np.clip(np.rint(values), *bounds).astype(np.int64)


def _text(column: spec.TextColumn, place: Place) -> Drawer:
    lengths, places, tail = place.stream("length"), place.stream("place"), place.stream("large")
    pool = text_pool(column.alphabet, place.seed)
    bounds = column.minimum_bytes, column.maximum_bytes

    def draw(block: Block) -> list[bytes]:
        sizes = _lognormal(lengths, block.size, column.median_bytes, column.sigma, bounds)
        if column.large:
            large = (np.arange(block.size) + block.first) % column.large.every == column.large.every // 2
            low, high = column.large.minimum_bytes, column.large.maximum_bytes
            sizes[large] = low + (tail.random(int(large.sum())) * (high - low)).astype(np.int64)
        return pool.cut(sizes, places.random(block.size))

    return draw


def _choice(column: spec.ChoiceColumn, place: Place) -> Drawer:
    generator = place.stream()
    values = [value.encode() for value in column.weights]
    weights = np.cumsum(list(column.weights.values()))

    def draw(block: Block) -> list[bytes]:
        picks = np.searchsorted(weights[:-1] / weights[-1], generator.random(block.size), side="right")
        return [values[pick] for pick in picks.tolist()]

    return draw


def _boolean(column: spec.BooleanColumn, place: Place) -> Drawer:
    generator = place.stream()
    return lambda block: _bytes(
        np.where(generator.random(block.size) < column.probability, b"true", b"false")
    )


def _integer(column: spec.IntegerColumn, place: Place) -> Drawer:
    generator = place.stream()
    bounds = column.minimum, column.maximum
    width = column.maximum - column.minimum + 1

    def draw(block: Block) -> list[bytes]:
        if column.median:
            return _bytes(_lognormal(generator, block.size, column.median, column.sigma, bounds))
        return _bytes(column.minimum + (generator.random(block.size) * width).astype(np.int64))

    return draw


def _decimal(column: spec.DecimalColumn, place: Place) -> Drawer:
    generator = place.stream()
    span = column.maximum - column.minimum

    def draw(block: Block) -> list[bytes]:
        values = column.minimum + generator.random(block.size) * span
        return [f"{value:.{column.scale}f}".encode() for value in values.tolist()]

    return draw


def _tags(column: spec.TagsColumn, place: Place) -> Drawer:
    generator, order = place.stream("count"), place.stream("order")
    width = column.maximum - column.minimum + 1

    def draw(block: Block) -> list[bytes]:
        counts = column.minimum + (generator.random(block.size) * width).astype(np.int64)
        ranks = np.argsort(order.random((block.size, len(column.values))), axis=1)
        picks = zip(ranks.tolist(), counts.tolist(), strict=True)
        return [json.dumps([column.values[i] for i in row[:n]]).encode() for row, n in picks]

    return draw


def _json_cell(cell: Cell, *, quoted: bool) -> bytes:
    if cell is None:
        return b"null"
    return json.dumps(cell.decode(), ensure_ascii=False).encode() if quoted else cell


def _json(column: spec.JsonColumn, place: Place) -> Drawer:
    fields = [
        (json.dumps(name).encode() + b": ", isinstance(part, spec.TextColumn | spec.ChoiceColumn), part, name)
        for name, part in column.fields.items()
    ]
    drawers = [drawer(part, place.inside(name)) for _, _, part, name in fields]

    def draw(block: Block) -> list[bytes]:
        columns = [
            [label + _json_cell(cell, quoted=quoted) for cell in draw_field(block)]
            for (label, quoted, _, _), draw_field in zip(fields, drawers, strict=True)
        ]
        return [b"{" + b", ".join(row) + b"}" for row in zip(*columns, strict=True)]

    return draw


_DRAWERS: Mapping[str, Callable[[Any, Place], Drawer]] = {
    "sequence": _sequence,
    "listed": _listed,
    "template": _template,
    "reference": _reference,
    "first_of": _first_of,
    "timestamp": _timestamp,
    "later": _later,
    "text": _text,
    "choice": _choice,
    "boolean": _boolean,
    "integer": _integer,
    "decimal": _decimal,
    "tags": _tags,
    "json": _json,
}


def _nullable(column: spec.Column, place: Place, draw: Drawer) -> Drawer:
    """Returns the drawer that leaves a value out where the column says so."""
    generator = place.stream("null")

    def draw_or_null(block: Block) -> Cells:
        absent = generator.random(block.size) < column.null_fraction
        for name, wanted in column.only_when.items():
            absent |= np.array([cell != wanted.encode() for cell in block.cells[name]])
        return [None if gone else cell for gone, cell in zip(absent.tolist(), draw(block), strict=True)]

    return draw_or_null


def drawer(column: spec.Column, place: Place, table: spec.TablePopulation | None = None) -> Drawer:
    """Returns the function that draws a column block by block; blocks must be drawn in order.

    Args:
        column: How the column is drawn.
        place: Where it stands.
        table: The table, needed by a column that copies.
    """
    if isinstance(column, spec.CopyColumn) and table:
        draw = _copy(column, place, table)
    else:
        draw = _DRAWERS[column.kind](column, place)
    if column.null_fraction or column.only_when:
        return _nullable(column, place, draw)
    return draw
