"""Test data that is not drawn but read from the files of an installed Python package."""

from __future__ import annotations

from pydantic import Field, model_validator

from workbench.spec.base import Name, SpecModel


class Package(SpecModel):
    """A Python package that carries real data in its CSV files."""

    name: str = Field(min_length=1)
    """Name of the distribution, as its registry has it."""
    version: str = Field(min_length=1)
    """The version that the population means; another one is refused."""
    absent: tuple[str, ...] = ("",)
    """How the files write a value that is not there."""


class Referrer(SpecModel):
    """Columns of another table whose values name rows of this one."""

    table: Name
    """A table of which only a part may be kept, by `per_user`."""
    columns: dict[Name, Name] = Field(min_length=1)
    """Header in this file to the header in the other table's file."""


class FileRows(SpecModel):
    """The rows of a file of the package: all, so many for each user, or those that kept rows refer to."""

    file: str = Field(min_length=1)
    """Path of a CSV file, plain or the only one of a .zip, within the installed package."""
    per_user: float | None = Field(default=None, gt=0)
    """Consecutive rows kept for each user, from a place that the seed chooses; all when absent."""
    referred_by: tuple[Referrer, ...] = ()
    """While those tables are not whole, only the rows that they refer to are kept."""

    @model_validator(mode="after")
    def _kept_one_way(self) -> FileRows:
        if self.per_user and self.referred_by:
            raise ValueError("`per_user` and `referred_by` both say which rows are kept. Keep one of them.")
        return self
