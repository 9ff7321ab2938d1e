"""Each fault does to a request what its name says; what the engine then holds is looked at without faults."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict

import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from workbench.engines.faults import Fault, FaultKind, FaultSchedule, faults
from workbench.engines.faults.psycopg_faults import operation_of
from workbench.engines.faults.schedule import DYNAMODB, KINDS, POSTGRES

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={})
REFUSALS = {
    FaultKind.THROTTLED: "ProvisionedThroughputExceededException",
    FaultKind.CONFLICT: "TransactionConflictException",
    FaultKind.SERVER_ERROR: "InternalServerError",
    FaultKind.SERVER_ERROR_AFTER: "InternalServerError",
}
LOST = {
    FaultKind.TIMEOUT: ReadTimeoutError,
    FaultKind.LATE: ReadTimeoutError,
    FaultKind.RESET: ConnectionClosedError,
    FaultKind.RESPONSE_LOST: ConnectionClosedError,
}
TABLE = {
    "TableName": "Faulty",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
}
EFFECTIVE = {FaultKind.SERVER_ERROR_AFTER, FaultKind.RESPONSE_LOST, FaultKind.DUPLICATE, FaultKind.SLOW}


def of(operation, kind, ordinal=1, target=DYNAMODB, requests=1):
    """Returns a schedule with one fault."""
    return FaultSchedule((Fault(target, operation, ordinal, kind, requests),))


@pytest.fixture
def attempts(monkeypatch):
    """Makes clients that send each request once, so that a test sees each answer."""
    monkeypatch.setattr("workbench.engines.client._local_config", lambda: ONCE)


@pytest.fixture(scope="session", params=["dynamodb_local", "moto"])
def dynamo(request):
    """Each embedded engine that speaks DynamoDB."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def table(dynamo):
    """Name of an empty table with a partition and a sort key."""
    dynamo.client.create_table(**TABLE)
    yield TABLE["TableName"]
    dynamo.client.delete_table(TableName=TABLE["TableName"])


@pytest.fixture
def stored(dynamo, table):
    """Returns the sorted keys that the table of the test holds."""
    return lambda: sorted(item["pk"]["S"] for item in dynamo.client.scan(TableName=table)["Items"])


def item(name):
    """Returns an item."""
    return {"pk": {"S": name}, "sk": {"S": "s"}}


@pytest.mark.usefixtures("attempts")
@pytest.mark.parametrize("kind", [*REFUSALS, *LOST, FaultKind.DUPLICATE, FaultKind.SLOW])
def test_a_broken_write_takes_effect_exactly_when_its_kind_says_so(dynamo, table, stored, kind):
    """The client sees the error of the kind; the item is there or not; the next write is not touched."""
    with faults(of("PutItem", kind)) as broken:
        client = broken.dynamodb(dynamo).client
        if kind in REFUSALS:
            with pytest.raises(ClientError, match=REFUSALS[kind]):
                client.put_item(TableName=table, Item=item("a"))
        elif kind in LOST:
            with pytest.raises(LOST[kind]):
                client.put_item(TableName=table, Item=item("a"))
        else:
            client.put_item(TableName=table, Item=item("a"))
        assert stored() == (["a"] if kind in EFFECTIVE else [])
        assert [(event.kind, event.ordinal) for event in broken.events] == [(kind, 1)]


@pytest.mark.usefixtures("attempts")
def test_a_late_write_lands_after_as_many_requests_as_its_fault_says(dynamo, table, stored):
    """It overwrites what was written meanwhile, as a forgotten packet would."""
    with faults(of("PutItem", FaultKind.LATE, requests=2)) as broken:
        client = broken.dynamodb(dynamo).client
        with pytest.raises(ReadTimeoutError):
            client.put_item(TableName=table, Item={**item("a"), "value": {"S": "old"}})
        client.put_item(TableName=table, Item={**item("a"), "value": {"S": "new"}})
        before = dynamo.client.get_item(TableName=table, Key=item("a"))["Item"]["value"]
        client.get_item(TableName=table, Key=item("a"))
        after = dynamo.client.get_item(TableName=table, Key=item("a"))["Item"]["value"]
        kinds = [event.kind for event in broken.events]

    assert (before, after) == ({"S": "new"}, {"S": "old"})
    assert kinds == [FaultKind.LATE, "landed"]
    assert stored() == ["a"]


@pytest.mark.usefixtures("attempts")
def test_a_late_write_lands_at_the_end_at_the_latest(dynamo, table, stored):
    """The layer leaves nothing in the air."""
    with faults(of("PutItem", FaultKind.LATE, requests=1000)) as broken:
        client = broken.dynamodb(dynamo).client
        with pytest.raises(ReadTimeoutError):
            client.put_item(TableName=table, Item=item("a"))
        assert stored() == []

    assert stored() == ["a"]


@pytest.mark.usefixtures("attempts")
def test_half_of_a_batch_comes_back_unprocessed(dynamo, table, stored):
    """What comes back is exactly what was not written, and can be sent again as it is; so with reads."""
    writes = [{"PutRequest": {"Item": item(name)}} for name in "abcde"]
    keys = {"Keys": [item(name) for name in "abcde"], "ConsistentRead": True}
    schedule = FaultSchedule(
        (
            *of("BatchWriteItem", FaultKind.UNPROCESSED).faults,
            *of("BatchGetItem", FaultKind.UNPROCESSED).faults,
        )
    )
    with faults(schedule) as broken:
        client = broken.dynamodb(dynamo).client
        left = client.batch_write_item(RequestItems={table: writes})["UnprocessedItems"]
        half = stored()
        again = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
        read = client.batch_get_item(RequestItems={table: keys})

    assert (half, left[table]) == (["a", "b"], writes[2:])
    assert (stored(), again) == (list("abcde"), {})
    assert sorted(found["pk"]["S"] for found in read["Responses"][table]) == ["a", "b"]
    assert read["UnprocessedKeys"][table] == {**keys, "Keys": keys["Keys"][2:]}


@pytest.mark.usefixtures("attempts")
def test_a_batch_of_one_that_is_left_unprocessed_writes_nothing(dynamo, table, stored):
    """The half of one item is none."""
    with faults(of("BatchWriteItem", FaultKind.UNPROCESSED)) as broken:
        write = {table: [{"PutRequest": {"Item": item("a")}}]}
        left = broken.dynamodb(dynamo).client.batch_write_item(RequestItems=write)["UnprocessedItems"]

    assert (stored(), left) == ([], write)


@pytest.mark.usefixtures("attempts")
@pytest.mark.parametrize(
    ("kind", "code"), [(FaultKind.THROTTLED, "ThrottlingError"), (FaultKind.CONFLICT, "TransactionConflict")]
)
def test_a_refused_transaction_gives_a_reason_for_each_member(dynamo, table, stored, kind, code):
    """As DynamoDB does, the first member has the reason and the others none."""
    with faults(of("TransactWriteItems", kind)) as broken:
        client = broken.dynamodb(dynamo).client
        with pytest.raises(client.exceptions.TransactionCanceledException) as error:
            client.transact_write_items(
                TransactItems=[{"Put": {"TableName": table, "Item": item(name)}} for name in "ab"]
            )

    assert [reason["Code"] for reason in error.value.response["CancellationReasons"]] == [code, "None"]
    assert stored() == []


@pytest.mark.usefixtures("attempts")
def test_a_conditional_write_that_arrives_twice_fails_though_it_took_effect(dynamo, table, stored):
    """The answer is that of the second arrival, as it may be after a retry below the client."""
    with faults(of("PutItem", FaultKind.DUPLICATE)) as broken:
        client = broken.dynamodb(dynamo).client
        with pytest.raises(client.exceptions.ConditionalCheckFailedException):
            client.put_item(TableName=table, Item=item("a"), ConditionExpression="attribute_not_exists(pk)")

    assert stored() == ["a"]


def test_the_retries_of_the_client_meet_the_layer_too(dynamo, table, stored):
    """A throttled request is sent again by botocore, and both are counted."""
    with faults(of("PutItem", FaultKind.THROTTLED)) as broken:
        broken.dynamodb(dynamo).client.put_item(TableName=table, Item=item("a"))
        assert broken.injector.requests[DYNAMODB, "PutItem"] == 2

    assert stored() == ["a"]


@pytest.mark.usefixtures("attempts")
def test_every_drawn_kind_reaches_every_operation_that_it_names(dynamo, table):
    """No combination that a seed can draw fails inside the layer itself."""
    requests = {
        "PutItem": {"Item": item("a")},
        "UpdateItem": {
            "Key": item("a"),
            "UpdateExpression": "SET x = :x",
            "ExpressionAttributeValues": {":x": {"S": "x"}},
        },
        "DeleteItem": {"Key": item("a")},
        "GetItem": {"Key": item("a")},
        "Scan": {},
        "Query": {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}},
    }
    whole = {
        "BatchWriteItem": {"RequestItems": {table: [{"PutRequest": {"Item": item("a")}}]}},
        "BatchGetItem": {"RequestItems": {table: {"Keys": [item("a")]}}},
        "TransactWriteItems": {"TransactItems": [{"Put": {"TableName": table, "Item": item("a")}}]},
    }
    calls = {name: {"TableName": table, **more} for name, more in requests.items()} | whole
    kinds = defaultdict(list)
    for (target, kind), names in KINDS.items():
        for name in names if target == DYNAMODB else ():
            kinds[name].append(kind)
    planned = [Fault(DYNAMODB, n, i, kind) for n, each in kinds.items() for i, kind in enumerate(each, 1)]
    with faults(FaultSchedule(tuple(planned)), slow_seconds=0) as broken:
        client = broken.dynamodb(dynamo).client
        for fault in planned:
            with contextlib.suppress(ClientError, ConnectionClosedError, ReadTimeoutError):
                getattr(client, snake(fault.operation))(**calls[fault.operation])

    found = [
        (event.operation, event.ordinal, event.kind) for event in broken.events if event.kind != "landed"
    ]
    assert found == [(fault.operation, fault.ordinal, fault.kind) for fault in planned]


def snake(name):
    """Returns boto3's name of an operation."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


@pytest.fixture
def ledger(postgres):
    """An engine with an empty table `entries`."""
    with postgres.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS entries")
        connection.execute("CREATE TABLE entries (id integer)")
    return postgres


def rows(postgres):
    """Returns how many rows the table of the test has."""
    with postgres.connect() as connection:
        return connection.execute("SELECT count(*) FROM entries").fetchone()[0]


def insert(postgres):
    """Inserts a row in a transaction of its own."""
    with postgres.connect() as connection:
        connection.execute("INSERT INTO entries VALUES (1)")


@pytest.mark.parametrize(
    ("operation", "kind", "error", "there"),
    [
        ("INSERT", FaultKind.RESET, psycopg.OperationalError, 0),
        ("INSERT", FaultKind.RESPONSE_LOST, psycopg.OperationalError, 0),
        ("INSERT", FaultKind.CONFLICT, psycopg.errors.SerializationFailure, 0),
        ("INSERT", FaultKind.DISK_FULL, psycopg.errors.DiskFull, 0),
        ("COMMIT", FaultKind.RESET, psycopg.OperationalError, 0),
        ("COMMIT", FaultKind.RESPONSE_LOST, psycopg.OperationalError, 1),
    ],
)
def test_a_broken_statement_fails_and_its_transaction_ends_as_it_would(ledger, operation, kind, error, there):
    """Only a commit whose answer was lost leaves the row; the next transaction works."""
    with faults(of(operation, kind, target=POSTGRES)) as broken:
        engine = broken.postgres(ledger)
        with pytest.raises(error):
            insert(engine)
        assert rows(ledger) == there
        insert(engine)
        assert rows(ledger) == there + 1


def test_a_statement_that_commits_by_itself_may_have_taken_effect(ledger):
    """With autocommit, a lost answer leaves the row."""
    with faults(of("INSERT", FaultKind.RESPONSE_LOST, target=POSTGRES)) as broken:
        connection = broken.postgres(ledger).connect(autocommit=True)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("INSERT INTO entries VALUES (1)")
        connection.close()

    assert rows(ledger) == 1


@pytest.mark.parametrize(("kind", "there"), [(FaultKind.RESET, 0), (FaultKind.RESPONSE_LOST, 1)])
def test_the_commit_of_a_transaction_block_may_go_wrong_too(ledger, kind, there):
    """The block of `transaction()` ends with the error, and its effect is that of the kind."""
    with faults(of("COMMIT", kind, target=POSTGRES)) as broken:
        connection = broken.postgres(ledger).connect(autocommit=True)
        with pytest.raises(psycopg.OperationalError), connection.transaction():
            connection.execute("INSERT INTO entries VALUES (1)")
        connection.close()

    assert rows(ledger) == there


@pytest.mark.parametrize("in_a_block", [False, True])
def test_a_commit_may_arrive_when_its_client_has_given_up(ledger, in_a_block):
    """The client sees a connection that is cut, and closes it; who needs the table waits for the commit."""
    with faults(of("COMMIT", FaultKind.LATE, target=POSTGRES)) as broken:
        connection = broken.postgres(ledger).connect(autocommit=in_a_block)
        with pytest.raises(psycopg.OperationalError), connection.transaction() if in_a_block else connection:
            connection.execute("INSERT INTO entries VALUES (1)")
        connection.close()
        with ledger.connect() as other:
            other.execute("LOCK TABLE entries IN SHARE MODE")
            (count,) = other.execute("SELECT count(*) FROM entries").fetchone()

    assert count == 1


def test_an_error_inside_a_transaction_block_is_left_alone(ledger):
    """The block is rolled back and no commit is counted."""
    with faults(FaultSchedule()) as broken:
        connection = broken.postgres(ledger).connect(autocommit=True)
        with pytest.raises(psycopg.errors.DivisionByZero), connection.transaction():
            connection.execute("INSERT INTO entries VALUES (1 / 0)")
        connection.close()
        assert broken.injector.requests[POSTGRES, "COMMIT"] == 0

    assert rows(ledger) == 0


@pytest.mark.parametrize(
    ("statement", "operation"),
    [
        ("select 1", "SELECT"),
        ("  -- a remark\n  INSERT INTO a VALUES (1)", "INSERT"),
        ("/* a\nremark */ (SELECT 1)", "SELECT"),
        ("SELECT * FROM a FOR UPDATE", "SELECT"),
        ("WITH b AS (SELECT 1) SELECT * FROM b", "SELECT"),
        ("WITH b AS (SELECT 1) INSERT INTO c SELECT * FROM b", "INSERT"),
        ("WITH b AS (DELETE FROM c RETURNING *) SELECT * FROM b", "DELETE"),
        ("WITH b AS (UPDATE c SET d = 1 RETURNING *) SELECT * FROM b", "UPDATE"),
    ],
)
def test_a_statement_is_known_by_what_it_does(statement, operation):
    """Remarks, brackets and WITH are seen through."""
    assert operation_of(statement) == operation


def test_a_schedule_is_data_and_its_seed_is_enough():
    """The same seed draws the same faults, other seeds others; JSON keeps a schedule whole."""
    drawn = FaultSchedule.drawn(7, 30)

    assert drawn == FaultSchedule.drawn(7, 30)
    assert len({FaultSchedule.drawn(seed, 30) for seed in range(50)}) == 50
    assert FaultSchedule.from_record(json.loads(json.dumps(drawn.record()))) == drawn
    assert {(f.target, f.kind) for seed in range(50) for f in FaultSchedule.drawn(seed, 30).faults} == set(
        KINDS
    )
