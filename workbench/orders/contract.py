"""The order processor's interface as OpenAPI states it, made from the design."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from workbench.orders.service import SECRET
from workbench.service.openapi import JSON, SECURITY, Schema, responses
from workbench.spec.design import Design

REFUSALS = (401, 403, 422, 429, 503)
TEXTS = {
    "user": "The account of a user, without what is secret.",
    "balance": "The cash of a user as it is now [USD].",
    "asset": "An asset with its description.",
    "order": "An order of a user.",
    "holdings": "How much a user has of each asset, by asset.",
    "orders": "The orders of a user, newest first.",
    "orders_of_asset": "The orders of a user in one asset, newest first.",
    "transactions": "Every movement of a user's cash, newest first.",
    "users": "All users by name, for keys that are bound to none.",
    "assets": "The tradable assets of a category, by ticker.",
    "portfolio": "The cash of a user, then each holding with its last price and value [USD].",
    "prices": "The last prices of assets by ticker; one without a price is missing.",
    "trade": "Buys or sells at the last price; sent again with the same order_id it is carried out once.",
}
"""Name of an operation to what it does."""

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
    name: str, path: str, parameters: list[Schema], schema: Schema, *refusals: int, ok: int = 200
) -> dict[str, Any]:
    """Returns what the description says of an operation.

    Args:
        name: Its name.
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
        "name": name,
        "description": TEXTS[name],
        "response_class": Response,
        "status_code": ok,
    }
