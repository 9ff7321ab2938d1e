"""Requests as data: one exact example an operation, over a small design of a shop."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from workbench.access.requests import RequestMaker

from .access_shop import KEY, design, only, requests

PLACED = dt.datetime(2044, 2, 29, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-2)))
"""In UTC it is the next day, 01:30."""


def test_get_item_names_projected_attributes_behind_placeholders():
    """A GetItem renders the key and hides reserved words such as `status`."""
    pattern = {"operation": "GetItem", "key": KEY, "attributes": ["status", "total"], "consistent_read": True}
    assert requests(pattern, shop_id=7, order_id="a") == [
        (
            "GetItem",
            {
                "TableName": "Shop-Main",
                "Key": {"PK": {"S": "SHOP#00007"}, "SK": {"S": "ORDER#a"}},
                "ConsistentRead": True,
                "ProjectionExpression": "#n0, #n1",
                "ExpressionAttributeNames": {"#n0": "status", "#n1": "total"},
                "ReturnConsumedCapacity": "INDEXES",
            },
        )
    ]


def test_batch_get_item_asks_for_each_key_once_and_for_at_most_100_a_call():
    """205 elements with 5 repeated keys become calls of 100 and 100 keys."""
    pattern = {"operation": "BatchGetItem", "key": KEY, "for_each": ["order_id"]}
    orders = [str(number) for number in range(200)] + ["0", "1", "2", "3", "4"]
    found = requests(pattern, shop_id=1, order_id=orders)
    asked = [arguments["RequestItems"]["Shop-Main"]["Keys"] for _, arguments in found]
    assert [len(keys) for keys in asked] == [100, 100]
    assert [key["SK"]["S"] for keys in asked for key in keys] == [f"ORDER#{n}" for n in range(200)]
    assert found[0][1]["ReturnConsumedCapacity"] == "INDEXES"


def test_query_of_an_index_types_its_sort_key_and_keeps_limit_and_direction():
    """The sort key of an index is a number here, so the compared parameter becomes one."""
    pattern = {
        "operation": "Query",
        "index": "ByStatus",
        "partition": {"StatusPK": "STATUS#{status}"},
        "sort": {"attribute": "StatusSK", "operator": ">=", "value": "{total}"},
        "ascending": False,
        "limit": 3,
    }
    assert only(pattern, status="paid", total=Decimal("12.50")) == {
        "TableName": "Shop-Main",
        "IndexName": "ByStatus",
        "ConsistentRead": False,
        "KeyConditionExpression": "#n0 = :v0 AND #n1 >= :v1",
        "ScanIndexForward": False,
        "Limit": 3,
        "ExpressionAttributeNames": {"#n0": "StatusPK", "#n1": "StatusSK"},
        "ExpressionAttributeValues": {":v0": {"S": "STATUS#paid"}, ":v1": {"N": "12.5"}},
        "ReturnConsumedCapacity": "INDEXES",
    }


def test_query_that_only_counts_selects_the_count():
    """A pattern that only counts asks for no attributes."""
    pattern = {
        "operation": "Query",
        "partition": {"PK": "SHOP#{shop_id:05d}"},
        "sort": {"attribute": "SK", "operator": "begins_with", "value": "ORDER#"},
        "count_only": True,
    }
    arguments = only(pattern, shop_id=3)
    assert arguments["Select"] == "COUNT"
    assert arguments["KeyConditionExpression"] == "#n0 = :v0 AND begins_with(#n1, :v1)"
    assert arguments["ExpressionAttributeValues"] == {":v0": {"S": "SHOP#00003"}, ":v1": {"S": "ORDER#"}}


FILTERS = [
    ({"operator": "=", "value": "{paid}", "attribute": "paid"}, "#n0 = :v0", [{"BOOL": True}]),
    ({"operator": "=", "value": "open", "attribute": "status"}, "#n0 = :v0", [{"S": "open"}]),
    ({"operator": "<>", "value": 5, "attribute": "total"}, "#n0 <> :v0", [{"N": "5"}]),
    ({"operator": "=", "value": "5.10", "attribute": "total"}, "#n0 = :v0", [{"N": "5.1"}]),
    ({"operator": "=", "value": "no {status}", "attribute": "status"}, "#n0 = :v0", [{"S": "no paid"}]),
    ({"operator": "=", "value": "Order", "attribute": "kind"}, "#n0 = :v0", [{"S": "Order"}]),
    (
        {"operator": "between", "value": [1, "{total}"], "attribute": "total"},
        "#n0 BETWEEN :v0 AND :v1",
        [{"N": "1"}, {"N": "9"}],
    ),
    (
        {"operator": "begins_with", "value": "{placed_at:date}T", "attribute": "placed_at"},
        "begins_with(#n0, :v0)",
        [{"S": "2044-03-01T"}],
    ),
    (
        {"operator": "contains", "value": "{label}", "attribute": "labels"},
        "contains(#n0, :v0)",
        [{"S": "new"}],
    ),
    ({"operator": "contains", "value": 4, "attribute": "lines"}, "contains(#n0, :v0)", [{"N": "4"}]),
    (
        {"operator": "in", "value": ["a", "b"], "attribute": "status"},
        "#n0 IN (:v0, :v1)",
        [{"S": "a"}, {"S": "b"}],
    ),
    (
        {"operator": "in", "value": ["{states}"], "attribute": "status"},
        "#n0 IN (:v0, :v1)",
        [{"S": "x"}, {"S": "y"}],
    ),
    ({"operator": "attribute_exists", "attribute": "details"}, "attribute_exists(#n0)", []),
]


@pytest.mark.parametrize(("condition", "expression", "values"), FILTERS)
def test_filter_conditions_take_the_type_of_their_attribute(condition, expression, values):
    """Every operator is rendered with values of the filtered attribute's type."""
    pattern = {
        "operation": "Scan",
        "filter": [condition],
        "parameters": {"label": "status", "states": "status"},
    }
    offered = {
        "paid": True,
        "status": "paid",
        "total": 9,
        "placed_at": PLACED,
        "label": "new",
        "states": ["x", "y"],
    }
    maker = RequestMaker(design(pattern), "it")
    needed = {name: value for name, value in offered.items() if name in maker.required}
    ((_, arguments),) = [(r.operation, r.arguments) for r in maker.requests(needed)]
    assert arguments["FilterExpression"] == expression
    assert arguments["ExpressionAttributeNames"] == {"#n0": condition["attribute"]}
    assert list(arguments.get("ExpressionAttributeValues", {}).values()) == values


def test_several_conditions_share_the_name_of_an_attribute():
    """Conditions on one attribute use one placeholder and are joined by AND."""
    conditions = [
        {"attribute": "total", "operator": ">", "value": 1},
        {"attribute": "total", "operator": "<", "value": 2},
    ]
    arguments = only({"operation": "Scan", "filter": conditions})
    assert arguments["FilterExpression"] == "#n0 > :v0 AND #n0 < :v1"
    assert arguments["ExpressionAttributeNames"] == {"#n0": "total"}


def test_put_item_writes_the_whole_item_and_leaves_nulls_out():
    """A PutItem makes keys, index keys and constants from the entity."""
    pattern = {
        "operation": "PutItem",
        "condition": [{"attribute": "PK", "operator": "attribute_not_exists"}],
        "parameters": {"at": "placed_at"},
    }
    given = {"shop_id": 2, "order_id": "z", "status": "open", "total": 3, "at": PLACED, "details": None}
    assert requests(pattern, **given) == [
        (
            "PutItem",
            {
                "TableName": "Shop-Main",
                "Item": {
                    "PK": {"S": "SHOP#00002"},
                    "SK": {"S": "ORDER#z"},
                    "StatusPK": {"S": "STATUS#open"},
                    "StatusSK": {"N": "3"},
                    "kind": {"S": "Order"},
                    "shop_id": {"N": "2"},
                    "order_id": {"S": "z"},
                    "status": {"S": "open"},
                    "total": {"N": "3"},
                    "placed_at": {"S": "2044-03-01T01:30:00.000000Z"},
                },
                "ConditionExpression": "attribute_not_exists(#n0)",
                "ExpressionAttributeNames": {"#n0": "PK"},
                "ReturnConsumedCapacity": "INDEXES",
            },
        )
    ]


UPDATE = {
    "operation": "UpdateItem",
    "key": KEY,
    "set": {"status": "{status}", "StatusPK": "STATUS#{status}", "placed_at": "{placed_at}"},
    "add": {"total": 1},
    "remove": ["details"],
    "condition": [{"attribute": "PK", "operator": "attribute_exists"}],
}


def test_update_item_sets_adds_and_removes_in_one_expression():
    """Each clause of an update stands once, index keys are set like attributes."""
    arguments = only(UPDATE, shop_id=1, order_id="a", status="sent", placed_at=PLACED)
    assert arguments["UpdateExpression"] == "SET #n0 = :v0, #n1 = :v1, #n2 = :v2 REMOVE #n3 ADD #n4 :v3"
    assert arguments["ConditionExpression"] == "attribute_exists(#n5)"
    assert arguments["ExpressionAttributeNames"] == {
        "#n0": "status",
        "#n1": "StatusPK",
        "#n2": "placed_at",
        "#n3": "details",
        "#n4": "total",
        "#n5": "PK",
    }
    assert arguments["ExpressionAttributeValues"] == {
        ":v0": {"S": "sent"},
        ":v1": {"S": "STATUS#sent"},
        ":v2": {"S": "2044-03-01T01:30:00.000000Z"},
        ":v3": {"N": "1"},
    }


def test_update_item_removes_what_is_set_to_null():
    """A NULL is never stored, so setting an attribute to NULL removes it, and its index keys."""
    arguments = only(UPDATE, shop_id=1, order_id="a", status=None, placed_at=PLACED)
    assert arguments["UpdateExpression"] == "SET #n0 = :v0 REMOVE #n1, #n2, #n3 ADD #n4 :v1"
    names = arguments["ExpressionAttributeNames"]
    assert [names[n] for n in ("#n1", "#n2", "#n3")] == ["details", "status", "StatusPK"]


def test_delete_item_names_the_key():
    """A DeleteItem without a condition has no expression."""
    assert only({"operation": "DeleteItem", "key": KEY}, shop_id=1, order_id="a") == {
        "TableName": "Shop-Main",
        "Key": {"PK": {"S": "SHOP#00001"}, "SK": {"S": "ORDER#a"}},
        "ReturnConsumedCapacity": "INDEXES",
    }


def test_batch_write_item_puts_25_items_a_call():
    """26 elements become calls of 25 and 1 items; single parameters belong to all of them."""
    pattern = {"operation": "BatchWriteItem", "for_each": ["order_id", "total"]}
    numbers = list(range(26))
    found = requests(pattern, shop_id=1, order_id=[str(n) for n in numbers], total=numbers)
    puts = [arguments["RequestItems"]["Shop-Main"] for _, arguments in found]
    assert [len(chunk) for chunk in puts] == [25, 1]
    items = [put["PutRequest"]["Item"] for chunk in puts for put in chunk]
    assert [item["total"]["N"] for item in items] == [str(n) for n in numbers]
    assert {item["PK"]["S"] for item in items} == {"SHOP#00001"}


def test_transaction_types_each_member_by_its_own_entity():
    """A transaction's members have their own tables, keys and expressions."""
    members = [
        {"operation": "PutItem", "entity": "Order"},
        {
            "operation": "UpdateItem",
            "entity": "Counter",
            "key": {"CounterPK": "SHOP#{shop_id}"},
            "add": {"orders": 1},
        },
        {"operation": "DeleteItem", "entity": "Order", "key": {**KEY, "SK": "ORDER#{old_id}"}},
        {
            "operation": "ConditionCheck",
            "entity": "Counter",
            "key": {"CounterPK": "OPEN"},
            "condition": [{"attribute": "orders", "operator": "<", "value": "{most}"}],
        },
    ]
    pattern = {
        "operation": "TransactWriteItems",
        "members": members,
        "parameters": {"old_id": "order_id", "most": "shop_id"},
    }
    arguments = only(pattern, shop_id=1, order_id="n", old_id="o", most=10)
    put, update, delete, check = arguments["TransactItems"]
    assert put["Put"]["Item"]["SK"] == {"S": "ORDER#n"}
    assert update["Update"] == {
        "TableName": "Shop-Counters",
        "Key": {"CounterPK": {"S": "SHOP#1"}},
        "UpdateExpression": "ADD #n0 :v0",
        "ExpressionAttributeNames": {"#n0": "orders"},
        "ExpressionAttributeValues": {":v0": {"N": "1"}},
    }
    assert delete["Delete"]["Key"]["SK"] == {"S": "ORDER#o"}
    assert check["ConditionCheck"]["ConditionExpression"] == "#n0 < :v0"
    assert check["ConditionCheck"]["ExpressionAttributeValues"] == {":v0": {"N": "10"}}
    assert arguments["ReturnConsumedCapacity"] == "INDEXES"
