"""Reads a file of requests, each line `{"id", "table", "operation", "actions"}`, and predicts their units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import InputError, Problem
from workbench.model.action_json import ActionReader
from workbench.model.actions import Action
from workbench.model.attribute_json import Reader
from workbench.model.dialects import Dialect
from workbench.model.json_text import Malformed, numbered_lines, strict_json
from workbench.model.operations import OPERATIONS
from workbench.model.predict import predict
from workbench.model.table import TableShape
from workbench.model.table_json import read_table
from workbench.spec.findings import Finding, dotted

FIELDS = ("id", "table", "operation", "actions")


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a file.

    Args:
        id: What the file calls it; any JSON value.
        table: The table that it reads or writes.
        operation: The API call.
        actions: Its members.
    """

    id: Any
    table: TableShape
    operation: str
    actions: Sequence[Action]


def predictions(content: bytes, file: str, dialect: Dialect) -> list[dict[str, Any]]:
    """Returns what each request of a file consumes, as `{"id", "consumed"}`.

    Args:
        content: The bytes of the file.
        file: Its path as the user gave it.
        dialect: The service's differences.

    Raises:
        InputError: Some lines are wrong; all problems of all lines.
    """
    results: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for line, text in numbered_lines(content, file):
        request, found = read_request(text, file, line)
        problems += found
        if request and not problems:
            consumed = predict(request.table, request.operation, request.actions, dialect)
            results.append({"id": request.id, "consumed": consumed.as_flat()})
    if problems:
        raise InputError(problems)
    return results


def read_request(text: str, file: str, line: int) -> tuple[Request | None, list[Problem]]:
    """Returns the request of one line, or all its problems.

    Args:
        text: The line.
        file: The file's path as the user gave it.
        line: 1-based number of the line.
    """
    findings: list[Finding] = []
    request = _request(text, findings)
    problems = [Problem(file, line, dotted(f.path), f.message, f.next_step) for f in findings]
    return (None if problems else request), problems


def _request(text: str, findings: list[Finding]) -> Request | None:
    reader = Reader(findings)
    try:
        raw = strict_json(text)
    except Malformed as error:
        reader.wrong((), str(error), "Write one JSON object a line.")
        return None
    if not isinstance(raw, dict):
        reader.wrong((), "is not an object", "Write one JSON object a line.", raw)
        return None
    _check_fields(raw, reader)
    table = read_table(raw["table"], ("table",), reader) if "table" in raw else None
    operation = _operation(raw, reader)
    if table is None or operation is None or "actions" not in raw:
        return None
    actions = ActionReader(reader, table, operation).actions(raw["actions"])
    return Request(raw.get("id"), table, operation, actions)


def _check_fields(raw: dict[str, Any], reader: Reader) -> None:
    for name in raw:
        if name not in FIELDS:
            reader.wrong((name,), "is no field of a request", "Remove it.", allowed=", ".join(FIELDS))
    for name in FIELDS:
        if name not in raw:
            reader.wrong((name,), "is missing", f"Give each line {', '.join(FIELDS)}.")


def _operation(raw: dict[str, Any], reader: Reader) -> str | None:
    operation = raw.get("operation")
    if isinstance(operation, str) and operation in OPERATIONS:
        return operation
    if "operation" in raw:
        allowed = ", ".join(OPERATIONS)
        reader.wrong(("operation",), "is no API call", "Use the call's name.", operation, allowed)
    return None
