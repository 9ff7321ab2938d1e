"""How the relational test data of a case is drawn, as `population.yaml` states it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from workbench.spec.base import Name, Scalar, SpecModel
from workbench.spec.packaged import FileRows, Package
from workbench.spec.templates import placeholders

MOST_ROWS = 100_000_000
"""Rows of a table that a population may ask for; what is above is a slip of the pen."""

MOST_ROWS_EACH = 1_000_000
"""Rows for each user, or for each row of a parent."""

Fraction = Annotated[float, Field(ge=0, le=1)]


class ColumnBase(SpecModel):
    """What every column has, however its values are drawn."""

    null_fraction: Fraction = 0
    """Share of the rows in which the column is NULL."""
    only_when: dict[Name, str] = {}
    """The column is NULL unless these earlier columns have these values, as `true` or `PENDING`."""
    written: bool = True
    """False for a value that only later columns of the row use."""


class SequenceColumn(ColumnBase):
    """Consecutive integers."""

    kind: Literal["sequence"]
    start: int = 1


class ListedColumn(ColumnBase):
    """The given values in order, from the start again when they are used up."""

    kind: Literal["listed"]
    values: tuple[Scalar, ...] = Field(min_length=1)


class TemplateColumn(ColumnBase):
    """Text with `{column}` placeholders for earlier columns of the row; NULL where one of them is."""

    kind: Literal["template"]
    text: str


class ReferenceColumn(ColumnBase):
    """A value of a row of an earlier table."""

    kind: Literal["reference"]
    table: Name
    column: Name = "id"
    parent: bool = False
    """Whether it is the row that this one was made for (see `Rows.parent`)."""
    zipf_exponent: float = Field(default=0, ge=0)
    """Skew: the k-th most popular row is drawn in proportion to k to the minus this; 0 is even."""
    distinct: bool = False
    """Whether rows made for the same parent refer to different rows, each of them as likely as any other."""


class CopyColumn(ColumnBase):
    """Another column of the row that a reference of this row points to."""

    kind: Literal["copy"]
    reference: Name
    """The reference column of this table."""
    column: Name
    """The column of the table that it points to."""


class FirstOfColumn(ColumnBase):
    """The first of several earlier columns of the row that is not NULL."""

    kind: Literal["first_of"]
    columns: tuple[Name, ...] = Field(min_length=1)


class TimestampColumn(ColumnBase):
    """A moment, even over a range of the calendar."""

    kind: Literal["timestamp"]
    start: AwareDatetime
    end: AwareDatetime
    tie_fraction: Fraction = 0
    """Share of the rows that have exactly the moment of the row before."""


class LaterColumn(ColumnBase):
    """A moment after another one of the row, by an exponential delay."""

    kind: Literal["later"]
    than: Name
    mean_hours: float = Field(gt=0)


class LargeTexts(SpecModel):
    """Rare large texts at fixed rows, so that every population has some."""

    every: int = Field(ge=2)
    """One row in so many."""
    minimum_bytes: int = Field(ge=1)
    maximum_bytes: int = Field(ge=1, le=500_000)


class TextColumn(ColumnBase):
    """Text of lognormal length in UTF-8 bytes."""

    kind: Literal["text"]
    alphabet: Literal["prose", "code", "digits"]
    """Prose mixes ASCII, Hangul, emoji and combining marks; code has line breaks, tabs and backslashes."""
    median_bytes: float = Field(gt=0)
    sigma: float = Field(default=0, ge=0)
    """Standard deviation of the logarithm of the length."""
    minimum_bytes: int = Field(default=0, ge=0)
    maximum_bytes: int = Field(ge=1, le=500_000)
    large: LargeTexts | None = None


class ChoiceColumn(ColumnBase):
    """One of several values by weight."""

    kind: Literal["choice"]
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)


class BooleanColumn(ColumnBase):
    """True with a probability."""

    kind: Literal["boolean"]
    probability: Fraction


class IntegerColumn(ColumnBase):
    """An integer: even between two bounds, or lognormal within them when a median is given."""

    kind: Literal["integer"]
    minimum: int = 0
    maximum: int
    median: float | None = Field(default=None, gt=0)
    sigma: float = Field(default=1, ge=0)
    """Standard deviation of the logarithm, used with a median."""


class DecimalColumn(ColumnBase):
    """A decimal number, even between two bounds."""

    kind: Literal["decimal"]
    minimum: float
    maximum: float
    scale: int = Field(ge=1, le=9)
    """Digits after the point."""


class TagsColumn(ColumnBase):
    """A JSON array of different texts."""

    kind: Literal["tags"]
    values: tuple[str, ...] = Field(min_length=1)
    minimum: int = Field(default=0, ge=0)
    maximum: int = Field(ge=0)


class PackagedColumn(ColumnBase):
    """A value of the row's line in the file of the package."""

    kind: Literal["packaged"]
    column: Name | None = None
    """Header of the file's column; the column's own name when absent."""
    missing: bool = False
    """Whether the value is `true` where the file has none, and `false` elsewhere, in place of the file's."""


PlainColumn = Annotated[
    TextColumn | ChoiceColumn | BooleanColumn | IntegerColumn | DecimalColumn,
    Field(discriminator="kind"),
]


class JsonColumn(ColumnBase):
    """A JSON object; a field that is NULL becomes null."""

    kind: Literal["json"]
    fields: dict[str, PlainColumn] = Field(min_length=1)


Column = Annotated[
    SequenceColumn
    | ListedColumn
    | TemplateColumn
    | ReferenceColumn
    | CopyColumn
    | FirstOfColumn
    | TimestampColumn
    | LaterColumn
    | TextColumn
    | ChoiceColumn
    | BooleanColumn
    | IntegerColumn
    | DecimalColumn
    | TagsColumn
    | JsonColumn
    | PackagedColumn,
    Field(discriminator="kind"),
]


class Rows(SpecModel):
    """How many rows a table has: a fixed number, so many a user or each parent row, or those of a file."""

    fixed: int | None = Field(default=None, ge=1, le=MOST_ROWS)
    per_user: float | None = Field(default=None, gt=0, le=MOST_ROWS_EACH)
    minimum: int = Field(default=0, ge=0, le=MOST_ROWS)
    """At least so many rows, with `per_user`."""
    parent: Name | None = None
    per_parent: float | None = Field(default=None, gt=0, le=MOST_ROWS_EACH)
    """Mean over the parents; their sum is exact."""
    sigma: float = Field(default=0, ge=0)
    """Skew between parents: standard deviation of the logarithm of a parent's share."""
    packaged: FileRows | None = None
    """The rows of a file of the population's package."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Rows:
        ways = (self.fixed, self.per_user, self.per_parent, self.packaged)
        if sum(given is not None for given in ways) != 1:
            raise ValueError("needs exactly one of `fixed`, `per_user`, `per_parent` and `packaged`")
        if (self.parent is None) != (self.per_parent is None):
            raise ValueError("`parent` and `per_parent` belong together")
        return self


class TablePopulation(SpecModel):
    """The rows of one table."""

    rows: Rows
    columns: dict[Name, Column] = Field(min_length=1)


class Repeat(SpecModel):
    """A long text, stated briefly."""

    text: str = Field(min_length=1)
    times: int = Field(ge=1)


class HostileRow(SpecModel):
    """A row that PostgreSQL holds and DynamoDB cannot; the columns that are not given are drawn as usual."""

    table: Name
    reason: str = Field(min_length=10)
    values: dict[Name, Repeat | Scalar] = Field(min_length=1)


class Population(SpecModel):
    """Everything a `population.yaml` says; tables stand after those that they refer to."""

    schema_version: Literal[1]
    case: str
    package: Package | None = None
    """Where real data comes from; absent when all of it is drawn."""
    tables: dict[Name, TablePopulation] = Field(min_length=1)
    hostile: tuple[HostileRow, ...] = ()
    """Rows that are added only on demand, to show that a move lists what it cannot take."""

    @model_validator(mode="after")
    def _names_are_known(self) -> Population:
        problems = [
            *_table_problems(self.tables),
            *_hostile_problems(self),
            *_size_problems(self.tables),
            *_package_problems(self),
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _asks_for(column: Column) -> Iterator[str]:
    """Yields the columns of the same row that a column needs."""
    yield from column.only_when
    if isinstance(column, TemplateColumn):
        yield from placeholders(column.text)
    elif isinstance(column, CopyColumn):
        yield column.reference
    elif isinstance(column, FirstOfColumn):
        yield from column.columns
    elif isinstance(column, LaterColumn):
        yield column.than


def _column_problems(path: str, column: Column, before: dict[str, Column]) -> Iterator[str]:
    for name in _asks_for(column):
        if name not in before:
            yield f"{path} needs column {name}, which is not before it"
    if isinstance(column, CopyColumn) and not isinstance(before.get(column.reference), ReferenceColumn):
        yield f"{path} copies by {column.reference}, which is no reference"
    if isinstance(column, TemplateColumn) and ":date}" in column.text:
        yield f"{path} cuts a day out of a moment; only {{name}} and {{name:0Nd}} are filled in here"
    if isinstance(column, LaterColumn):
        earlier = before.get(column.than)
        if not isinstance(earlier, TimestampColumn | LaterColumn):
            yield f"{path} is later than {column.than}, which is no moment"


def _reference_problems(
    path: str, table: TablePopulation, known: dict[str, TablePopulation]
) -> Iterator[str]:
    for name, column in table.columns.items():
        if isinstance(column, ReferenceColumn):
            if column.table not in known or column.column not in known[column.table].columns:
                yield f"{path}.{name} refers to {column.table}.{column.column}, which is not before it"
            if column.parent and table.rows.parent != column.table:
                yield f"{path}.{name} refers to a parent, but the rows are not made per row of {column.table}"
            if column.distinct and (column.parent or column.zipf_exponent or not table.rows.parent):
                yield f"{path}.{name} is distinct, which needs a parent, no skew and another table"
        if isinstance(column, CopyColumn):
            source = table.columns.get(column.reference)
            target = known.get(source.table) if isinstance(source, ReferenceColumn) else None
            if target and column.column not in target.columns:
                yield f"{path}.{name} copies {column.column}, which the referenced table lacks"


def _table_problems(tables: dict[str, TablePopulation]) -> Iterator[str]:
    known: dict[str, TablePopulation] = {}
    for table_name, table in tables.items():
        if table.rows.parent and table.rows.parent not in known:
            yield f"{table_name} has rows per row of {table.rows.parent}, which is not before it"
        before: dict[str, Column] = {}
        for name, column in table.columns.items():
            yield from _column_problems(f"{table_name}.{name}", column, before)
            before[name] = column
        yield from _reference_problems(table_name, table, known)
        known[table_name] = table


def _size_problems(tables: dict[str, TablePopulation]) -> Iterator[str]:
    """Yields tables that multiply to more rows than a machine should draw, for a single user already."""
    counts: dict[str, float] = {}
    for name, table in tables.items():
        rows = table.rows
        of_parent = counts.get(rows.parent or "", 0.0) * (rows.per_parent or 0.0)
        counts[name] = max(rows.fixed or 0.0, rows.per_user or 0.0, float(rows.minimum), of_parent)
        if counts[name] > MOST_ROWS:
            yield f"{name} has {counts[name]:,.0f} rows for one user, more than {MOST_ROWS:,}"


def _package_problems(population: Population) -> Iterator[str]:
    for name, table in population.tables.items():
        if table.rows.packaged and population.package is None:
            yield f"{name} has rows of a package, and none is named in `package`"
        for column in [] if table.rows.packaged else table.columns:
            if isinstance(table.columns[column], PackagedColumn):
                yield f"{name}.{column} is of a file, but the rows of {name} are not `packaged`"
        for referrer in table.rows.packaged.referred_by if table.rows.packaged else ():
            other = population.tables.get(referrer.table)
            if other is None or other.rows.packaged is None or not other.rows.packaged.per_user:
                yield f"{name} is referred by {referrer.table}, which has no packaged rows `per_user`"


def _hostile_problems(population: Population) -> Iterator[str]:
    for number, row in enumerate(population.hostile):
        table = population.tables.get(row.table)
        if table is None:
            yield f"hostile.{number} is for table {row.table}, which is not there"
            continue
        for name in row.values:
            if name not in table.columns or not table.columns[name].written:
                yield f"hostile.{number} sets {row.table}.{name}, which is not written"


def span_microseconds(column: TimestampColumn) -> tuple[int, int]:
    """Returns the first moment since 1970 and the length of the range [microseconds].

    >>> utc = dt.UTC
    >>> day = TimestampColumn(kind="timestamp", start=dt.datetime(1970, 1, 2, tzinfo=utc),
    ...                       end=dt.datetime(1970, 1, 3, tzinfo=utc))
    >>> span_microseconds(day)
    (86400000000, 86400000000)
    """
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    microsecond = dt.timedelta(microseconds=1)
    return (column.start - epoch) // microsecond, (column.end - column.start) // microsecond
