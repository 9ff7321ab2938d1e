"""The cost tables of a document, row by row: what each row states, and our lines that answer it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbench.claims.ledger import Bounds
from workbench.errors import InputError, Problem
from workbench.pricing.dimensions import unit_of
from workbench.spec.base import Name, SpecModel
from workbench.spec.findings import Finding, listed, shown
from workbench.spec.loader import load_model

DOCUMENTED_COSTS = "documented_costs.yaml"
RDS_SIZED = "rds sized"

Alternative = Literal["on-demand", "sized", "as designed", "rds sized"]
"""Our alternative that answers a table; `rds sized` is chosen from the workload, for one zone."""


class StatedPart(SpecModel):
    """A quantity that the document states, with the dimension that prices it."""

    service: str = "dynamodb"
    """Service, as the price book spells it."""
    dimension: str
    """What is priced, as the price book spells it."""
    count: float = Field(gt=0)
    """How much: capacity units, instances, GB."""
    hourly: bool = False
    """The price is one of an hour, and the count holds all month."""


class Mistake(SpecModel):
    """Prices that the document may have taken instead; told only where they give the documented amount."""

    told: str = Field(min_length=10)
    """What was done, in words."""
    instead: dict[str, str] = Field(min_length=1)
    """Dimension to the one whose price was taken; the document drops the cents of each quantity."""


class Selection(SpecModel):
    """Lines of our bill."""

    tables: tuple[str, ...] = ()
    """Tables, or servers of a relational bill; none for all."""
    indexes: tuple[str, ...] | None = None
    """Indexes by name, `table` for the table itself; absent for all."""
    components: tuple[str, ...] = ()
    """Beginnings of the names of components; none for all."""


def ends(amount: float | Bounds) -> tuple[Decimal, Decimal]:
    """Returns a documented amount from low to high, exactly as written."""
    low, high = amount if isinstance(amount, tuple) else (amount, amount)
    return Decimal(str(low)), Decimal(str(high))


class DocumentedRow(SpecModel):
    """A row of a cost table."""

    line: int = Field(ge=1)
    """1-based line of the document."""
    name: str
    """What the row prices."""
    documented: float | Bounds
    """The documented amount [USD a month]."""
    tolerance: float = Field(default=0.5, ge=0)
    """By how much rounding in the document may move it [USD a month]."""
    stated: tuple[StatedPart, ...] = ()
    """The quantities that the document states; none where it states none."""
    inferred: str = ""
    """How the quantities follow where the document only implies them; empty where it states them."""
    mistake: Mistake | None = None
    """Prices that explain the documented amount."""
    ours: Selection
    """The lines of our bill that answer this row."""
    rule: str
    """Id in docs/sources.md of the rule or price that decides the row."""
    note: str = ""
    """What else decides, without figures."""


class DocumentedTable(SpecModel):
    """A cost table of the document."""

    title: str
    """What it prices."""
    dau: int = Field(ge=1)
    """Daily active users that it is made for."""
    alternative: Alternative
    """Our alternative that answers it."""
    total_line: int = Field(ge=1)
    """1-based line of its total."""
    total: float | Bounds
    """The documented total [USD a month]."""
    rows: tuple[DocumentedRow, ...] = Field(min_length=1)
    """Its rows."""


class DocumentedBreakEven(SpecModel):
    """The break-even that the document states, and the tables that it must follow from."""

    line: int = Field(ge=1)
    """1-based line of the document."""
    dau: int = Field(ge=1)
    """The documented number of daily active users."""
    dynamodb: tuple[Name, Name]
    """The DynamoDB tables of fewer and of more users."""
    relational: tuple[Name, Name]
    """The relational tables of fewer and of more users."""


class DocumentedCosts(SpecModel):
    """Everything a `documented_costs.yaml` says."""

    schema_version: Literal[1]
    """Version of this file format."""
    case: str
    """Name of the case, which is its folder's."""
    tables: dict[Name, DocumentedTable] = Field(min_length=1)
    """Cost tables by name."""
    break_even: DocumentedBreakEven | None = None
    """The stated break-even; absent where the document states none."""


def load_documented_costs(directory: Path) -> DocumentedCosts:
    """Returns the documented cost tables in a case's folder.

    Raises:
        InputError: There are none, or the file is wrong; all problems at once.
    """
    path = directory / DOCUMENTED_COSTS
    if not path.exists():
        message = "the document of this case has no cost tables; got no such file"
        raise InputError([Problem(str(path), 0, "", message, "Name another case, or write them down")])
    return load_model(path, DocumentedCosts, _findings)


def _findings(costs: DocumentedCosts) -> Iterator[Finding]:
    for name, table in costs.tables.items():
        for number, row in enumerate(table.rows):
            for part in row.stated:
                if unit_of(part.service, part.dimension) is None:
                    got = f"{part.service} {part.dimension}"
                    path = ("tables", name, "rows", number, "stated")
                    yield Finding(path, "there is no such dimension", "See `workbench prices list`.", got)
    named = (
        {"dynamodb": costs.break_even.dynamodb, "relational": costs.break_even.relational}
        if costs.break_even
        else {}
    )
    for field, pair in named.items():
        for one in pair:
            if one not in costs.tables:
                allowed = listed(sorted(costs.tables))
                yield Finding(
                    ("break_even", field), "there is no such table", "Name one.", shown(one), allowed
                )
