"""What the OpenAPI description of every service says alike: keys, refusals, answers."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from workbench.service.refusals import PROBLEM

Schema = dict[str, Any]

JSON = "application/json"

PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "required": ["title", "status", "problems"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "problems": {"type": "array", "items": {"type": "string"}},
    },
}
REFUSALS = {
    400: "No key answers the question, its token is not valid, or the record cannot be stored",
    401: "The key is missing or unknown",
    403: "The key does not grant this",
    404: "There is nothing under this path",
    409: "What is there already, or what is left, does not allow it",
    413: "The body is too large",
    422: "A parameter or the body is malformed",
    429: "Too many requests; Retry-After says when to come back",
    503: "The table is busy; Retry-After says when to come back",
}
SECURITY: list[dict[str, list[str]]] = [{"ApiKey": []}]
SECURITY_SCHEMES = {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}


def responses(ok: int, content: Schema, *refusals: int) -> dict[int | str, Schema]:
    """Returns the answers of an operation.

    Args:
        ok: Status of success.
        content: Media type to schema of success.
        refusals: Further statuses.
    """
    problem = {PROBLEM: {"schema": PROBLEM_SCHEMA}}
    refused: dict[int | str, Schema] = {
        status: {"description": REFUSALS[status], "content": problem} for status in refusals
    }
    return {ok: {"description": "Success", "content": content}, **refused}


def describe(app: FastAPI) -> None:
    """Lets an application describe itself with its keys."""
    app.openapi = lambda: _description(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _description(app: FastAPI) -> Schema:
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, description=app.description, version=app.version, routes=app.routes
        )
        made.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
        app.openapi_schema = made
    return app.openapi_schema
