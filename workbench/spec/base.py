"""The rules every specification model obeys, and the small types they share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scalar = str | int | float | bool | None
"""A literal in a YAML file; a string may hold `{placeholders}`."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=255)]
"""An identifier: of a pattern, an entity, a parameter or an assumption."""

AttributeName = Annotated[str, Field(min_length=1, max_length=255)]
"""The name of an attribute of an item, as DynamoDB limits it for keys [characters]."""

TableName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]
"""A table or index name, as DynamoDB limits it."""

KeyType = Literal["S", "N", "B"]


class SpecModel(BaseModel):
    """A frozen model that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Source(SpecModel):
    """Where a statement comes from: a line of the document, or a reason why it was reconstructed."""

    line: int | None = Field(default=None, ge=1)
    """1-based line of the case's document."""
    reconstructed: str | None = Field(default=None, min_length=10)
    """Why this had to be filled in, in a sentence."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Source:
        if (self.line is None) == (self.reconstructed is None):
            raise ValueError("needs either `line` or `reconstructed`, not both. Keep the one that is true.")
        return self
