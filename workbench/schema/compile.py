"""Compiles a design into the requests that make its tables, as data that can be printed, run or tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.schema.scaling import auto_scaling_requests
from workbench.spec.design import (
    Design,
    KeyAttribute,
    Projection,
    ProvisionedThroughput,
    SecondaryIndex,
    Table,
)

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One request to a service, not yet sent.

    Args:
        api: The name of the request, such as `CreateTable`.
        table: The table that it makes or changes.
        request: The request's fields, as boto3 takes them.
        requires: The capability that an engine needs for it; None when every engine has it.
        service: The service's name as boto3 calls it.
    """

    api: str
    table: str
    request: Request
    requires: str | None = None
    service: str = "dynamodb"


def compile_schema(design: Design) -> tuple[Operation, ...]:
    """Returns the operations that make all tables of a design, in an order that works.

    Source: api-create-table
    """
    return tuple(operation for name, table in design.tables.items() for operation in _operations(name, table))


def _operations(name: str, table: Table) -> Iterator[Operation]:
    yield Operation("CreateTable", name, create_table_request(name, table))
    if table.time_to_live:
        specification = {"Enabled": True, "AttributeName": table.time_to_live}
        request = {"TableName": name, "TimeToLiveSpecification": specification}
        yield Operation("UpdateTimeToLive", name, request, requires="time-to-live")
    if table.point_in_time_recovery:
        recovery = {"PointInTimeRecoveryEnabled": True}
        request = {"TableName": name, "PointInTimeRecoverySpecification": recovery}
        yield Operation("UpdateContinuousBackups", name, request, requires="point-in-time-recovery")
    for api, request in auto_scaling_requests(name, table):
        yield Operation(api, name, request, requires="auto-scaling", service="application-autoscaling")


def create_table_request(name: str, table: Table) -> Request:
    """Returns the CreateTable request of one table.

    Args:
        name: The table's name.
        table: The table as the design states it.
    """
    request: Request = {
        "TableName": name,
        "AttributeDefinitions": attribute_definitions(table),
        "KeySchema": key_schema(table.partition_key, table.sort_key),
        "BillingMode": table.billing_mode,
        "TableClass": table.table_class,
        "DeletionProtectionEnabled": table.deletion_protection,
        **_throughput(table.provisioned_throughput),
    }
    if table.global_secondary_indexes:
        request["GlobalSecondaryIndexes"] = _indexes(table.global_secondary_indexes.items())
    if table.local_secondary_indexes:
        request["LocalSecondaryIndexes"] = _indexes(table.local_secondary_indexes.items())
    if table.stream:
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream}
    return request


def attribute_definitions(table: Table) -> list[dict[str, str]]:
    """Returns each key attribute of a table and its indexes once, by name."""
    holders: list[Table | SecondaryIndex] = [table]
    holders += [*table.global_secondary_indexes.values(), *table.local_secondary_indexes.values()]
    keys = [key for holder in holders for key in (holder.partition_key, holder.sort_key) if key]
    types = {key.name: key.type for key in keys}
    return [{"AttributeName": name, "AttributeType": types[name]} for name in sorted(types)]


def key_schema(partition: KeyAttribute, sort: KeyAttribute | None) -> list[dict[str, str]]:
    """Returns the key schema of a table or index."""
    schema = [{"AttributeName": partition.name, "KeyType": "HASH"}]
    return [*schema, {"AttributeName": sort.name, "KeyType": "RANGE"}] if sort else schema


def _throughput(throughput: ProvisionedThroughput | None) -> Request:
    if throughput is None:
        return {}
    units = {
        "ReadCapacityUnits": throughput.read_capacity_units,
        "WriteCapacityUnits": throughput.write_capacity_units,
    }
    return {"ProvisionedThroughput": units}


def _projection(projection: Projection) -> Request:
    if projection.type != "INCLUDE":
        return {"ProjectionType": projection.type}
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(projection.non_key_attributes)}


def _indexes(indexes: Iterable[tuple[str, SecondaryIndex]]) -> list[Request]:
    return [
        {
            "IndexName": name,
            "KeySchema": key_schema(index.partition_key, index.sort_key),
            "Projection": _projection(index.projection),
            **_throughput(index.provisioned_throughput),
        }
        for name, index in indexes
    ]
