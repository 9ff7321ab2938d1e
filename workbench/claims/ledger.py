"""What a document claims, line by line: `claims.yaml` of a case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from workbench.errors import InputError, Problem
from workbench.spec.base import Name, SpecModel
from workbench.spec.findings import Finding, listed, nearest, shown
from workbench.spec.loader import load_model

CLAIMS = "claims.yaml"

Bounds = tuple[float, float]
Given = bool | int | float | str | tuple[int | float | str | Bounds, ...]
"""An argument of a check as YAML has it."""

Kind = Literal["price", "sum", "count", "capacity", "limit", "latency", "savings", "retention", "break-even",
               "schedule", "feature", "quality"]  # fmt: skip


class Claim(SpecModel):
    """One statement of a document that can be judged."""

    lines: tuple[int, ...] = Field(min_length=1)
    """1-based lines of the document that state it; the first is the one quoted."""
    quote: str = Field(min_length=1)
    """The words of the first line, at most that line."""
    kind: Kind
    """What is claimed."""
    documented: bool | float | Bounds | str
    """The documented value: a number, a range, a word; true for something that holds or is promised."""
    unit: str = ""
    """Unit of the documented value."""
    relation: Literal["equals", "at most", "at least"] = "equals"
    """Whether the documented value is meant exactly, or as a bound."""
    tolerance: float = Field(default=0, ge=0)
    """By how much ours may differ and still be called equal, in `unit`: the rounding of the document."""
    check: str
    """Name of the check that computes our value."""
    given: dict[Name, Given] = {}  # noqa: RUF012  # pydantic copies a mutable default
    """Arguments of the check."""
    note: str = ""
    """What else the author of the document should know: where a wrong value comes from, what to do."""

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Claim:
        if isinstance(self.documented, tuple) and self.documented[0] > self.documented[1]:
            raise ValueError("`documented` ends below its beginning. Write the lower bound first.")
        return self


class Exclusion(SpecModel):
    """Lines with a number that state nothing to be judged."""

    reason: str = Field(min_length=10)
    """Why the number is no claim."""
    lines: tuple[int, ...] = Field(min_length=1)
    """1-based lines of the document."""


class NumericLine(SpecModel):
    """A line of the document that holds a digit."""

    line: int = Field(ge=1)
    """1-based line."""
    sha256: str = Field(pattern=r"^[0-9a-f]{12}$")
    """First 12 hexadecimal digits of the SHA-256 of the line in UTF-8, without its end."""


class Ledger(SpecModel):
    """Everything a `claims.yaml` says."""

    schema_version: Literal[1]
    """Version of this file format."""
    case: str
    """Name of the case, which is its folder's."""
    document: str
    """File name of the document."""
    claims: dict[Name, Claim] = Field(min_length=1)
    """Claims by id."""
    exclusions: tuple[Exclusion, ...] = ()
    """Lines with a number that are no claim."""
    numeric_lines: tuple[NumericLine, ...]
    """Every line of the document that holds a digit, so that none is forgotten."""

    def uncovered(self) -> tuple[int, ...]:
        """Returns the lines with a number that belong to no claim and no exclusion, ascending."""
        judged = {line for claim in self.claims.values() for line in claim.lines}
        covered = judged.union(*(exclusion.lines for exclusion in self.exclusions))
        return tuple(entry.line for entry in self.numeric_lines if entry.line not in covered)


def load_ledger(directory: Path, checks: frozenset[str]) -> Ledger:
    """Returns the claims ledger in a case's folder.

    Args:
        directory: Folder of the case.
        checks: Names of the checks that claims can use.

    Raises:
        InputError: There is none, or it is wrong; all problems at once.
    """
    path = directory / CLAIMS
    if not path.exists():
        problem = Problem(str(path), 0, "", "the case has no claims ledger; got no such file", "Write one.")
        raise InputError([problem])
    return load_model(path, Ledger, lambda ledger: _findings(ledger, checks))


def _findings(ledger: Ledger, checks: frozenset[str]) -> Iterator[Finding]:
    for name, claim in ledger.claims.items():
        if claim.check not in checks:
            near = nearest(claim.check, sorted(checks))
            step = f"Write `{near}`." if near else "Use one of them."
            path = ("claims", name, "check")
            yield Finding(path, "there is no such check", step, shown(claim.check), listed(sorted(checks)))
    for line in ledger.uncovered():
        yield Finding(
            ("numeric_lines",),
            "a line with a number belongs to no claim and no exclusion",
            "Add a claim, or an exclusion with its reason.",
            str(line),
        )
