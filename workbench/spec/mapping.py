"""How rows become items, as `mapping.yaml` states it; the keys and types are the design's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.spec.base import Name, SpecModel


class EntityMapping(SpecModel):
    """The rows of one entity."""

    query: str = Field(min_length=10)
    """SELECT whose columns are named like the entity's attributes, one row an item."""
    key: Name = "id"
    """A unique, ascending integer column of the query, by which the rows are cut into chunks."""
    empty_strings: Literal["keep", "omit"] = "keep"
    """Whether an empty string is stored or left out; a NULL is always left out."""


class Mapping(SpecModel):
    """Everything a `mapping.yaml` says."""

    schema_version: Literal[1]
    """Version of this file format."""
    case: str
    """Name of the case, which is its folder's."""
    entities: dict[Name, EntityMapping]
    """Entity of the design to its rows."""
