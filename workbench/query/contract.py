"""The interface as OpenAPI states it, made from the settings and the design."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from workbench.items.codec import attribute_format
from workbench.query.question import FLAGS, LONGEST_TOKEN
from workbench.query.settings import EqualField, FilterField, ServiceSettings
from workbench.service.openapi import Schema
from workbench.spec.design import Attribute, Design
from workbench.spec.templates import placeholders

CARRIED = "Attributes of the answer, comma between; by default all that the table or index has that is read."
LONGEST_KEY_PART = 200
"""Text that becomes part of a key at most [characters]."""


def _equal(field: EqualField) -> Schema:
    return {"type": "string", "pattern": field.pattern}


def _filter(field: FilterField) -> Schema:
    if field.minimum is not None:
        return {"type": "integer", "minimum": field.minimum, "maximum": field.maximum}
    one: Schema = {"type": "string"}
    if field.values:
        one["enum"] = list(field.values)
    if field.pattern:
        one["pattern"] = field.pattern
    return {"type": "array", "items": one, "minItems": 1} if field.operator == "in" else one


def _parameter(name: str, schema: Schema, text: str, **more: Any) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": text, **more}


def parameters(settings: ServiceSettings, design: Design, *, export: bool) -> list[Schema]:
    """Returns the parameters of a page or of an export."""
    names = list(design.entities[settings.entity].attributes)
    found = [_parameter(name, _equal(field), field.description) for name, field in settings.equal.items()]
    found += _range(settings)
    found += [_parameter(name, _filter(field), field.description) for name, field in settings.filters.items()]
    sorts = [sign + name for name in settings.sorts for sign in ("", "-")]
    order = f"Order; a minus for the greatest first. By default -{settings.sorts[0]}; a scan has none."
    found.append(_parameter("sort", {"type": "string", "enum": sorts}, order))
    fields = {"type": "array", "minItems": 1, "items": {"type": "string", "enum": names}}
    found.append(_parameter("fields", fields, CARRIED, style="form", explode=False))
    found += _paging(settings, export=export)
    return found


def _range(settings: ServiceSettings) -> Iterator[Schema]:
    moment = {"type": "string", "format": "date-time"}
    name = settings.range.attribute
    yield _parameter(settings.range.since, moment, f"{name} not before this moment; a plus is written %2B.")
    yield _parameter(settings.range.until, moment, f"{name} before this moment, which is not included.")


def _paging(settings: ServiceSettings, *, export: bool) -> Iterator[Schema]:
    most = {"type": "integer", "minimum": 1, "maximum": settings.page.most_records}
    yield _parameter(
        "limit", most, f"Records of a page, by default {settings.page.records}; it may have fewer."
    )
    token = {"type": "string", "minLength": 1, "maxLength": LONGEST_TOKEN}
    valid = (
        f"The `next` of the page before, with the same question, for {settings.page.token_minutes} minutes."
    )
    yield _parameter("token", token, valid)
    texts = ("Read the whole table page by page where no key helps.", "Tell how the question is answered.")
    for name, text in zip(FLAGS, texts, strict=True):
        yield _parameter(name, {"type": "boolean"}, text)
    if export:
        cap = {"type": "integer", "minimum": 1, "maximum": settings.concatenation.most_records}
        yield _parameter("most", cap, "Records of the export at most.")


_JSON_TYPES: dict[str, Schema] = {
    "S": {"type": "string"},
    "N": {"type": "number"},
    "BOOL": {"type": "boolean"},
    "M": {"type": "object"},
    "L": {"type": "array"},
    "SS": {"type": "array", "items": {"type": "string"}},
    "NS": {"type": "array", "items": {"type": "number"}},
}


def record_schema(settings: ServiceSettings, design: Design) -> Schema:
    """Returns what a record of an answer is."""
    attributes = design.entities[settings.entity].attributes
    members = {
        name: {**_JSON_TYPES[attribute.type], "description": attribute.description or name}
        for name, attribute in attributes.items()
    }
    return {"type": "object", "properties": members, "additionalProperties": False}


def page_schema(settings: ServiceSettings, design: Design) -> Schema:
    """Returns what a page is."""
    return {
        "type": "object",
        "required": ["items", "count", "next"],
        "properties": {
            "items": {"type": "array", "items": record_schema(settings, design)},
            "count": {"type": "integer", "minimum": 0},
            "next": {"type": ["string", "null"], "description": "Continuation token; null at the end."},
            "explain": {"type": "object", "description": "The plan, where explain=true asked for it."},
        },
        "additionalProperties": False,
    }


def _whole(value: object) -> object:
    """Returns 3 for 3.0, which JSON does not tell apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_WHOLE = Annotated[int, BeforeValidator(_whole)]


def _field_type(attribute: Attribute, settings: ServiceSettings, name: str) -> Any:
    form = attribute_format(attribute)
    filters = [f for f in settings.filters.values() if f.attribute == name]
    values = next((f.values for f in filters if f.values), ())
    if values:
        return Literal[values]
    if form == "timestamp":
        return AwareDatetime
    kinds = {"N": _WHOLE if form == "integer" else float, "BOOL": bool, "M": dict[str, Any], "L": list[Any]}
    return kinds.get(attribute.type, str)


def _bounds(settings: ServiceSettings, name: str) -> dict[str, Any]:
    if name in settings.equal:
        return {"pattern": settings.equal[name].pattern}
    filters = [f for f in settings.filters.values() if f.attribute == name and f.minimum is not None]
    return {"ge": filters[0].minimum, "le": filters[0].maximum} if filters else {}


def _field(settings: ServiceSettings, name: str, attribute: Attribute, *, needed: bool) -> tuple[Any, Any]:
    """Returns type and bounds of a member of a record."""
    kind, bounds = _field_type(attribute, settings, name), _bounds(settings, name)
    if not needed:
        return kind | None, Field(default=None, **bounds)
    if kind is str and not bounds:
        bounds = {"min_length": 1, "max_length": LONGEST_KEY_PART}
    return kind, Field(**bounds)


def record_model(settings: ServiceSettings, design: Design) -> type[BaseModel]:
    """Returns the model of a record that is added: what keys are made of must be there."""
    entity = design.entities[settings.entity]
    templates = [*entity.keys.values(), *(t for i in entity.index_keys.values() for t in i.keys.values())]
    needed = {name for template in templates for name in placeholders(template)} | set(settings.granted)
    fields: dict[str, Any] = {
        name: _field(settings, name, attribute, needed=name in needed)
        for name, attribute in entity.attributes.items()
    }
    return create_model("NewRecord", __config__=ConfigDict(extra="forbid", strict=True), **fields)
