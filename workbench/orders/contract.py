"""The order processor's interface as OpenAPI states it, made from the design."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from workbench.orders.service import SECRET
from workbench.service.openapi import JSON, SECURITY, Schema, responses
from workbench.spec.design import Design

REFUSALS = (401, 403, 422, 429, 503)
VALUED: Schema = {
    "price": {"type": "string", "description": "Last price [USD]"},
    "value_usd": {"type": "string", "description": "Quantity times price, to the cent [USD]"},
}


def entity_schema(design: Design, *entities: str, more: Schema | None = None) -> Schema:
    """Returns what an entry is that is an item of one of some entities.

    Args:
        design: The design.
        entities: Their names.
        more: Further members.
    """
    members: Schema = dict(more or {})
    for entity in entities:
        for name, attribute in design.entities[entity].attributes.items():
            if name not in SECRET:
                kind = "boolean" if attribute.type == "BOOL" else "string"
                members.setdefault(name, {"type": kind, "description": attribute.description or name})
    return {"type": "object", "properties": members, "additionalProperties": False}


def page_schema(entry: Schema) -> Schema:
    """Returns what a page of a list is."""
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": entry},
            "next": {"type": ["string", "null"], "description": "Continuation token; null at the end."},
        },
        "additionalProperties": False,
    }


def says(
    path: str, parameters: list[Schema], schema: Schema, *refusals: int, ok: int = 200
) -> dict[str, Any]:
    """Returns what the description says of an operation.

    Args:
        path: Its path, with names in braces.
        parameters: What it takes.
        schema: Of its answer.
        refusals: Statuses beside those that every operation can have.
        ok: Status of success.
    """
    missing = (404,) if "{" in path else ()
    return {
        "responses": responses(ok, {JSON: {"schema": schema}}, *REFUSALS, *missing, *refusals),
        "openapi_extra": {"security": SECURITY, "parameters": parameters},
        "response_class": Response,
        "status_code": ok,
    }
