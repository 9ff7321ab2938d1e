"""What a request asks of the order processor: who sends it, the names in its path, its parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from workbench.orders.settings import USERNAME, OrderServiceSettings
from workbench.orders.wish import NAME, Name
from workbench.service.grants import Caller
from workbench.service.house import House, problems_of
from workbench.service.openapi import Schema
from workbench.service.refusals import Malformed

LONGEST_TOKEN, MOST_PRICES = 4096, 100

_is_name = re.compile(NAME, re.ASCII).fullmatch
_is_count = re.compile(r"[0-9]{1,9}", re.ASCII).fullmatch
_in_path = re.compile(r"{(\w+)}").findall


def _single(values: Sequence[str]) -> str:
    """Returns the value of a parameter that may be given once."""
    if len(values) != 1:
        raise ValueError("given more than once")
    return values[0]


def _count(values: Sequence[str]) -> int:
    """Returns a number that is written without sign, space or point."""
    text = _single(values)
    if not _is_count(text):
        raise ValueError("no whole number")
    return int(text)


class Parameters(BaseModel):
    """Parameters of a request: none."""

    model_config = ConfigDict(extra="forbid")


class Turn(Parameters):
    """Which page is asked for."""

    limit: Annotated[int, BeforeValidator(_count)]
    token: Annotated[str, BeforeValidator(_single)] | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_TOKEN,
        description="The `next` of the page before, of the same list.",
    )


class Wanted(Parameters):
    """The assets whose prices are asked for."""

    asset_id: list[Name] = Field(min_length=1, max_length=MOST_PRICES, description="Tickers of assets.")


def turn_model(settings: OrderServiceSettings) -> type[Turn]:
    """Returns the parameters of a page, with the bounds of the settings."""
    page = settings.page
    bounds = Field(
        default=page.records,
        ge=1,
        le=page.most_records,
        description=f"Entries at most, by default {page.records}.",
    )
    return create_model("PageTurn", __base__=Turn, limit=(Annotated[int, BeforeValidator(_count)], bounds))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in and is well formed.

    Args:
        caller: Who sends it.
        names: The names in its path.
        parameters: The rest of its question.
    """

    caller: Caller
    names: dict[str, str]
    parameters: Any


def read(house: House, request: Request, model: type[Parameters]) -> Asked:
    """Returns what a request asks; nothing of it is looked at before its caller is known.

    Args:
        house: Lets callers in.
        request: The request.
        model: What its parameters have to be.

    Raises:
        Unauthenticated: The key is unknown.
        TooMany: The caller asks too often.
        Malformed: A name or parameter is not what it has to be; all problems at once.
        Forbidden: The key does not grant this user.
    """
    caller, names = house.admitted(request), dict(request.path_params)
    problems = [f"{name}: does not match {NAME}." for name, value in names.items() if not _is_name(value)]
    given = {name: request.query_params.getlist(name) for name in request.query_params}
    try:
        parameters = model.model_validate(given)
    except ValidationError as error:
        raise Malformed([*problems, *problems_of(error)]) from error
    if problems:
        raise Malformed(problems)
    if USERNAME in names:
        caller.check(USERNAME, names[USERNAME])
    return Asked(caller, names, parameters)


def described(path: str, model: type[Parameters]) -> list[Schema]:
    """Returns the parameters of an operation as OpenAPI states them.

    Args:
        path: Its path, with names in braces.
        model: Its other parameters.
    """
    name = {"type": "string", "pattern": NAME}
    found: list[Schema] = [
        {"name": part, "in": "path", "required": True, "schema": name} for part in _in_path(path)
    ]
    schema = model.model_json_schema()
    for one, own in schema.get("properties", {}).items():
        needed = one in schema.get("required", ())
        bare = _bare(own)
        text = bare.pop("description", one)
        found.append({"name": one, "in": "query", "required": needed, "schema": bare, "description": text})
    return found


def _bare(schema: Schema) -> Schema:
    """Returns a schema of a value that is there or not, and never null."""
    options = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    kept = {name: value for name, value in schema.items() if name not in {"anyOf", "title", "default"}}
    return {**kept, **(options[0] if options else {})}
