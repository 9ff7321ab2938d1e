"""Sending requests: pages, limits, what a batch leaves over, refusals and sums of consumed capacity."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tenacity import wait_none

from workbench.access.calls import Request
from workbench.access.execution import ATTEMPTS, RequestRefusedError, Sender, result_of, units_by_place
from workbench.errors import EngineError


class Refusal(Exception):  # noqa: N818 - stands for botocore's ClientError
    """An error as the driver raises it."""

    def __init__(self, response: dict[str, Any]) -> None:
        super().__init__(response["Error"]["Code"])
        self.response = response


class Client:
    """A client that gives prepared answers and remembers what it was asked."""

    exceptions = SimpleNamespace(ClientError=Refusal)

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def _answer(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if "Error" in answer:
            raise Refusal(answer)
        return answer

    query = get_item = put_item = batch_get_item = batch_write_item = transact_write_items = _answer


def page(count: int, last: str = "") -> dict[str, Any]:
    """Returns a page of a Query with that many items."""
    more = {"LastEvaluatedKey": {"PK": {"S": last}}} if last else {}
    return {"Items": [{"PK": {"S": f"{last}{n}"}} for n in range(count)], "Count": count, **more}


def sender(client: Client) -> Sender:
    """Returns a sender that does not wait between attempts."""
    return Sender(client, wait_none())


def test_a_query_follows_its_pages_to_the_end():
    """Each page starts where the one before it ended, until no key is given."""
    client = Client(page(2, "a"), page(0, "b"), page(1))
    result = result_of(sender(client).send([Request("Query", {"Limit": 2})]))
    assert [asked.get("ExclusiveStartKey") for asked in client.asked] == [
        None,
        {"PK": {"S": "a"}},
        {"PK": {"S": "b"}},
    ]
    assert (result.count, result.pages, result.requests, len(result.items)) == (3, 3, 3, 3)


def test_a_query_stops_at_its_limit():
    """No page is asked for once enough items are there, and items beyond the limit are not returned."""
    client = Client(page(2, "a"), page(2, "b"))
    result = result_of(sender(client).send([Request("Query", {})], limit=3), limit=3)
    assert (result.count, result.pages, len(result.items)) == (3, 2, 3)


def test_a_counting_query_adds_up_the_counts_of_its_pages():
    """Pages without items still count."""
    client = Client({"Count": 4, "LastEvaluatedKey": {"PK": {"S": "a"}}}, {"Count": 1})
    result = result_of(sender(client).send([Request("Query", {"Select": "COUNT"})]))
    assert (result.count, result.items) == (5, ())


def test_what_a_batch_leaves_over_is_sent_again():
    """Only unprocessed keys are asked for again, and all answers are put together."""
    left = {"T": {"Keys": [{"PK": {"S": "b"}}]}}
    client = Client(
        {"Responses": {"T": [{"PK": {"S": "a"}}]}, "UnprocessedKeys": left},
        {"Responses": {"T": [{"PK": {"S": "b"}}]}, "UnprocessedKeys": {}},
    )
    keys = {"T": {"Keys": [{"PK": {"S": "a"}}, {"PK": {"S": "b"}}]}}
    result = result_of(sender(client).send([Request("BatchGetItem", {"RequestItems": keys})]))
    assert [asked["RequestItems"] for asked in client.asked] == [keys, left]
    assert [item["PK"]["S"] for item in result.items] == ["a", "b"]


def test_a_batch_that_never_finishes_is_an_error():
    """After all attempts the error names the operation and what to do."""
    client = Client({"UnprocessedItems": {"T": [{"PutRequest": {}}]}})
    with pytest.raises(
        EngineError, match=f"BatchWriteItem was not finished after {ATTEMPTS} attempts. Lower"
    ):
        sender(client).send([Request("BatchWriteItem", {"RequestItems": {"T": []}})])
    assert len(client.asked) == ATTEMPTS


def test_a_failed_condition_is_told_apart_from_other_refusals():
    """A refused condition, alone or inside a transaction, is recognised; throttling is none."""
    cancelled = {
        "Error": {"Code": "TransactionCanceledException", "Message": "m"},
        "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}],
    }
    answers = {
        "put_item": {"Error": {"Code": "ConditionalCheckFailedException", "Message": "m"}},
        "transact_write_items": cancelled,
        "get_item": {"Error": {"Code": "ThrottlingException", "Message": "slow down"}},
    }
    failed = {}
    for operation in ("PutItem", "TransactWriteItems", "GetItem"):
        request = Request(operation, {})
        with pytest.raises(RequestRefusedError) as caught:
            sender(Client(answers[request.method])).send([request])
        failed[operation] = caught.value.condition_failed
    assert failed == {"PutItem": True, "TransactWriteItems": True, "GetItem": False}
    assert str(caught.value) == "DynamoDB refused the request with ThrottlingException: slow down"


def test_consumed_capacity_is_split_by_table_and_index():
    """Units of several answers are added up by place, global and local indexes alike."""
    entry = {
        "TableName": "T",
        "CapacityUnits": 4.5,
        "Table": {"CapacityUnits": 1.5},
        "GlobalSecondaryIndexes": {"G": {"CapacityUnits": 2.0}},
        "LocalSecondaryIndexes": {"L": {"CapacityUnits": 1.0}},
    }
    other = {"TableName": "U", "Table": {"CapacityUnits": 1.0}}
    assert units_by_place([entry, entry, other]) == {"T": 3.0, "T/G": 4.0, "T/L": 2.0, "U": 1.0}


def test_consumed_capacity_of_one_and_of_several_tables_is_read_alike():
    """Single requests answer one entry, batches and transactions a list."""
    one = {"TableName": "T", "Table": {"CapacityUnits": 0.5}}
    client = Client({"ConsumedCapacity": one}, {"ConsumedCapacity": [one, one]}, {})
    sent = sender(client).send([Request("PutItem", {})] * 3)
    assert result_of(sent).consumed == {"T": 1.5}
