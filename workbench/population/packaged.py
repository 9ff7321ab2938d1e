"""Rows of the CSV files of an installed package; the package itself is never imported."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from workbench.errors import InputError, Problem
from workbench.population.columns import Block, Drawer, Integers
from workbench.population.copy_text import Cell
from workbench.population.streams import stream
from workbench.spec.packaged import FileRows, Package, Referrer
from workbench.spec.population import PackagedColumn, Population

FILE = "population.yaml"


class PackagedTables:
    """The packaged tables of one population; each file is read when it is first needed.

    Args:
        population: A population, with or without packaged tables.
        users: Its size [users].
        seed: Chooses which consecutive rows are kept.
    """

    def __init__(self, population: Population, users: int, seed: int) -> None:
        self._population, self._users, self._seed = population, users, seed
        self._read: dict[str, pa.Table] = {}

    @cached_property
    def _package(self) -> _InstalledPackage:
        package = self._population.package
        if package is None:
            raise ValueError("a population without a package has no packaged rows")
        return _InstalledPackage(package)

    def rows(self, table: str) -> Integers:
        """Returns the numbers of a table's kept rows within its file, ascending.

        Raises:
            InputError: The package, or a file or column of it, is not there.
        """
        rows = self._wanted(table)
        count = self._file(table).num_rows
        if rows.per_user:
            return self._window(table, round(rows.per_user * self._users), count)
        partial = [
            one for one in rows.referred_by if len(self.rows(one.table)) < self._file(one.table).num_rows
        ]
        if not rows.referred_by or len(partial) < len(rows.referred_by):
            return np.arange(count)
        return np.array(sorted(set().union(*(self._referred(table, one) for one in partial))), dtype=np.int64)

    def _wanted(self, table: str) -> FileRows:
        rows = self._population.tables[table].rows.packaged
        if rows is None:
            raise ValueError(f"{table} has no packaged rows")
        return rows

    def _window(self, table: str, wanted: int, count: int) -> Integers:
        if wanted >= count:
            return np.arange(count)
        first = stream(self._seed, table, "", "rows").integers(0, count)
        return np.sort((np.arange(max(1, wanted)) + first) % count)

    def _referred(self, table: str, referrer: Referrer) -> Iterator[int]:
        others = [self._values(referrer.table, name) for name in referrer.columns.values()]
        kept = self.rows(referrer.table)
        named = set(zip(*(column.take(pa.array(kept)).to_pylist() for column in others), strict=True))
        own = zip(*(self._values(table, name).to_pylist() for name in referrer.columns), strict=True)
        return (number for number, key in enumerate(own) if key in named)

    def _file(self, table: str) -> pa.Table:
        name = self._wanted(table).file
        if name not in self._read:
            self._read[name] = self._package.read(name)
        return self._read[name]

    def _values(self, table: str, header: str) -> pa.ChunkedArray:
        content = self._file(table)
        if header not in content.column_names:
            message = f"its file has no column {header}; got {', '.join(content.column_names)}"
            raise InputError([Problem(FILE, 0, f"tables.{table}", message, "Name one of them.")])
        return content.column(header)

    def drawer(self, table: str, name: str, column: PackagedColumn) -> Drawer:
        """Returns what gives the values of a column for a block; the block's parents are rows of the file.

        Args:
            table: The table.
            name: The column's name.
            column: Which column of the file it is.
        """
        values = self._values(table, column.column or name).combine_chunks()

        def draw(block: Block) -> list[Cell]:
            cells: list[Cell] = values.take(pa.array(block.parents)).to_pylist()
            return [b"true" if cell is None else b"false" for cell in cells] if column.missing else cells

        return draw


class _InstalledPackage:
    """A distribution of the wanted version, and how its files write what is absent."""

    def __init__(self, package: Package) -> None:
        self._absent = list(package.absent)
        self._name = package.name
        self._distribution = self._found(package)

    def _found(self, package: Package) -> Distribution:
        try:
            found = distribution(package.name)
        except PackageNotFoundError:
            raise self._refused("the package is not installed; got none") from None
        if found.version != package.version:
            raise self._refused(f"the data is that of {package.version}; got version {found.version}")
        return found

    def _refused(self, message: str) -> InputError:
        step = f"Install {self._name} as requirements.lock has it, with `make`."
        return InputError([Problem(FILE, 0, "package", message, step)])

    def read(self, name: str) -> pa.Table:
        """Returns a CSV file with every value as bytes, NULL where it is absent."""
        content = self._content(name)
        header = csv.read_csv(io.BytesIO(content.partition(b"\n")[0] + b"\n")).column_names
        options = csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.binary()),
            null_values=self._absent,
            strings_can_be_null=True,
        )
        return csv.read_csv(io.BytesIO(content), convert_options=options)

    def _content(self, name: str) -> bytes:
        files = {str(file): file for file in self._distribution.files or ()}
        if name not in files:
            data = [file for file in files if file.endswith((".csv", ".csv.zip"))]
            raise self._refused(f"the package has no file {name}; got {', '.join(sorted(data))}")
        path = Path(str(files[name].locate()))
        if path.suffix != ".zip":
            return path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            return archive.read(archive.namelist()[0])
