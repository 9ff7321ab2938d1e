"""Draws the tables of a population in order, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.population.columns import Block, Cells, Drawer, Integers, Kept, Place, drawer, text_cell
from workbench.population.copy_text import copy_block
from workbench.population.packaged import PackagedTables
from workbench.population.streams import stream
from workbench.spec.population import (
    CopyColumn,
    HostileRow,
    PackagedColumn,
    Population,
    ReferenceColumn,
    Rows,
    TablePopulation,
)

ROWS_PER_BLOCK = 8192


@dataclass(frozen=True)
class TableData:
    """The rows of one table, ready for COPY.

    Args:
        table: The table's name.
        columns: The columns' names, in the order of the fields.
        blocks: Lines in COPY text format; to be read once, and whole before the next table's.
    """

    table: str
    columns: tuple[str, ...]
    blocks: Iterator[bytes]


def row_parents(  # noqa: PLR0913, PLR0917 - what decides how many rows there are
    name: str, rows: Rows, users: int, seed: int, parents: int, most: int | None = None
) -> Integers:
    """Returns, for each row of a table, the number of the parent row that it is made for.

    Args:
        name: The table's name.
        rows: How many rows it has.
        users: Users of the population.
        seed: Chooses the population.
        parents: Rows of the parent table; 0 without one.
        most: Rows that one parent can have, because they refer to different ones; None for any number.
    """
    if rows.per_parent is None:
        count = rows.fixed or max(rows.minimum, round((rows.per_user or 0) * users))
        return np.arange(count)
    generator = stream(seed, name, "", "rows")
    shares = np.exp(rows.sigma * generator.standard_normal(parents))
    counts = generator.multinomial(round(rows.per_parent * parents), shares / shares.sum())
    if most is not None and counts.sum() <= most * parents:
        counts = _levelled(counts, most)
    return np.repeat(np.arange(parents), counts)


def _levelled(counts: Integers, most: int) -> Integers:
    """Gives what parents have above a most to those that follow them in size, as far as they have room."""
    levelled = np.minimum(counts, most)
    order = np.argsort(-counts, kind="stable")
    room = (most - levelled)[order]
    taken = np.minimum(np.cumsum(room), counts.sum() - levelled.sum())
    levelled[order] += np.diff(taken, prepend=0)
    return levelled


def _referred(population: Population) -> set[tuple[str, str]]:
    """Returns the (table, column) pairs whose values later tables need."""
    wanted = set()
    for table in population.tables.values():
        for column in table.columns.values():
            if isinstance(column, ReferenceColumn):
                wanted.add((column.table, column.column))
            elif isinstance(column, CopyColumn):
                reference = table.columns[column.reference]
                if isinstance(reference, ReferenceColumn):
                    wanted.add((reference.table, column.column))
    return wanted


def _written(table: TablePopulation) -> tuple[str, ...]:
    return tuple(name for name, column in table.columns.items() if column.written)


def _draw(block: Block, drawers: dict[str, Drawer]) -> dict[str, Cells]:
    for name, draw in drawers.items():
        block.cells[name] = list(draw(block))
    return block.cells


class _Generator:
    """The state of one run: what later tables need of earlier ones."""

    def __init__(self, population: Population, users: int, seed: int, *, hostile: bool) -> None:
        self.population = population
        self.users = users
        self.seed = seed
        self.hostile = population.hostile if hostile else ()
        self.packaged = PackagedTables(population, users, seed)
        self.row_counts: dict[str, int] = {}
        self.kept: Kept = {place: [] for place in _referred(population)}

    def tables(self) -> Iterator[TableData]:
        """Yields the tables in order."""
        for name, table in self.population.tables.items():
            yield TableData(name, _written(table), self._blocks(name, table))

    def _blocks(self, name: str, table: TablePopulation) -> Iterator[bytes]:
        missing = [before for before in self._before(name) if before not in self.row_counts]
        if missing:
            raise ValueError(f"the blocks of {', '.join(missing)} must be read before those of {name}")
        parents = self._row_parents(name, table)
        drawers = self._drawers(name, table)
        for first in range(0, len(parents), ROWS_PER_BLOCK):
            block = Block(first, parents[first : first + ROWS_PER_BLOCK])
            cells = _draw(block, drawers)
            self._keep(name, cells)
            yield copy_block([cells[column] for column in _written(table)])
        self.row_counts[name] = len(parents)
        yield from self._hostile_block(name, table, drawers)

    def _row_parents(self, name: str, table: TablePopulation) -> Integers:
        """Returns the number of each row's parent; of a packaged row, its number in the file."""
        rows = table.rows
        if rows.packaged:
            return self.packaged.rows(name)
        parents = self.row_counts.get(rows.parent or "", 0)
        return row_parents(name, rows, self.users, self.seed, parents, self._most(table))

    def _most(self, table: TablePopulation) -> int | None:
        """Returns how many rows of a table one parent can have; None for any number."""
        distinct = (c for c in table.columns.values() if isinstance(c, ReferenceColumn) and c.distinct)
        return min((len(self.kept[column.table, column.column]) for column in distinct), default=None)

    def _before(self, name: str) -> list[str]:
        names = list(self.population.tables)
        return names[: names.index(name)]

    def _drawers(self, name: str, table: TablePopulation) -> dict[str, Drawer]:
        places = {column: Place(self.seed, name, column, self.kept) for column in table.columns}
        return {column: self._drawer(table, place) for column, place in places.items()}

    def _drawer(self, table: TablePopulation, place: Place) -> Drawer:
        column = table.columns[place.column]
        if isinstance(column, PackagedColumn):
            return self.packaged.drawer(place.table, place.column, column)
        return drawer(column, place, table)

    def _keep(self, name: str, cells: dict[str, Cells]) -> None:
        for column, values in cells.items():
            if (name, column) in self.kept:
                self.kept[name, column].extend(values)

    def _hostile_block(
        self, name: str, table: TablePopulation, drawers: dict[str, Drawer]
    ) -> Iterator[bytes]:
        """Yields the hostile rows of a table, drawn after all others so that they change none."""
        rows: list[HostileRow] = [row for row in self.hostile if row.table == name]
        if not rows:
            return
        block = Block(self.row_counts[name], np.zeros(len(rows), dtype=np.int64))
        cells = _draw(block, drawers)
        for number, row in enumerate(rows):
            for column, value in row.values.items():
                cells[column][number] = text_cell(value)
        yield copy_block([cells[column] for column in _written(table)])


def generate(population: Population, users: int, seed: int, *, hostile: bool = False) -> Iterator[TableData]:
    """Yields every table of a population; the same arguments always give the same bytes.

    Args:
        population: How the data is drawn.
        users: Number of users [rows].
        seed: Chooses one of the populations that the declaration allows.
        hostile: Whether the rows that DynamoDB cannot hold are added.

    Raises:
        ValueError: A table's blocks are read before those of the tables before it.
    """
    return _Generator(population, users, seed, hostile=hostile).tables()
