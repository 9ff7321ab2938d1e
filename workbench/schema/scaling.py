"""Requests that make capacity follow the load: a target and a policy for each resource."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.spec.design import AutoScaling, ProvisionedThroughput, SecondaryIndex, Table

Request = dict[str, Any]


class Dimension(NamedTuple):
    """One capacity that can follow the load.

    Args:
        resource: The resource id, such as `table/Orders`.
        name: The scalable dimension, such as `dynamodb:table:ReadCapacityUnits`.
        metric: The metric that the policy holds at its target.
        low: Least capacity [RCU or WCU].
        high: Most capacity [RCU or WCU].
        target_percent: Share of the capacity in use that is aimed at [%].
    """

    resource: str
    name: str
    metric: str
    low: int
    high: int
    target_percent: int


def auto_scaling_requests(name: str, table: Table) -> Iterator[tuple[str, Request]]:
    """Yields the name and the fields of each request to Application Auto Scaling for one table.

    Source: dg-autoscaling
    """
    for dimension in _dimensions(name, table):
        yield "RegisterScalableTarget", _target(dimension)
        yield "PutScalingPolicy", _policy(dimension)


def _dimensions(name: str, table: Table) -> Iterator[Dimension]:
    yield from _of(f"table/{name}", "table", table)
    for index_name, index in table.global_secondary_indexes.items():
        yield from _of(f"table/{name}/index/{index_name}", "index", index)


def _of(resource: str, kind: str, holder: Table | SecondaryIndex) -> Iterator[Dimension]:
    if holder.auto_scaling and holder.provisioned_throughput:
        yield from _both(resource, kind, holder.auto_scaling, holder.provisioned_throughput)


def _both(
    resource: str, kind: str, scaling: AutoScaling, least: ProvisionedThroughput
) -> Iterator[Dimension]:
    bounds = {
        "Read": (least.read_capacity_units, scaling.max_read_capacity_units),
        "Write": (least.write_capacity_units, scaling.max_write_capacity_units),
    }
    for direction, (low, high) in bounds.items():
        yield Dimension(
            resource,
            f"dynamodb:{kind}:{direction}CapacityUnits",
            f"DynamoDB{direction}CapacityUtilization",
            low,
            high,
            scaling.target_utilization_percent,
        )


def _target(dimension: Dimension) -> Request:
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": dimension.resource,
        "ScalableDimension": dimension.name,
        "MinCapacity": dimension.low,
        "MaxCapacity": dimension.high,
    }


def _policy(dimension: Dimension) -> Request:
    tracking = {
        "TargetValue": float(dimension.target_percent),
        "PredefinedMetricSpecification": {"PredefinedMetricType": dimension.metric},
    }
    return {
        "PolicyName": f"{dimension.metric}:{dimension.resource}",
        "ServiceNamespace": "dynamodb",
        "ResourceId": dimension.resource,
        "ScalableDimension": dimension.name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracking,
    }
