"""From requests and images to predicted units, on the small design of a shop."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from workbench.access.calls import Request
from workbench.access.execution import Exchange, Sender
from workbench.access.requests import RequestMaker
from workbench.model.dialects import AWS, DYNAMODB_LOCAL
from workbench.replay.driver import mean_units, warmup_requests
from workbench.replay.images import Address, Images
from workbench.replay.targets import compared, targets
from workbench.replay.units import (
    deciding_flags,
    predicted_units,
    prediction_of,
    read_actions,
    table_shapes,
    units_difference,
    write_actions,
)

from .access_shop import KEY, design

SHAPES = table_shapes(design({"operation": "Scan"}))


def order(name: str, total: str, size: int = 0) -> dict[str, Any]:
    """Returns an order with a total of which the index by status has an entry."""
    return {
        "PK": {"S": "SHOP#00001"},
        "SK": {"S": f"ORDER#{name}"},
        "StatusPK": {"S": "STATUS#open"},
        "StatusSK": {"N": total},
        "details": {"S": "x" * size},
    }


TRANSACTION = {
    "operation": "TransactWriteItems",
    "members": [
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
            "entity": "Order",
            "key": {**KEY, "SK": "ORDER#x"},
            "condition": [{"attribute": "PK", "operator": "attribute_exists"}],
        },
    ],
    "parameters": {"old_id": "order_id"},
}


def test_targets_of_a_transaction_are_its_members():
    """Each member's table, key and entity is found; a check is not compared with the SQL."""
    case = design(TRANSACTION)
    (request,) = RequestMaker(case, "it").requests({"shop_id": 1, "order_id": "n", "old_id": "o"})
    found = targets(case, case.patterns["it"], request)
    assert [(t.operation, t.entity, t.table) for t in found] == [
        ("PutItem", "Order", "Shop-Main"),
        ("UpdateItem", "Counter", "Shop-Counters"),
        ("DeleteItem", "Order", "Shop-Main"),
        ("ConditionCheck", "Order", "Shop-Main"),
    ]
    assert found[0].key == {"PK": {"S": "SHOP#00001"}, "SK": {"S": "ORDER#n"}}
    assert [t.key["SK"]["S"] for t in compared(case.patterns["it"], found)] == ["ORDER#n", "ORDER#o"]


def test_a_write_is_predicted_from_its_images():
    """An order of 1,500 bytes that moves in the index costs 2 units there and 2 in the table."""
    case = design({"operation": "UpdateItem", "key": KEY, "set": {"total": "{total}"}})
    (request,) = RequestMaker(case, "it").requests({"shop_id": 1, "order_id": "a", "total": 2})
    written = targets(case, case.patterns["it"], request)
    before = {written[0].address: order("a", "1", 1500)}
    after = {written[0].address: order("a", "2", 1500)}
    actions = write_actions("UpdateItem", written, before, after, condition_failed=False)
    assert predicted_units(SHAPES, actions, AWS) == {"Shop-Main": 2.0, "Shop-Main/ByStatus": 2.0}


def test_the_flag_that_makes_two_dialects_differ_is_named():
    """A transaction's index writes are doubled by DynamoDB Local only."""
    case = design(TRANSACTION)
    (request,) = RequestMaker(case, "it").requests({"shop_id": 1, "order_id": "n", "old_id": "o"})
    written = targets(case, case.patterns["it"], request)[:1]
    actions = write_actions(
        "TransactWriteItems", written, {}, {written[0].address: order("n", "1")}, condition_failed=False
    )
    assert predicted_units(SHAPES, actions, AWS) == {"Shop-Main": 2.0, "Shop-Main/ByStatus": 1.0}
    assert predicted_units(SHAPES, actions, DYNAMODB_LOCAL) == {"Shop-Main": 2.0, "Shop-Main/ByStatus": 2.0}
    assert deciding_flags(SHAPES, actions, AWS, DYNAMODB_LOCAL) == ("transaction_doubles_indexes",)
    for known in ((), ("transaction_doubles_indexes",), ("empty_read_charged",)):
        assert prediction_of(SHAPES, actions, known).flags == ("transaction_doubles_indexes",)


class Client:
    """A client that remembers what it was asked and gives prepared answers."""

    exceptions = SimpleNamespace(ClientError=KeyError)

    def __init__(self, **answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Any:
        def answer(**arguments: Any) -> dict[str, Any]:
            self.asked.append((method, arguments))
            return self.answers[method]

        return answer


def test_the_items_behind_an_index_are_read_without_filter_and_projection():
    """A shadow query asks for as many entries as the page evaluated; their items are read by key, once."""
    case = design(
        {
            "operation": "Query",
            "index": "ByStatus",
            "partition": {"StatusPK": "STATUS#{status}"},
            "filter": [{"attribute": "StatusSK", "operator": "<>", "value": "7"}],
            "attributes": ["SK"],
        }
    )
    (request,) = RequestMaker(case, "it").requests({"status": "open"})
    item = order("a", "1", 5000)
    entry = {name: item[name] for name in ("PK", "SK", "StatusPK", "StatusSK")}
    client = Client(query={"Items": [entry], "Count": 1}, get_item={"Item": item})
    images = Images(case, Sender(client))
    exchange = Exchange(request, {"Items": [{"SK": item["SK"]}], "Count": 1, "ScannedCount": 1})
    assert images.evaluated(exchange) == [item]
    assert images.evaluated(exchange) == [item]
    assert client.asked == [
        (
            "query",
            {
                "TableName": "Shop-Main",
                "ConsistentRead": False,
                "IndexName": "ByStatus",
                "KeyConditionExpression": "#n0 = :v0",
                "ScanIndexForward": True,
                "ExpressionAttributeNames": {"#n0": "StatusPK"},
                "ExpressionAttributeValues": {":v0": {"S": "STATUS#open"}},
                "Limit": 1,
            },
        ),
        (
            "get_item",
            {"TableName": "Shop-Main", "Key": {"PK": item["PK"], "SK": item["SK"]}, "ConsistentRead": True},
        ),
    ]
    ((table, operation, (action,)),) = read_actions(case, images, exchange)
    assert (table, operation, action.index, action.attributes) == ("Shop-Main", "Query", "ByStatus", ["SK"])
    assert predicted_units(SHAPES, [(table, operation, [action])], AWS) == {"Shop-Main/ByStatus": 0.5}


def test_an_answer_that_shows_whole_items_needs_no_second_read():
    """A query of the table without filter and projection is predicted from its own answer."""
    case = design({"operation": "Query", "partition": {"PK": "SHOP#{shop_id:05d}"}, "consistent_read": True})
    (request,) = RequestMaker(case, "it").requests({"shop_id": 1})
    items = [order("a", "1", 3000), order("b", "2", 3000)]
    client = Client()
    exchange = Exchange(request, {"Items": items, "Count": 2, "ScannedCount": 2})
    actions = read_actions(case, Images(case, Sender(client)), exchange)
    assert client.asked == []
    assert predicted_units(SHAPES, actions, AWS) == {"Shop-Main": 2.0}


def test_a_batch_is_predicted_key_by_key():
    """Found items count by their size, a missing one the minimum on AWS and nothing locally."""
    case = design({"operation": "BatchGetItem", "key": KEY, "for_each": ["order_id"]})
    (request,) = RequestMaker(case, "it").requests({"shop_id": 1, "order_id": ["a", "b"]})
    exchange = Exchange(request, {"Responses": {"Shop-Main": [order("a", "1", 5000)]}})
    actions = read_actions(case, Images(case, Sender(Client())), exchange)
    assert predicted_units(SHAPES, actions, AWS) == {"Shop-Main": 1.5}
    assert predicted_units(SHAPES, actions, DYNAMODB_LOCAL) == {"Shop-Main": 1.0}


@pytest.mark.parametrize(
    ("observed", "predicted", "told"),
    [
        ({"T": 1.0, "T/G": 0.0}, {"T": 1.0}, ""),
        ({"T": 1.5}, {"T": 1.0}, "T: observed 1.5, predicted 1 units"),
        (
            {"T": 1.0},
            {"T/G": 2.0},
            "T: observed 1, predicted 0 units; T/G: observed 0, predicted 2 units",
        ),
    ],
)
def test_units_are_compared_place_by_place(observed, predicted, told):
    """A place without units is no difference, any other is told with both numbers."""
    assert units_difference(observed, predicted) == told


def test_mean_units_count_requests_that_consumed_nothing_somewhere():
    """The mean of 2 and nothing is 1."""
    assert mean_units([{"T": 1.0, "T/G": 2.0}, {"T": 2.0}]) == {"T": 1.5, "T/G": 1.0}
    assert mean_units([]) == {}


def test_addresses_are_equal_whatever_the_order_of_the_key():
    """A key is the same address with its attributes in any order."""
    assert Address.of("T", {"a": {"S": "1"}, "b": {"B": b"2"}}) == Address.of(
        "T", {"b": {"B": b"2"}, "a": {"S": "1"}}
    )


def test_requests_name_the_method_of_the_driver():
    """The API's name becomes boto3's method."""
    assert Request("BatchWriteItem", {}).method == "batch_write_item"


@pytest.mark.parametrize(
    ("drawn", "samples", "warmup", "expected"),
    [(210, 200, 10, 10), (13, 3, 10, 10), (20, 200, 10, 5), (3, 200, 10, 0), (0, 5, 10, 0)],
)
def test_never_more_requests_are_measured_than_asked_for(drawn, samples, warmup, expected):
    """All warm-up is done when enough was drawn; of fewer requests a quarter warms up."""
    first = warmup_requests(drawn, samples, warmup)
    assert first == expected
    assert drawn - first <= samples
