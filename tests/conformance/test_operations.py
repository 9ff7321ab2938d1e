"""What a design needs of DynamoDB, on every embedded engine alike."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError


def key(partition, sort):
    """Primary key of an item."""
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def put(engine, table, partition, sort, **attributes):
    """Writes an item with string attributes besides its key."""
    extra = {name: {"S": value} for name, value in attributes.items()}
    return engine.client.put_item(TableName=table, Item={**key(partition, sort), **extra})


def fill(engine, table, count=10):
    """Writes items p/00, p/01, ... that all belong to the same index partition."""
    for number in range(count):
        put(engine, table, "p", f"{number:02}", g="g", l=f"{count - number:02}", text="x" * 10)


def test_describe_tells_keys_and_indexes(engine, table):
    """A table is described with the keys, indexes and projections that it was made with."""
    described = engine.client.describe_table(TableName=table)["Table"]
    indexes = {
        i["IndexName"]: i for i in described["GlobalSecondaryIndexes"] + described["LocalSecondaryIndexes"]
    }
    assert described["TableStatus"] == "ACTIVE"
    assert [k["AttributeName"] for k in described["KeySchema"]] == ["pk", "sk"]
    assert {name: index["Projection"]["ProjectionType"] for name, index in indexes.items()} == {
        "all": "ALL",
        "keys": "KEYS_ONLY",
        "local": "KEYS_ONLY",
    }


def test_every_type_returns_as_written(engine, table):
    """Strings, numbers, binaries, booleans, nulls, lists, maps and sets come back equal."""
    item = {
        **key("naïve 日本語 🚌", "\u0000"),
        "number": {"N": "-12345678901234567890.5"},
        "binary": {"B": bytes(range(256))},
        "flag": {"BOOL": True},
        "none": {"NULL": True},
        "list": {"L": [{"S": ""}, {"N": "0"}]},
        "map": {"M": {"ключ": {"M": {}}}},
        "strings": {"SS": ["a", "b"]},
    }
    engine.client.put_item(TableName=table, Item=item)
    found = engine.client.get_item(
        TableName=table, Key=key("naïve 日本語 🚌", "\u0000"), ConsistentRead=True
    )["Item"]
    found["strings"]["SS"].sort()
    assert found == item


def test_missing_item_is_absent(engine, table):
    """A read of a key that nobody wrote has no Item."""
    assert "Item" not in engine.client.get_item(TableName=table, Key=key("no", "no"))


def test_put_returns_the_old_item(engine, table):
    """A put that replaces an item returns the old one when asked."""
    put(engine, table, "p", "s", v="old")
    answer = engine.client.put_item(TableName=table, Item=key("p", "s"), ReturnValues="ALL_OLD")
    assert answer["Attributes"]["v"] == {"S": "old"}


def test_update_sets_adds_and_removes(engine, table):
    """An update changes single attributes and returns the new item."""
    put(engine, table, "p", "s", gone="x")
    answer = engine.client.update_item(
        TableName=table,
        Key=key("p", "s"),
        UpdateExpression=(
            "SET #v = if_not_exists(#v, :zero), tags = list_append(:none, :tags) ADD hits :one REMOVE gone"
        ),
        ExpressionAttributeNames={"#v": "value"},
        ExpressionAttributeValues={
            ":zero": {"N": "0"},
            ":one": {"N": "1"},
            ":none": {"L": []},
            ":tags": {"L": [{"S": "t"}]},
        },
        ReturnValues="ALL_NEW",
    )
    assert answer["Attributes"] == {
        **key("p", "s"),
        "value": {"N": "0"},
        "hits": {"N": "1"},
        "tags": {"L": [{"S": "t"}]},
    }


def test_delete_returns_what_it_deleted(engine, table):
    """A delete removes the item and returns it when asked."""
    put(engine, table, "p", "s", v="x")
    answer = engine.client.delete_item(TableName=table, Key=key("p", "s"), ReturnValues="ALL_OLD")
    assert answer["Attributes"]["v"] == {"S": "x"}
    assert "Item" not in engine.client.get_item(TableName=table, Key=key("p", "s"))


def test_failed_condition_changes_nothing(engine, table):
    """A put whose condition fails is refused and leaves the item."""
    put(engine, table, "p", "s", v="first")
    with pytest.raises(engine.client.exceptions.ConditionalCheckFailedException):
        engine.client.put_item(
            TableName=table, Item=key("p", "s"), ConditionExpression="attribute_not_exists(pk)"
        )
    assert engine.client.get_item(TableName=table, Key=key("p", "s"))["Item"]["v"] == {"S": "first"}


@pytest.mark.parametrize(("forward", "expected"), [(True, ["03", "04", "05"]), (False, ["05", "04", "03"])])
def test_query_ranges_in_both_directions(engine, table, forward, expected):
    """A query of a key range returns its items in the order of the sort key, or backwards."""
    fill(engine, table)
    answer = engine.client.query(
        TableName=table,
        KeyConditionExpression="pk = :p AND sk BETWEEN :a AND :b",
        ExpressionAttributeValues={":p": {"S": "p"}, ":a": {"S": "03"}, ":b": {"S": "05"}},
        ScanIndexForward=forward,
    )
    assert [item["sk"]["S"] for item in answer["Items"]] == expected


def test_sort_keys_order_by_bytes(engine, table):
    """Sort keys are ordered by their UTF-8 bytes, not by their UTF-16 units."""
    for sort in ("\U0001f68c", "\uffee", "b", "B"):
        put(engine, table, "p", sort)
    answer = query(engine, table, "pk = :v", "p")
    assert [item["sk"]["S"] for item in answer["Items"]] == ["B", "b", "\uffee", "\U0001f68c"]


def query(engine, table, condition, value, **options):
    """Queries by one value."""
    return engine.client.query(
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeValues={":v": {"S": value}},
        **options,
    )


@pytest.mark.parametrize(
    ("index", "attributes"),
    [("all", {"pk", "sk", "g", "l", "text"}), ("keys", {"pk", "sk", "g"})],
)
def test_global_index_returns_what_it_projects(engine, table, index, attributes):
    """A query of a global index returns the attributes of its projection."""
    fill(engine, table, 3)
    answer = query(engine, table, "g = :v", "g", IndexName=index)
    assert answer["Count"] == 3
    assert {frozenset(item) for item in answer["Items"]} == {frozenset(attributes)}


def test_index_is_sparse(engine, table):
    """An item without the index's key is not in the index."""
    put(engine, table, "p", "in", g="g")
    put(engine, table, "p", "out")
    assert query(engine, table, "g = :v", "g", IndexName="all")["Count"] == 1


def test_local_index_orders_by_its_own_key(engine, table):
    """A query of a local index is ordered by the index's sort key and may be consistent."""
    fill(engine, table, 3)
    answer = query(engine, table, "pk = :v", "p", IndexName="local", ConsistentRead=True)
    assert [item["sk"]["S"] for item in answer["Items"]] == ["02", "01", "00"]


def test_global_index_refuses_consistent_reads(engine, table):
    """A consistent read of a global index is refused."""
    with pytest.raises(ClientError, match="ValidationException"):
        query(engine, table, "g = :v", "g", IndexName="all", ConsistentRead=True)


def test_filter_counts_what_it_reads(engine, table):
    """A filter drops items after they were read: ScannedCount counts them, Count does not."""
    fill(engine, table)
    answer = engine.client.query(
        TableName=table,
        KeyConditionExpression="pk = :p",
        FilterExpression="l <= :l",
        ExpressionAttributeValues={":p": {"S": "p"}, ":l": {"S": "04"}},
    )
    assert (answer["Count"], answer["ScannedCount"]) == (4, 10)


@pytest.mark.parametrize("operation", ["query", "scan"])
def test_pages_join_to_the_whole(engine, table, operation):
    """Following LastEvaluatedKey returns each item exactly once."""
    fill(engine, table)
    condition = {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": {"S": "p"}}}
    options = condition if operation == "query" else {}
    pages = list(engine.client.get_paginator(operation).paginate(TableName=table, Limit=3, **options))
    found = [item["sk"]["S"] for page in pages for item in page["Items"]]
    assert sorted(found) == [f"{number:02}" for number in range(10)]
    assert all(page["Count"] <= 3 for page in pages)


def test_parallel_scan_covers_the_table_once(engine, table):
    """The segments of a parallel scan share no item and miss none."""
    for number in range(20):
        put(engine, table, f"p{number}", "s")
    segments = [engine.client.scan(TableName=table, Segment=s, TotalSegments=3)["Items"] for s in range(3)]
    found = [item["pk"]["S"] for items in segments for item in items]
    assert sorted(found) == sorted(f"p{number}" for number in range(20))


def test_batches_write_and_read(engine, table):
    """A batch of 25 writes arrives whole and a batch read returns it, missing keys left out."""
    keys = [key("batch", f"{number:02}") for number in range(25)]
    answer = engine.client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": k}} for k in keys]})
    assert answer["UnprocessedItems"] == {}
    read = engine.client.batch_get_item(RequestItems={table: {"Keys": [*keys, key("batch", "no")]}})
    assert sorted(item["sk"]["S"] for item in read["Responses"][table]) == [k["sk"]["S"] for k in keys]


def test_transaction_writes_all(engine, table):
    """A transaction whose conditions hold writes each of its items."""
    items = [{"Put": {"TableName": table, "Item": key("t", str(number))}} for number in range(3)]
    engine.client.transact_write_items(TransactItems=items)
    gets = [{"Get": {"TableName": table, "Key": key("t", str(number))}} for number in range(3)]
    answer = engine.client.transact_get_items(TransactItems=gets)
    assert [response["Item"]["sk"]["S"] for response in answer["Responses"]] == ["0", "1", "2"]


def test_transaction_writes_nothing_when_one_condition_fails(engine, table):
    """A failed condition cancels the whole transaction and says which member failed."""
    exists = {"Key": key("t", "absent"), "ConditionExpression": "attribute_exists(pk)"}
    with pytest.raises(engine.client.exceptions.TransactionCanceledException) as caught:
        engine.client.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": table, "Item": key("t", "new")}},
                {"ConditionCheck": {"TableName": table, **exists}},
            ]
        )
    reasons = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed"]
    assert "Item" not in engine.client.get_item(TableName=table, Key=key("t", "new"))


def test_unknown_table_is_named(engine):
    """An operation on a table that does not exist is refused by its own exception."""
    with pytest.raises(engine.client.exceptions.ResourceNotFoundException):
        engine.client.get_item(TableName="Nowhere", Key=key("p", "s"))


def test_table_is_not_made_twice(engine, table):
    """A second table of the same name is refused."""
    with pytest.raises(engine.client.exceptions.ResourceInUseException):
        engine.client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )


def test_oversized_item_is_refused(engine, table):
    """An item of more than 400 KB is refused (409,600 bytes of names and values)."""
    with pytest.raises(ClientError, match="ValidationException"):
        put(engine, table, "p", "s", v="x" * 409_600)


def test_empty_key_is_refused(engine, table):
    """An empty string is no key."""
    with pytest.raises(ClientError, match="ValidationException"):
        put(engine, table, "", "s")
