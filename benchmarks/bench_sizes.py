"""Item sizes over Arrow columns against one item at a time, and against PostgreSQL's own COPY TO.

The rows are the usage logs of algoitny as its generator draws them, copied under new ids until there are a
million. All runs alternate, so that another program's load meets all sides alike.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.engines import PostgresEngine, open_postgres
from workbench.engines.arrow import arrow_batches
from workbench.items import ItemMaker
from workbench.items.column_sizes import ColumnSizer
from workbench.migrate.rehearsal import load_source
from workbench.model.item_size import item_bytes
from workbench.spec.case import load_case

ENTITY = "UsageLog"
USERS, COPIES = 1_000, 5
ONE_BY_ONE = 40_000
"""Rows that are sized one at a time; all of them would take a minute a run."""

RUNS = 5
LEAST_OVER_ITEMS, LEAST_OVER_COPY = 50.0, 0.5

MULTIPLY = """
INSERT INTO usage_log (user_id, action, problem_id, metadata, created_at)
SELECT user_id, action, problem_id, metadata, created_at FROM usage_log, generate_series(2, %s)
"""

Row = dict[str, Any]


def _rows(postgres: PostgresEngine, query: str) -> list[Row]:
    with postgres.connect() as connection:
        cursor = connection.execute(f"SELECT * FROM ({query}) AS source ORDER BY id LIMIT {ONE_BY_ONE}")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _copy_out(postgres: PostgresEngine, query: str, to: str) -> int:
    with postgres.connect() as connection:
        if to == "server":
            return connection.execute(f"COPY ({query}) TO '/dev/null'").rowcount
        with connection.cursor() as cursor, connection.cursor().copy(f"COPY ({query}) TO STDOUT") as copy:
            size = sum(map(len, copy))
            return size and cursor.rowcount


class Sides:
    """What is timed; each side returns rows a second."""

    def __init__(self, postgres: PostgresEngine) -> None:
        case = load_case("algoitny")
        load_source(case, postgres, USERS, seed=1)
        with postgres.connect() as connection:
            connection.execute(MULTIPLY, (COPIES,))
        self._postgres = postgres
        self.query = case.mapping.entities[ENTITY].query
        self._maker, self._sizer = (
            ItemMaker(case.design, ENTITY),
            ColumnSizer(case.design, ENTITY, entries=False),
        )
        self._rows = _rows(postgres, self.query)
        with arrow_batches(postgres, self.query) as batches:
            self._batches = list(batches)
        self.count = sum(batch.num_rows for batch in self._batches)

    def differences(self) -> int:
        """Returns how many of the rows sized one at a time have another size in columns."""
        ordered = f"SELECT * FROM ({self.query}) AS source ORDER BY id LIMIT {ONE_BY_ONE}"
        with arrow_batches(self._postgres, ordered) as batches:
            sizes = np.concatenate([sized.item_bytes for sized in self._sizer.each(batches)])
        return int((sizes != [item_bytes(self._maker.item(row)) for row in self._rows]).sum())

    def items(self) -> float:
        """One item at a time, from rows that are there."""
        return self._rate(lambda: [item_bytes(self._maker.item(row)) for row in self._rows], len(self._rows))

    def columns(self) -> float:
        """In columns, from batches that are there."""
        return self._rate(lambda: list(self._sizer.each(self._batches)), self.count)

    def read_and_size(self) -> float:
        """In columns, read from PostgreSQL."""

        def run() -> None:
            with arrow_batches(self._postgres, self.query) as batches:
                for _ in self._sizer.each(batches):
                    pass

        return self._rate(run, self.count)

    def copy_to_client(self) -> float:
        """COPY TO STDOUT, read by psycopg and dropped."""
        return self._rate(lambda: _copy_out(self._postgres, self.query, "client"), self.count)

    def copy_to_null(self) -> float:
        """COPY TO a file of the server that keeps nothing: no socket, no reader."""
        return self._rate(lambda: _copy_out(self._postgres, self.query, "server"), self.count)

    @staticmethod
    def _rate(run: Callable[[], object], rows: int) -> float:
        started = time.perf_counter()
        run()
        return rows / (time.perf_counter() - started)


def _shown(values: list[float], digits: int = 0) -> str:
    middle = statistics.median(values)
    return " / ".join(f"{value:,.{digits}f}" for value in (min(values), middle, max(values)))


def _ratio(name: str, upper: list[float], lower: list[float], least: float) -> bool:
    ratios = [one / other for one, other in zip(upper, lower, strict=True)]
    reached = statistics.median(ratios) >= least
    print(f"{name}: {_shown(ratios, 2)} times (median of at least {least:g}: {reached})")
    return reached


def main() -> int:
    """Runs all sides several times; the exit code is 1 when a size differs or a ratio is missed."""
    with open_postgres() as postgres:
        sides = Sides(postgres)
        named = (sides.items, sides.columns, sides.read_and_size, sides.copy_to_client, sides.copy_to_null)
        rates: dict[str, list[float]] = {side.__name__: [] for side in named}
        for _ in range(RUNS):
            for side in named:
                rates[side.__name__].append(side())
        differences = sides.differences()
    print(f"{ENTITY}: {sides.count:,} rows, of {ONE_BY_ONE:,} compared {differences} differ")
    for side in named:
        print(f"  {_shown(rates[side.__name__])} rows/s (min/median/max)  {side.__doc__}")
    reached = [
        _ratio("columns over one at a time", rates["columns"], rates["items"], LEAST_OVER_ITEMS),
        _ratio("columns over COPY TO", rates["columns"], rates["copy_to_null"], LEAST_OVER_COPY),
        _ratio("read and size over COPY TO", rates["read_and_size"], rates["copy_to_null"], LEAST_OVER_COPY),
        _ratio(
            "read and size over COPY TO STDOUT",
            rates["read_and_size"],
            rates["copy_to_client"],
            LEAST_OVER_COPY,
        ),
    ]
    return int(differences > 0 or not all(reached))


if __name__ == "__main__":
    sys.exit(main())
