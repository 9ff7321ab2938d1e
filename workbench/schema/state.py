"""The state of a table as flat facts, the same whether a design states them or an engine describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.schema.compile import create_table_request
from workbench.spec.design import Design, Table

Facts = dict[str, str]
"""Dotted name of a fact to its text, such as `billing_mode` to `PROVISIONED`."""

Description = Mapping[str, Any]
"""The answer of DescribeTable and its companions, as boto3 gives it."""


@dataclass(frozen=True, slots=True)
class TableState:
    """What is known of one table.

    Args:
        name: The table's name.
        facts: What holds for it; two states are equal when their facts are.
        unknown: Facts that the engine cannot tell, with the reason.
    """

    name: str
    facts: Facts
    unknown: Mapping[str, str]


def desired_state(design: Design) -> tuple[TableState, ...]:
    """Returns the state of all tables as the design states them, in the design's order."""
    return tuple(TableState(name, _desired(name, table), {}) for name, table in design.tables.items())


def _desired(name: str, table: Table) -> Facts:
    facts = _facts(create_table_request(name, table))
    facts["time_to_live"] = table.time_to_live or "off"
    facts["point_in_time_recovery"] = _switch(on=table.point_in_time_recovery)
    return facts


def described_state(
    table: Description,
    time_to_live: Description | None,
    backups: Description | None,
    unknown: Mapping[str, str],
) -> TableState:
    """Returns the state of a table as an engine describes it.

    Args:
        table: The `Table` of DescribeTable.
        time_to_live: The `TimeToLiveDescription`; None when the engine has none.
        backups: The `ContinuousBackupsDescription`; None when the engine has none.
        unknown: Facts that the engine cannot tell, with the reason.
    """
    request = {**table, "BillingMode": _billing_mode(table), "TableClass": _table_class(table)}
    facts = _facts(request)
    if time_to_live is not None:
        facts["time_to_live"] = _time_to_live(time_to_live)
    if backups is not None:
        recovery = backups.get("PointInTimeRecoveryDescription", {})
        facts["point_in_time_recovery"] = _switch(on=recovery.get("PointInTimeRecoveryStatus") == "ENABLED")
    known = {name: text for name, text in facts.items() if name not in unknown}
    return TableState(table["TableName"], known, dict(unknown))


def _switch(*, on: bool) -> str:
    return "on" if on else "off"


def _billing_mode(table: Description) -> str:
    """Returns the billing mode, which is left out for a table that has always been provisioned."""
    mode: str = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    return mode


def _table_class(table: Description) -> str:
    name: str = table.get("TableClassSummary", {}).get("TableClass", "STANDARD")
    return name


def _time_to_live(description: Description) -> str:
    active = description.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    return str(description["AttributeName"]) if active else "off"


def _facts(request: Description) -> Facts:
    provisioned = request["BillingMode"] == "PROVISIONED"
    facts = {
        **dict(_keys("", request)),
        **dict(_attribute_types(request)),
        "billing_mode": str(request["BillingMode"]),
        "table_class": str(request["TableClass"]),
        "deletion_protection": _switch(on=request.get("DeletionProtectionEnabled", False)),
        "stream": _stream(request.get("StreamSpecification") or {}),
    }
    if provisioned:
        facts |= dict(_throughput("", request))
    facts |= dict(_indexes("global_secondary_indexes", request, provisioned=provisioned))
    return facts | dict(_indexes("local_secondary_indexes", request, provisioned=False))


def _keys(prefix: str, holder: Description) -> Iterator[tuple[str, str]]:
    names = {element["KeyType"]: element["AttributeName"] for element in holder["KeySchema"]}
    yield f"{prefix}partition_key", names["HASH"]
    yield f"{prefix}sort_key", names.get("RANGE", "none")


def _attribute_types(request: Description) -> Iterator[tuple[str, str]]:
    for definition in request["AttributeDefinitions"]:
        yield f"key_types.{definition['AttributeName']}", definition["AttributeType"]


def _stream(specification: Description) -> str:
    return str(specification["StreamViewType"]) if specification.get("StreamEnabled") else "off"


def _throughput(prefix: str, holder: Description) -> Iterator[tuple[str, str]]:
    throughput = holder["ProvisionedThroughput"]
    yield f"{prefix}read_capacity_units", str(throughput["ReadCapacityUnits"])
    yield f"{prefix}write_capacity_units", str(throughput["WriteCapacityUnits"])


def _projection(projection: Description) -> str:
    names = ", ".join(sorted(projection.get("NonKeyAttributes", ())))
    return f"{projection['ProjectionType']} ({names})" if names else str(projection["ProjectionType"])


def _indexes(kind: str, request: Description, *, provisioned: bool) -> Iterator[tuple[str, str]]:
    for index in request.get(kind_field(kind)) or ():
        prefix = f"{kind}.{index['IndexName']}."
        own = dict(_keys(prefix, index))
        if kind == "local_secondary_indexes":
            del own[f"{prefix}partition_key"]
        yield from own.items()
        yield f"{prefix}projection", _projection(index["Projection"])
        if provisioned:
            yield from _throughput(prefix, index)


def kind_field(kind: str) -> str:
    """Returns the name of a request's field for a fact's name.

    >>> kind_field("local_secondary_indexes")
    'LocalSecondaryIndexes'
    """
    return "".join(word.capitalize() for word in kind.split("_"))
