"""JSON Schemas of the case files, so that editors complete and check them while they are typed."""

from __future__ import annotations

import json
from typing import Any

from workbench.spec.base import SpecModel
from workbench.spec.kinds import KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: str) -> dict[str, Any]:
    """Returns the JSON Schema of one kind of case file.

    Args:
        kind: A key of `workbench.spec.kinds.KINDS`.
    """
    return model_schema(KINDS[kind])


def model_schema(model: type[SpecModel]) -> dict[str, Any]:
    """Returns the JSON Schema of the files that a model describes."""
    return {"$schema": DIALECT, **model.model_json_schema()}


def json_schema_text(kind: str) -> str:
    """Returns the JSON Schema of one kind of case file as the text that is committed."""
    return schema_text(KINDS[kind])


def schema_text(model: type[SpecModel]) -> str:
    """Returns the JSON Schema of the files that a model describes as the text that is committed."""
    return json.dumps(model_schema(model), indent=2, ensure_ascii=False) + "\n"
