"""A design compiled to operations, against requests written by hand from DynamoDB's API."""

from pathlib import Path

import pytest

from workbench.schema import compile_schema
from workbench.spec.design import Design
from workbench.spec.loader import load_model

TINY = Path(__file__).parent / "broken" / "design.yaml"


@pytest.fixture(scope="module")
def operations():
    """The operations of the small valid design."""
    return compile_schema(load_model(TINY, Design))


def test_operations_come_in_an_order_that_works(operations):
    """A table is made before it is changed, and tables come in the design's order."""
    assert [(operation.table, operation.api) for operation in operations] == [
        ("Orders", "CreateTable"),
        ("Orders", "UpdateTimeToLive"),
        ("Orders", "RegisterScalableTarget"),
        ("Orders", "PutScalingPolicy"),
        ("Orders", "RegisterScalableTarget"),
        ("Orders", "PutScalingPolicy"),
        ("Visits", "CreateTable"),
    ]


def test_create_table_of_a_provisioned_table(operations):
    """CreateTable has keys, every key attribute once, both kinds of index, and capacities."""
    capacity = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    assert operations[0].request == {
        "TableName": "Orders",
        "AttributeDefinitions": [
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "S"},
            {"AttributeName": "placed", "AttributeType": "S"},
            {"AttributeName": "state", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "PK", "KeyType": "HASH"},
            {"AttributeName": "SK", "KeyType": "RANGE"},
        ],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": capacity,
        "TableClass": "STANDARD",
        "DeletionProtectionEnabled": False,
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "ByState",
                "KeySchema": [
                    {"AttributeName": "state", "KeyType": "HASH"},
                    {"AttributeName": "placed", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]},
                "ProvisionedThroughput": capacity,
            }
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "ByPlaced",
                "KeySchema": [
                    {"AttributeName": "PK", "KeyType": "HASH"},
                    {"AttributeName": "placed", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }


def test_create_table_of_an_on_demand_table(operations):
    """A table that is paid per request has no capacity, and neither have its indexes."""
    request = operations[-1].request
    assert request["BillingMode"] == "PAY_PER_REQUEST"
    assert "ProvisionedThroughput" not in request
    assert all("ProvisionedThroughput" not in index for index in request["GlobalSecondaryIndexes"])
    assert "LocalSecondaryIndexes" not in request


def test_expiry_is_an_operation_of_its_own(operations):
    """The expiry attribute is switched on after the table is there."""
    assert operations[1].request == {
        "TableName": "Orders",
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"},
    }
    assert operations[1].requires == "time-to-live"


def test_scaling_follows_reads_and_writes(operations):
    """Each direction is registered with its bounds and held at the target by a policy."""
    target, policy = operations[2], operations[3]
    assert target.service == policy.service == "application-autoscaling"
    assert target.request == {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/Orders",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        "MinCapacity": 5,
        "MaxCapacity": 50,
    }
    assert policy.request["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
    }
    assert operations[4].request["ScalableDimension"] == "dynamodb:table:WriteCapacityUnits"


def test_index_scales_as_a_resource_of_its_own():
    """A global index with auto scaling has its own resource id and dimension."""
    design = load_model(TINY, Design).model_dump()
    index = design["tables"]["Orders"]["global_secondary_indexes"]["ByState"]
    index["auto_scaling"] = {"max_read_capacity_units": 9, "max_write_capacity_units": 9}
    requests = [operation.request for operation in compile_schema(Design.model_validate(design))]
    found = {request.get("ResourceId"): request.get("ScalableDimension") for request in requests}
    assert found["table/Orders/index/ByState"] == "dynamodb:index:WriteCapacityUnits"


def test_recovery_and_stream_are_asked_for():
    """Point-in-time recovery is an operation, a stream a field of CreateTable."""
    design = load_model(TINY, Design).model_dump()
    design["tables"] = {"Visits": {**design["tables"]["Visits"], "point_in_time_recovery": True}}
    design["tables"]["Visits"]["stream"] = "KEYS_ONLY"
    create, recovery = compile_schema(Design.model_validate(design))
    assert create.request["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert (recovery.api, recovery.requires) == ("UpdateContinuousBackups", "point-in-time-recovery")
    assert recovery.request == {
        "TableName": "Visits",
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
