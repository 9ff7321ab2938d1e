"""Tables and sentences that notebooks show; numbers are rounded here and nowhere before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.report.templating import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MISSING = "-"
"""Shown where there is no value."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Args:
        key: Field of the rows.
        label: Heading.
        unit: Unit, shown in brackets under the heading; empty for none.
        digits: Decimals of a number; None for text.
        code: Show in a fixed-width face.
        wide: Holds sentences; keeps a readable width.
        link: Field of the rows that holds where the cell leads; empty for none.
    """

    key: str
    label: str
    unit: str = ""
    digits: int | None = None
    code: bool = False
    wide: bool = False
    link: str = ""

    @property
    def style(self) -> str:
        """Classes of the cells."""
        flags = {"number": self.digits is not None, "code": self.code, "wide": self.wide}
        return " ".join(name for name, on in flags.items() if on)

    @property
    def heading(self) -> str:
        """Label and unit in one line."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    def text(self, value: Any) -> str:
        """Returns a value as the table shows it."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return MISSING
        if isinstance(value, bool):
            return "yes" if value else "no"
        if self.digits is None or isinstance(value, str):
            return str(value)
        return f"{value:,.{self.digits}f}"


@dataclass(frozen=True)
class Table:
    """A table with units in its headings and a footnote that says where the numbers come from.

    Args:
        title: What the table shows.
        columns: Columns in order.
        rows: One mapping a row.
        footnote: Source and caveats; empty for none.
        total: Fields of a last, emphasised row.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    footnote: str = ""
    total: Mapping[str, Any] | None = None

    @property
    def all_rows(self) -> list[Mapping[str, Any]]:
        """The rows, the total last."""
        return [*self.rows, *([self.total] if self.total else [])]

    def _repr_html_(self) -> str:
        return render("table.html.j2", table=self)

    def __repr__(self) -> str:
        cells = [[column.text(row.get(column.key)) for column in self.columns] for row in self.all_rows]
        frame = pd.DataFrame(cells, columns=[column.heading for column in self.columns])
        with pd.option_context("display.max_colwidth", 60):
            return f"{self.title}\n{frame.to_string(index=False)}\n{self.footnote}".rstrip()


@dataclass(frozen=True)
class Statement:
    """A sentence computed from the data.

    Args:
        text: The sentence.
        tone: `plain`, `verdict`, `good` or `bad`; decides how much it stands out.
    """

    text: str
    tone: str = "plain"

    def _repr_html_(self) -> str:
        return render("statement.html.j2", statement=self)

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Heading:
    """The title of a page.

    Args:
        title: The question that the page answers.
        case: Title of the case.
        summary: What the design says about itself; empty where the page does not repeat it.
    """

    title: str
    case: str
    summary: str = ""

    def _repr_html_(self) -> str:
        return render("heading.html.j2", heading=self)

    def __repr__(self) -> str:
        return f"{self.title}: {self.case}"
