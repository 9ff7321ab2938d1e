"""The reference of all fields of the case files, as Markdown made from the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.spec.json_schema import json_schema

HEAD = """# Design reference

Every field of the files of a case. This page is made from the models by
`workbench check --reference`; the same text stands in the JSON Schemas that editors read.

Keys of a table in *italics* are required.
"""

FILES = {
    "design": "The tables, entities and access patterns of a case.",
    "workload": "The traffic of a case and the assumptions behind it.",
    "mapping": "How rows become items.",
    "population": "How test data is drawn.",
    "migration": "The plan that a move follows, and what the case's document adds to it.",
    "plan": "A move in phases, in data/plans.",
}


def reference() -> str:
    """Returns the reference of all case files as Markdown."""
    return "\n".join([HEAD, *(line for kind in FILES for line in _file(kind))])


def _file(kind: str) -> Iterator[str]:
    schema = json_schema(kind)
    yield f"## {kind}.yaml\n"
    yield f"{FILES[kind]}\n"
    yield from _fields(schema)
    for name, definition in sorted(schema.get("$defs", {}).items()):
        yield f"### {name}\n"
        yield f"{_sentence(definition)}\n"
        yield from _fields(definition)


def _sentence(schema: dict[str, Any]) -> str:
    return " ".join(str(schema.get("description", "")).split())


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    yield "| field | value | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in schema.get("properties", {}).items():
        shown = f"*{name}*" if name in required else name
        cells = (shown, _kind(field), _default(field), _sentence(field))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    return "" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _kind(field: dict[str, Any]) -> str:
    """Returns what a field takes, such as `a list of text`."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in field:
            members = [_kind(member) for member in field[several] if member.get("type") != "null"]
            return " or ".join(dict.fromkeys(members))
    if "const" in field or "enum" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    return _simple(field)


def _simple(field: dict[str, Any]) -> str:
    kind = field.get("type", "any value")
    if kind == "array":
        return f"list of {_kind(field.get('items', {}))}"
    if kind == "object":
        inside: dict[str, Any] = field.get("additionalProperties") or next(
            iter(field.get("patternProperties", {}).values()), {}
        )
        return f"mapping of name to {_kind(inside)}"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    return f"{words.get(kind, kind)}{_bounds(field)}"


def _bounds(field: dict[str, Any]) -> str:
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    found = [f"{text} {field[name]:g}" for name, text in words.items() if name in field]
    return f", {' and '.join(found)}" if found else ""
