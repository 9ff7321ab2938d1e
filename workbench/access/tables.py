"""Runs the operations of a design on an engine and describes what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.engines import DynamoEngine
from workbench.errors import EngineError
from workbench.schema.compile import Operation, compile_schema
from workbench.schema.state import TableState, described_state
from workbench.spec.design import Design

WAITER = {"Delay": 1, "MaxAttempts": 120}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation.

    Args:
        operation: The operation.
        not_applied: Why the engine could not take it; empty when it was applied.
    """

    operation: Operation
    not_applied: str = ""

    def __str__(self) -> str:
        verdict = f"not applied: {self.not_applied}" if self.not_applied else "applied"
        return f"{self.operation.table}: {self.operation.api}: {verdict}"


def apply_schema(
    design: Design, engine: DynamoEngine, *, done: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Makes the tables of a design and returns what became of each operation.

    Args:
        design: The design.
        engine: An open engine without these tables.
        done: Called after each operation, for showing progress.

    Raises:
        EngineError: The engine refused an operation; names table and request.
    """
    outcomes: list[Outcome] = []
    for operation in compile_schema(design):
        for outcome in (run_operation(operation, engine), *_unheeded(operation, engine)):
            outcomes.append(outcome)
            done(outcome)
    return outcomes


UNHEEDED = {
    "TableClass": ("table-class", "STANDARD"),
    "DeletionProtectionEnabled": ("deletion-protection", False),
}
"""Field of CreateTable to the capability without which an engine passes it over, and its default."""


def _unheeded(operation: Operation, engine: DynamoEngine) -> Iterator[Outcome]:
    """Yields the fields of an operation that the engine accepts and passes over."""
    if operation.api != "CreateTable":
        return
    for name, (capability, default) in UNHEEDED.items():
        asked, reason = operation.request[name], engine.lacks(capability)
        if reason and asked != default:
            part = Operation(f"CreateTable.{name}", operation.table, {name: asked}, capability)
            yield Outcome(part, reason)


def lack(operation: Operation, engine: DynamoEngine) -> str:
    """Returns why an engine cannot take an operation; empty when it can."""
    reason = engine.lacks(operation.requires) if operation.requires else ""
    if not reason and operation.service != "dynamodb":
        return f"{operation.service} is a service of its own; send the printed operation to it"
    return reason


def run_operation(operation: Operation, engine: DynamoEngine) -> Outcome:
    """Sends an operation unless the engine lacks what it needs, and returns what became of it.

    Raises:
        EngineError: The engine refused it; names table and request.
    """
    reason = lack(operation, engine)
    if not reason:
        _send(operation, engine.client)
    return Outcome(operation, reason)


def _send(operation: Operation, client: Any) -> None:
    methods = {
        "CreateTable": client.create_table,
        "UpdateTable": client.update_table,
        "UpdateTimeToLive": client.update_time_to_live,
        "UpdateContinuousBackups": client.update_continuous_backups,
    }
    try:
        methods[operation.api](**operation.request)
        if operation.api == "CreateTable":
            client.get_waiter("table_exists").wait(TableName=operation.table, WaiterConfig=WAITER)
    except client.exceptions.ClientError as error:
        raise _refused(operation.api, operation.table, error) from error


def _refused(api: str, table: str, error: Any) -> EngineError:
    detail = error.response["Error"]
    if detail["Code"] == "ResourceInUseException" and api == "CreateTable":
        return EngineError(
            f"{table}: CreateTable: the table exists. Drop it, or compare it with `schema diff`."
        )
    return EngineError(f"{table}: {api}: the engine refused it: {detail['Code']}: {detail['Message']}")


def describe(design: Design, engine: DynamoEngine) -> tuple[TableState, ...]:
    """Returns the state of those tables of a design that exist, as the engine describes them."""
    return tuple(state for name in design.tables if (state := _describe(name, engine)))


def _describe(name: str, engine: DynamoEngine) -> TableState | None:
    client = engine.client
    try:
        table = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None
    unknown = _unknown(engine)
    expiry = backups = None
    if "time_to_live" not in unknown:
        expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if "point_in_time_recovery" not in unknown:
        backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return described_state(table, expiry, backups, unknown)


FACT_CAPABILITIES = {
    "time_to_live": "time-to-live",
    "point_in_time_recovery": "point-in-time-recovery",
    "table_class": "table-class",
    "deletion_protection": "deletion-protection",
}
"""Fact of a table to the capability without which an engine cannot tell it."""


def _unknown(engine: DynamoEngine) -> dict[str, str]:
    reasons = {fact: engine.lacks(capability) for fact, capability in FACT_CAPABILITIES.items()}
    return {fact: reason for fact, reason in reasons.items() if reason}


def drop_tables(design: Design, engine: DynamoEngine) -> tuple[str, ...]:
    """Deletes those tables of a design that exist and returns their names.

    Raises:
        EngineError: A table is protected against deletion.
    """
    return tuple(name for name in _existing(design.tables, engine) if _dropped(name, engine.client))


def lift_protection(design: Design, engine: DynamoEngine) -> None:
    """Lets those tables of a design that exist be deleted."""
    for name in _existing(design.tables, engine):
        engine.client.update_table(TableName=name, DeletionProtectionEnabled=False)


def _existing(names: Iterable[str], engine: DynamoEngine) -> list[str]:
    pages = engine.client.get_paginator("list_tables").paginate()
    existing = {name for page in pages for name in page["TableNames"]}
    return [name for name in names if name in existing]


def _dropped(name: str, client: Any) -> bool:
    try:
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig=WAITER)
    except client.exceptions.ClientError as error:
        raise _refused("DeleteTable", name, error) from error
    return True
