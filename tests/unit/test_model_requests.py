"""Files of requests: what `workbench predict` prints, and each message about a wrong line."""

import copy
import json

import pytest
from click.testing import CliRunner

from workbench.cli.predict import predict
from workbench.errors import InputError
from workbench.model import AWS, DYNAMODB_LOCAL, Consumed
from workbench.model.request_json import predictions

TABLE = {
    "TableName": "orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
        {"AttributeName": "state", "AttributeType": "S"},
        {"AttributeName": "day", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_state",
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by_day",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "day", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]},
        }
    ],
}
ITEM = {"pk": {"S": "a"}, "sk": {"N": "1"}, "state": {"S": "open"}}
OTHER = {"pk": {"S": "a"}, "sk": {"N": "2"}}


def line(operation="PutItem", actions=None, **fields):
    """One request as an object."""
    given = [{"operation": "PutItem", "before": None, "after": ITEM}] if actions is None else actions
    return {"id": 1, "table": TABLE, "operation": operation, "actions": given} | fields


def content(*lines):
    """The bytes of a file of requests."""
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines).encode()


def put(**change):
    """A put whose item has other attributes."""
    return line(actions=[{"operation": "PutItem", "before": None, "after": ITEM | change}])


def read(operation, **fields):
    """A request of one read."""
    return line(operation, [{"operation": operation, "evaluated": [ITEM], **fields}])


def table(**change):
    """A put into a table that is stated otherwise."""
    return line(table=copy.deepcopy(TABLE) | change)


def consumed(request, dialect=AWS):
    """What one request consumes."""
    ((answer),) = predictions(content(request), "f.jsonl", dialect)
    return answer["consumed"]


def test_each_line_gives_a_line_with_the_fields_of_the_service(tmp_path):
    """The output has one object a line, its id and boto3's field names."""
    path = tmp_path / "requests.jsonl"
    path.write_bytes(content(line(id="first"), "", line(id={"n": 2}, operation="PutItem")))
    result = CliRunner().invoke(predict, [str(path)])
    units = {
        "CapacityUnits": 2.0,
        "Table": 1.0,
        "GlobalSecondaryIndexes": {"by_state": 1.0},
        "LocalSecondaryIndexes": {},
    }
    assert [json.loads(text) for text in result.stdout.splitlines()] == [
        {"id": "first", "consumed": units},
        {"id": {"n": 2}, "consumed": units},
    ]


def test_the_dialect_is_an_option():
    """A condition check costs steps of 4 KB in the one dialect and of 1 KB in the other."""
    check = line(
        "TransactWriteItems", [{"operation": "ConditionCheck", "before": ITEM | {"pad": {"S": "x" * 3000}}}]
    )
    for dialect, units in (("aws", 6.0), ("dynamodb-local", 2.0)):
        result = CliRunner().invoke(predict, ["-", "--dialect", dialect], input=content(check))
        assert json.loads(result.stdout)["consumed"]["Table"] == units


def test_nothing_is_printed_when_a_later_line_is_wrong(tmp_path):
    """A good first line does not appear beside the error of the second."""
    path = tmp_path / "requests.jsonl"
    path.write_bytes(content(line(), "{"))
    result = CliRunner().invoke(predict, [str(path)])
    assert result.stdout == ""
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 2


def test_a_missing_file_is_a_wrong_use_of_the_command(tmp_path):
    """The exit code is 2 and the message names the file."""
    result = CliRunner().invoke(predict, [str(tmp_path / "none.jsonl")])
    assert result.exit_code == 2
    assert "none.jsonl" in result.stderr


@pytest.mark.parametrize(
    ("request_", "units"),
    [
        (
            line(
                "BatchWriteItem",
                [{"operation": "PutRequest", "after": ITEM}, {"operation": "Delete", "before": OTHER}],
            ),
            3,
        ),
        (line("TransactWriteItems", [{"operation": "Update", "before": ITEM, "after": ITEM}]), 2),
        (line("TransactGetItems", [{"operation": "Get", "evaluated": [ITEM]}, {"evaluated": []}]), 4),
        (line("BatchGetItem", [{"operation": "GetItem", "evaluated": [ITEM], "before": None}] * 2), 1),
        (line("ExecuteTransaction", [{"operation": "Insert", "after": OTHER}]), 2),
        (line("ExecuteStatement", [{"operation": "Scan", "evaluated": []}]), 0.5),
        (line("ExecuteStatement", [{"operation": "SELECT", "index": "by_state", "evaluated": [ITEM]}]), 0.5),
        (line("ExecuteTransaction", [{"operation": "SELECT", "evaluated": [ITEM]}]), 2),
    ],
    ids=[
        "batch write",
        "transaction",
        "read in a transaction",
        "batch get",
        "insert",
        "statement",
        "select",
        "select by key",
    ],
)
def test_members_may_have_the_names_that_requests_give_them(request_, units):
    """`Put`, `PutRequest` and `PutItem` are one; a member may go without where only one is possible."""
    assert consumed(request_)["CapacityUnits"] == units


def test_binary_values_are_base64_text():
    """Eight base64 characters are six bytes: 1,017 others and the names make 1,024."""
    fits, over = ("x" * (1024 - 2 - 1 - 2 - 2 - 1 - 6 - 3 + extra) for extra in (0, 1))
    for text, units in ((fits, 1.0), (over, 2.0)):
        item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "b": {"B": "AAECAwQF"}, "pad": {"S": text}}
        assert consumed(line(actions=[{"operation": "PutItem", "after": item}]))["Table"] == units


def test_an_item_whose_index_key_had_the_wrong_type_had_no_entry():
    """Such items exist where an index was added later; removing the attribute costs the index nothing."""
    before = OTHER | {"state": {"N": "1"}}
    update = line("UpdateItem", [{"operation": "UpdateItem", "before": before, "after": OTHER}])
    assert consumed(update)["GlobalSecondaryIndexes"] == {}


def test_a_table_may_have_empty_lists_of_indexes():
    """An empty list, or null, is no index."""
    bare = TABLE | {"GlobalSecondaryIndexes": [], "LocalSecondaryIndexes": None}
    assert consumed(line(table=bare))["CapacityUnits"] == 1


def test_a_refused_put_may_have_an_item_or_none():
    """Of a failed condition only what was there counts."""
    for after in (ITEM, None):
        failed = line(
            actions=[{"operation": "PutItem", "before": None, "after": after, "condition_failed": True}]
        )
        assert consumed(failed)["CapacityUnits"] == 1
        assert consumed(failed, DYNAMODB_LOCAL)["CapacityUnits"] == 0


def test_a_cancelled_transaction_costs_what_was_there_twice_and_no_index():
    """One failed condition makes every member a failed one; DynamoDB Local reports nothing."""
    large = OTHER | {"pad": {"S": "x" * 1500}}
    members = [
        {"operation": "Put", "before": None, "after": ITEM},
        {"operation": "ConditionCheck", "before": large, "condition_failed": True},
    ]
    cancelled = line("TransactWriteItems", members)
    assert consumed(cancelled) == {
        "CapacityUnits": 6.0,
        "Table": 6.0,
        "GlobalSecondaryIndexes": {},
        "LocalSecondaryIndexes": {},
    }
    assert consumed(cancelled, DYNAMODB_LOCAL)["CapacityUnits"] == 0


def test_a_prediction_can_be_laid_beside_the_answer_of_boto3():
    """The fields nest as boto3's do, and those without units are absent."""
    assert Consumed(1.0, {"by_state": 2.0}).as_boto3() == {
        "CapacityUnits": 3.0,
        "Table": {"CapacityUnits": 1.0},
        "GlobalSecondaryIndexes": {"by_state": {"CapacityUnits": 2.0}},
    }


@pytest.mark.parametrize("value", [{"M": {"a": {"N": "1"}}}, {"BS": ["AAEC", "AQ=="]}, {"NULL": True}])
def test_an_entry_in_which_nothing_changes_is_not_written(value):
    """Documents and sets are compared as a whole."""
    table_ = copy.deepcopy(TABLE)
    table_["GlobalSecondaryIndexes"][0]["Projection"] = {"ProjectionType": "ALL"}
    item = ITEM | {"v": value}
    for after, units in ((item, 1), (ITEM | {"v": {"S": "other"}}, 2)):
        update = {"operation": "UpdateItem", "before": item, "after": after}
        assert consumed(line("UpdateItem", [update], table=table_))["CapacityUnits"] == units


def test_a_scan_of_a_local_index_reads_the_items_for_what_it_lacks():
    """DynamoDB charges the items as well; DynamoDB Local charges them in place of the entries."""
    item = OTHER | {"day": {"S": "d"}, "pad": {"S": "x" * 5000}}
    for attributes, aws, local in ((["pad"], (1.0, 0.5), (0.0, 1.0)), (["total"], (0.0, 0.5), (0.0, 1.0))):
        scan = {"operation": "Scan", "index": "by_day", "evaluated": [item], "attributes": attributes}
        for dialect, expected in ((AWS, aws), (DYNAMODB_LOCAL, local)):
            found = consumed(line("Scan", [scan]), dialect)
            assert (found["Table"], found["LocalSecondaryIndexes"]["by_day"]) == expected


DEEP = json.loads('{"L":[' * 32 + '{"NULL":true}' + "]}" * 32)
DEEP_MAP = json.loads('{"M":{"a":' * 32 + '{"NULL":true}' + "}}" * 32)

WRONG = {
    "no JSON": (
        '{"id": 1,',
        (
            "is not JSON: Expecting property name enclosed in double quotes at column 10. "
            "Write one JSON object a line."
        ),
    ),
    "a list": ("[1]", "is not an object; got a list of 1. Write one JSON object a line."),
    "a name twice": (
        '{"id": 1, "id": 2}',
        'has the name "id" twice in one object. Write one JSON object a line.',
    ),
    "not a number": ('{"id": NaN}', "holds NaN, which is not JSON. Write one JSON object a line."),
    "nested without end": ("[" * 100_000, "is nested too deeply. Write one JSON object a line."),
    "an unknown field": (
        line(dialect="aws"),
        "dialect: is no field of a request, allowed id, table, operation, actions. Remove it.",
    ),
    "no call": (
        {"id": 1, "table": TABLE, "actions": []},
        "operation: is missing. Give each line id, table, operation, actions.",
    ),
    "a missing field": (
        {"table": TABLE, "operation": "PutItem", "actions": [{"operation": "PutItem", "after": ITEM}]},
        "id: is missing. Give each line id, table, operation, actions.",
    ),
    "an unknown call": (
        line("put"),
        (
            'operation: is no API call; got "put", allowed GetItem, Query, Scan, PutItem, UpdateItem, '
            "DeleteItem, BatchGetItem, BatchWriteItem, TransactGetItems, TransactWriteItems, "
            "ExecuteStatement, "
            "BatchExecuteStatement, ExecuteTransaction. Use the call's name."
        ),
    ),
    "no actions": (
        line(actions=[]),
        (
            "actions: are not what PutItem can have; got an empty list, allowed a list of 1. "
            "Give one action for each item."
        ),
    ),
    "26 writes in a batch": (
        line("BatchWriteItem", [{"operation": "DeleteItem"}] * 26),
        (
            "actions: are not what BatchWriteItem can have; got a list of 26, allowed a list of 1 to 25. "
            "Give one action for each item."
        ),
    ),
    "an action that is a text": (
        line(actions=["PutItem"]),
        (
            'actions[0]: is not an action; got "PutItem", allowed a mapping. '
            "See `workbench predict --help` for the fields."
        ),
    ),
    "an update in a batch": (
        line("BatchWriteItem", [{"operation": "UpdateItem", "before": ITEM, "after": ITEM}]),
        (
            'actions[0].operation: is no action of BatchWriteItem; got "UpdateItem", '
            "allowed PutItem, DeleteItem. See `workbench predict --help` for the fields."
        ),
    ),
    "a condition in a batch": (
        line("BatchWriteItem", [{"operation": "DeleteItem", "condition_failed": True}]),
        "actions[0].condition_failed: BatchWriteItem has no conditions, allowed false. Remove it.",
    ),
    "a field of reads": (
        line(actions=[{"operation": "PutItem", "after": ITEM, "index": "by_day"}]),
        "actions[0].index: is no field of a write, allowed before, after, condition_failed. Remove it.",
    ),
    "a flag in words": (
        line(actions=[{"operation": "PutItem", "after": ITEM, "condition_failed": "no"}]),
        (
            'actions[0].condition_failed: is not a truth value; got "no", allowed true or false. '
            "See `workbench predict --help` for the fields."
        ),
    ),
    "a put of nothing": (
        line(actions=[{"operation": "PutItem", "after": None}]),
        "actions[0].after: PutItem leaves an item; got nothing. Give the item as it is afterwards.",
    ),
    "a delete that leaves something": (
        line("DeleteItem", [{"operation": "DeleteItem", "before": OTHER, "after": OTHER}]),
        (
            "actions[0].after: DeleteItem leaves no item; got a mapping of pk, sk. "
            "Write null, or leave it out."
        ),
    ),
    "a key that changes": (
        line(actions=[{"operation": "PutItem", "before": OTHER, "after": ITEM}]),
        "actions[0].after: has another key than before. A write keeps the key of its item.",
    ),
    "an item twice": (
        line(
            "TransactWriteItems",
            [{"operation": "Put", "after": ITEM}, {"operation": "Delete", "before": ITEM}],
        ),
        "actions[1]: is on an item that another action is on. TransactWriteItems takes each item once.",
    ),
    "reads beside writes": (
        line(
            "ExecuteTransaction",
            [{"operation": "GetItem", "evaluated": []}, {"operation": "Put", "after": ITEM}],
        ),
        "actions: mix reads and writes. Make two transactions of it.",
    ),
    "an item that is a list": (
        line(actions=[{"operation": "PutItem", "after": [1]}]),
        (
            "actions[0].after: is not an item; got a list of 1, "
            "allowed a mapping of attribute names to values. Write values in DynamoDB JSON, such as "
            '{"S": "text"} '
            'or {"N": "1"}.'
        ),
    ),
    "a missing key": (
        line(actions=[{"operation": "PutItem", "after": {"pk": {"S": "a"}}}]),
        "actions[0].after.sk: the key is missing. Give the whole item.",
    ),
    "a key of the wrong type": (
        put(sk={"S": "1"}),
        (
            'actions[0].after.sk: has another type than the key; got "S", allowed N. '
            "The service refuses such a write; use the type in AttributeDefinitions."
        ),
    ),
    "an index key of the wrong type": (
        put(state={"N": "1"}),
        (
            'actions[0].after.state: has another type than the key; got "N", allowed S. '
            "The service refuses such a write; use the type in AttributeDefinitions."
        ),
    ),
    "an empty index key": (
        put(state={"S": ""}),
        'actions[0].after.state: is an empty key; got "". The service refuses it; leave it out or fill it.',
    ),
    "plain JSON": (
        put(n=5),
        (
            "actions[0].after.n: is not one typed value; got 5, allowed one of S, N, B, BOOL, NULL, SS, NS, "
            'BS, L, M. Write values in DynamoDB JSON, such as {"S": "text"} or {"N": "1"}.'
        ),
    ),
    "an unknown type": (
        put(n={"X": 5}),
        (
            'actions[0].after.n: has an unknown type; got "X", allowed one of S, N, B, BOOL, NULL, SS, NS, '
            'BS, L, M. Write values in DynamoDB JSON, such as {"S": "text"} or {"N": "1"}.'
        ),
    ),
    "a number without quotes": (
        put(n={"N": 5}),
        'actions[0].after.n.N: is not the text of a number; got 5. Write numbers as text, such as "1.5".',
    ),
    "39 digits": (
        put(n={"N": "1" * 39}),
        (
            f'actions[0].after.n.N: has 39 significant digits; got "{"1" * 39}", allowed up to 38. '
            "Shorten the number, or keep it as a string."
        ),
    ),
    "a number out of range": (
        put(n={"N": "1E126"}),
        (
            'actions[0].after.n.N: is out of range; got "1E126", allowed magnitudes 1E-130 to 9.9E125. '
            "Keep it as a string."
        ),
    ),
    "text that is a number": (
        put(n={"S": 5}),
        "actions[0].after.n.S: is not text; got 5. Put it in quotes.",
    ),
    "deep in a list": (
        put(n={"L": [{"M": {"a b": {"SS": ["x", 1]}}}]}),
        "actions[0].after.n.L[0].M.a b.SS[1]: is not text; got 1. Put it in quotes.",
    ),
    "half a character": (
        put(n={"S": "\ud800"}),
        'actions[0].after.n.S: holds half a surrogate pair; got "\\ud800". Write the whole character.',
    ),
    "no base64": (
        put(n={"B": "AAE"}),
        ('actions[0].after.n.B: is not base64; got "AAE". Write binary values as base64 text with padding.'),
    ),
    "a truth value in quotes": (
        put(n={"BOOL": "true"}),
        (
            'actions[0].after.n.BOOL: is not a truth value; got "true", allowed true or false. '
            "Write it without quotes."
        ),
    ),
    "a null that is false": (
        put(n={"NULL": False}),
        'actions[0].after.n.NULL: is not a null; got false, allowed true. Write {"NULL": true}.',
    ),
    "a map that is a list": (
        put(n={"M": []}),
        (
            "actions[0].after.n.M: is not a mapping; got an empty list. "
            'Write values in DynamoDB JSON, such as {"S": "text"} or {"N": "1"}.'
        ),
    ),
    "a list that is a map": (
        put(n={"L": {}}),
        (
            "actions[0].after.n.L: is not a list; got an empty mapping. "
            'Write values in DynamoDB JSON, such as {"S": "text"} or {"N": "1"}.'
        ),
    ),
    "an empty set": (
        put(n={"SS": []}),
        (
            "actions[0].after.n.SS: is not a set with members; got an empty list. "
            "Leave out an attribute that is empty."
        ),
    ),
    "equal numbers in a set": (
        put(n={"NS": ["1", "1.0"]}),
        "actions[0].after.n.NS: has a member twice. Name each member of a set once.",
    ),
    "a member without a name": (
        put(n={"M": {"": {"S": "x"}}}),
        "actions[0].after.n.M: a member has an empty name. Name the member.",
    ),
    "an attribute without a name": (
        put(**{"": {"S": "x"}}),
        "actions[0].after: an attribute has an empty name. Name the attribute.",
    ),
    "32 levels": (
        put(n=DEEP),
        "actions[0].after.n" + ".L[0]" * 31 + ".L: is nested deeper than 32 levels. Flatten the item.",
    ),
    "32 levels of maps": (
        put(n=DEEP_MAP),
        "actions[0].after.n" + ".M.a" * 31 + ".M: is nested deeper than 32 levels. Flatten the item.",
    ),
    "an item over 400 KB": (
        put(n={"S": "x" * 409_600}),
        (
            "actions[0].after: is too large; got 409,617 bytes, allowed up to 409,600 bytes. "
            "Make the item smaller."
        ),
    ),
    "an unknown index": (
        read("Query", index="by_name"),
        'actions[0].index: Query cannot read it; got "by_name", allowed by_state, by_day. Name an index.',
    ),
    "a get behind an index": (
        read("GetItem", index="by_day"),
        'actions[0].index: GetItem cannot read it; got "by_day", allowed none. Name an index.',
    ),
    "a consistent read of a global index": (
        read("Query", index="by_state", consistent_read=True),
        (
            "actions[0].consistent_read: a global index has no consistent reads. "
            "Read the table, or leave consistency out."
        ),
    ),
    "an entry that cannot be": (
        read("Query", index="by_day"),
        "actions[0].evaluated[0]: has no entry in index by_day. It needs pk, day of the right type.",
    ),
    "nothing about what was read": (
        line("Query", [{"operation": "Query"}]),
        (
            "actions[0].evaluated: is not what was read; got nothing, allowed a list of items. "
            "List the items of the table."
        ),
    ),
    "two items of one get": (
        line("GetItem", [{"operation": "GetItem", "evaluated": [ITEM, OTHER]}]),
        (
            "actions[0].evaluated: is not what was read; got a list of 2, allowed a list of at most 1 item. "
            "List the items of the table."
        ),
    ),
    "attributes in one text": (
        read("Query", attributes="total"),
        (
            'actions[0].attributes: are not attributes; got "total", allowed "ALL", a list of names, '
            "or nothing. List top-level names."
        ),
    ),
    "more than a global index holds": (
        read("Query", index="by_state", attributes=["total"]),
        (
            "actions[0].attributes: index by_state does not hold them; got a list of 1. "
            "The service refuses it; ask for what the index projects."
        ),
    ),
    "a table that is a name": (
        line(table="orders"),
        (
            'table: is not a CreateTable request; got "orders", allowed a mapping. '
            "Write it as in a CreateTable request."
        ),
    ),
    "a table without a name": (
        table(TableName=None),
        "table.TableName: is not a name; got nothing. Write it as in a CreateTable request.",
    ),
    "no keys": (
        table(KeySchema=[]),
        (
            "table.KeySchema: is not a list of mappings; got an empty list. "
            "Write it as in a CreateTable request."
        ),
    ),
    "an unknown kind of key": (
        table(KeySchema=[*TABLE["KeySchema"], {"AttributeName": "day", "KeyType": "SORT"}]),
        (
            'table.KeySchema[2].KeyType: is no kind of key; got "SORT", allowed HASH, RANGE. '
            "Write it as in a CreateTable request."
        ),
    ),
    "two sort keys of a table": (
        table(KeySchema=[*TABLE["KeySchema"], {"AttributeName": "day", "KeyType": "RANGE"}]),
        "table.KeySchema: has 2 RANGE keys, allowed 0 to 1. Write it as in a CreateTable request.",
    ),
    "a key type that no key can have": (
        table(
            AttributeDefinitions=[
                *TABLE["AttributeDefinitions"],
                {"AttributeName": "x", "AttributeType": "M"},
            ]
        ),
        (
            'table.AttributeDefinitions[4].AttributeType: is no key type; got "M", allowed S, N, B. '
            "Write it as in a CreateTable request."
        ),
    ),
    "a key without a type": (
        table(AttributeDefinitions=TABLE["AttributeDefinitions"][:3]),
        (
            'table.LocalSecondaryIndexes[0].KeySchema[1]: has no type; got "day". '
            "Define it in AttributeDefinitions."
        ),
    ),
    "a local index of another key": (
        table(
            LocalSecondaryIndexes=[
                {
                    "IndexName": "wrong",
                    "KeySchema": [
                        {"AttributeName": "state", "KeyType": "HASH"},
                        {"AttributeName": "day", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ]
        ),
        (
            'table.LocalSecondaryIndexes[0].KeySchema: has another partition key; got "state". '
            "Give a local index the table's partition key."
        ),
    ),
    "an index name twice": (
        table(GlobalSecondaryIndexes=TABLE["GlobalSecondaryIndexes"] * 2),
        'table: has two indexes of one name; got "by_state". Name each index once.',
    ),
    "an index without a projection": (
        table(GlobalSecondaryIndexes=[TABLE["GlobalSecondaryIndexes"][0] | {"Projection": {}}]),
        (
            "table.GlobalSecondaryIndexes[0].Projection.ProjectionType: is no projection; got nothing, "
            "allowed ALL, KEYS_ONLY, INCLUDE. Write it as in a CreateTable request."
        ),
    ),
    "an INCLUDE of nothing": (
        table(
            GlobalSecondaryIndexes=[
                TABLE["GlobalSecondaryIndexes"][0] | {"Projection": {"ProjectionType": "INCLUDE"}}
            ]
        ),
        (
            "table.GlobalSecondaryIndexes[0].Projection.NonKeyAttributes: is not a list of names; "
            "got nothing. Write it as in a CreateTable request."
        ),
    ),
    "names beside ALL": (
        table(
            GlobalSecondaryIndexes=[
                TABLE["GlobalSecondaryIndexes"][0]
                | {"Projection": {"ProjectionType": "ALL", "NonKeyAttributes": ["total"]}}
            ]
        ),
        (
            "table.GlobalSecondaryIndexes[0].Projection.NonKeyAttributes: does not belong to ALL; "
            "got a list of 1. Use INCLUDE, or leave the names out."
        ),
    ),
}


@pytest.mark.parametrize(("given", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_line_is_told_with_line_path_and_remedy(given, message):
    """Each kind of mistake gives exactly its message."""
    with pytest.raises(InputError) as caught:
        predictions(content(given), "f.jsonl", AWS)
    assert str(caught.value) == f"f.jsonl:1: {message}"


def test_all_wrong_lines_are_told_at_once():
    """Two wrong lines around a right one give two messages, in the order of the file."""
    with pytest.raises(InputError) as caught:
        predictions(content("1", line(), "2"), "f.jsonl", AWS)
    assert [problem.line for problem in caught.value.problems] == [1, 3]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "f.jsonl: has no lines. Write one JSON object a line."),
        (b"\n \n", "f.jsonl: has no lines. Write one JSON object a line."),
        (b'\n{"id": "\xff"}', "f.jsonl:2: byte 9 is not UTF-8; got 0xff. Save the file as UTF-8."),
    ],
    ids=["empty", "blank", "not UTF-8"],
)
def test_a_file_without_text_is_told(given, message):
    """An empty file and one in another encoding are named."""
    with pytest.raises(InputError) as caught:
        predictions(given, "f.jsonl", AWS)
    assert str(caught.value) == message
