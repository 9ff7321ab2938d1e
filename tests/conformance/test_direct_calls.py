"""Calls past boto3: the same requests, answers, exceptions, repetitions and faults as through it."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from workbench.engines.client import local_client
from workbench.engines.direct import caller, direct_calls
from workbench.engines.faults import Fault, FaultKind, FaultSchedule, faults
from workbench.engines.faults.schedule import DYNAMODB
from workbench.migrate.scans import scanned_part, wire_part
from workbench.migrate.writer import BatchWriter

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={}, read_timeout=0.2)
TABLE = {
    "TableName": "Direct",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def table(dynamodb_local):
    """Name of an empty table."""
    dynamodb_local.client.create_table(**TABLE)
    yield TABLE["TableName"]
    dynamodb_local.client.delete_table(TableName=TABLE["TableName"])


@pytest.fixture
def once(monkeypatch):
    """Makes clients that send each request once and wait a fifth of a second for the answer."""
    monkeypatch.setattr("workbench.engines.client._local_config", lambda: ONCE)


def of(kind):
    """Returns a schedule that breaks the first batch."""
    return FaultSchedule((Fault(DYNAMODB, "BatchWriteItem", 1, kind, 1),))


def items(count):
    """Returns items with text, bytes and a number each."""
    return [
        {"pk": {"S": f'k{n} \u20ac"'}, "raw": {"B": bytes([n, 255])}, "n": {"N": str(n)}}
        for n in range(count)
    ]


def writes(table, some):
    """Returns the arguments that write items."""
    return {"RequestItems": {table: [{"PutRequest": {"Item": item}} for item in some]}}


def stored(engine, table):
    """Returns what a table holds, by boto3, in the order of its keys."""
    return sorted(scanned_part(engine.client, table, 0, 1), key=lambda item: item["pk"]["S"])


@contextlib.contextmanager
def answering(*answers):
    """Serves connections one after another; each gets its answers, one a request, and is then closed."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            for own in answers:
                connection, _ = listener.accept()
                with connection:
                    for answer in own:
                        data = connection.recv(1 << 16)
                        while not data.endswith(b"}"):
                            data += connection.recv(1 << 16)
                        connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listener:
        yield local_client(f"http://127.0.0.1:{listener.getsockname()[1]}", "us-east-1", "direct")
    thread.join(5)


def test_what_is_written_past_boto3_is_read_by_it(dynamodb_local, table):
    """Text beyond ASCII, bytes and numbers arrive as they are; a scan past boto3 gives bytes as base64."""
    call = caller(dynamodb_local.client)

    assert call("BatchWriteItem", writes(table, items(3))) == {"UnprocessedItems": {}}

    assert stored(dynamodb_local, table) == items(3)
    found = sorted(wire_part(dynamodb_local.client, table, 0, 1), key=lambda item: item["pk"]["S"])
    assert [item["raw"]["B"] for item in found] == ["AP8=", "Af8=", "Av8="]
    assert [item["n"] for item in found] == [{"N": "0"}, {"N": "1"}, {"N": "2"}]


def test_a_scan_past_boto3_follows_pages(dynamodb_local, table):
    """A table of over 1 MB comes in several answers."""
    large = [{"pk": {"S": f"k{n}"}, "text": {"S": "x" * 300_000}} for n in range(8)]
    BatchWriter(dynamodb_local.client, table, ("pk",)).write(large)

    assert sorted(item["pk"]["S"] for item in wire_part(dynamodb_local.client, table, 0, 1)) == [
        f"k{n}" for n in range(8)
    ]


def test_a_batch_whose_json_is_too_long_goes_in_several_requests(dynamodb_local, table, monkeypatch):
    """Each request stays below the limit, and every item arrives."""
    monkeypatch.setattr("workbench.migrate.writer.BODY_BYTES", 200)
    with faults(FaultSchedule()) as whole:
        assert BatchWriter(whole.dynamodb(dynamodb_local).client, table, ("pk",)).write(items(9)) == 9
        assert whole.injector.requests[DYNAMODB, "BatchWriteItem"] > 1

    assert stored(dynamodb_local, table) == items(9)


@pytest.mark.usefixtures("once")
@pytest.mark.parametrize(
    ("kind", "expected", "arrived"),
    [
        (FaultKind.THROTTLED, "ProvisionedThroughputExceededException", False),
        (FaultKind.SERVER_ERROR, "InternalServerError", False),
        (FaultKind.SERVER_ERROR_AFTER, "InternalServerError", True),
        (FaultKind.TIMEOUT, ReadTimeoutError, False),
        (FaultKind.RESET, ConnectionClosedError, False),
        (FaultKind.RESPONSE_LOST, ConnectionClosedError, True),
    ],
)
def test_faults_reach_calls_past_boto3(dynamodb_local, table, kind, expected, arrived):
    """Each fault raises what boto3 would raise, and the request has taken effect or not."""
    with faults(of(kind)) as broken:
        client = broken.dynamodb(dynamodb_local).client
        found = expected if isinstance(expected, type) else client.exceptions.from_code(expected)
        with pytest.raises(found):
            caller(client)("BatchWriteItem", writes(table, items(2)))

    assert bool(stored(dynamodb_local, table)) is arrived


def test_half_a_batch_that_is_left_over_can_be_sent_as_it_came(dynamodb_local, table):
    """What comes back unprocessed holds bytes as base64 and is written like the rest."""
    with faults(of(FaultKind.UNPROCESSED)) as broken:
        call = caller(broken.dynamodb(dynamodb_local).client)
        left = call("BatchWriteItem", writes(table, items(4)))["UnprocessedItems"]
        assert len(left[table]) == 2
        call("BatchWriteItem", {"RequestItems": left})

    assert stored(dynamodb_local, table) == items(4)


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.RESET, FaultKind.THROTTLED])
def test_a_failure_that_passes_is_tried_again(dynamodb_local, table, kind):
    """As through boto3, the caller does not notice."""
    with faults(of(kind)) as broken:
        caller(broken.dynamodb(dynamodb_local).client)("BatchWriteItem", writes(table, items(2)))

        assert len(broken.events) == 1
    assert stored(dynamodb_local, table) == items(2)


def test_a_refusal_is_the_clients_own_exception_and_is_not_repeated(dynamodb_local):
    """The code is a class of the client's exceptions, the message the engine's."""
    with faults(FaultSchedule()) as whole:
        client = whole.dynamodb(dynamodb_local).client
        with pytest.raises(client.exceptions.ResourceNotFoundException, match="non-existent table"):
            caller(client)("BatchWriteItem", writes("Nowhere", items(1)))

        assert whole.injector.requests[DYNAMODB, "BatchWriteItem"] == 1


@pytest.mark.usefixtures("once")
def test_a_connection_that_was_closed_meanwhile_is_replaced():
    """Nothing is sent over it, so even a client that tries once notices nothing."""
    with answering([EMPTY], [EMPTY]) as client:
        call = direct_calls(client)
        assert call("Scan", {"TableName": "T"}) == {}
        threading.Event().wait(0.2)

        assert call("Scan", {"TableName": "T"}) == {}


@pytest.mark.usefixtures("once")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{]}", ResponseParserError),
        (b"", ConnectionClosedError),
        (b"HTTP/1.1 200 OK\r\nContent-Le", ConnectionClosedError),
        (b"HTTP/1.1 503 Slow Down\r\nContent-Length: 2\r\n\r\n{}", ClientError),
    ],
)
def test_half_answers_raise_what_boto3_raises(answer, error):
    """Torn JSON, a connection that ends early, and an error without a name."""
    with answering([answer]) as client, pytest.raises(error):
        direct_calls(client)("Scan", {"TableName": "T"})


@pytest.mark.usefixtures("once")
def test_silence_ends_after_the_clients_own_time():
    """The client's `read_timeout` counts, and the connection is not used again."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = local_client(f"http://127.0.0.1:{silent.getsockname()[1]}", "us-east-1", "direct")
        with pytest.raises(ReadTimeoutError):
            direct_calls(client)("Scan", {"TableName": "T"})


@pytest.mark.usefixtures("once")
def test_nobody_there_is_said_as_boto3_says_it():
    """The address is named."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises(EndpointConnectionError, match=url):
        direct_calls(local_client(url, "us-east-1", "direct"))("Scan", {"TableName": "T"})


def test_a_client_of_aws_makes_its_calls_itself():
    """Its credentials, proxies and pace are boto3's; nothing is opened for it."""
    client = boto3.session.Session("a", "b", region_name="eu-west-1").client("dynamodb")

    assert direct_calls(client) is None


def test_what_is_no_client_of_boto3_is_called_by_its_methods():
    """The API's name becomes the method's."""

    class Fake:
        def batch_write_item(self, **arguments):
            return arguments

    assert caller(Fake())("BatchWriteItem", {"RequestItems": {}}) == {"RequestItems": {}}


def test_connections_end_with_their_client(dynamodb_local):
    """Threads share them, and no socket outlives the client."""
    client = dynamodb_local.connect("fleeting")
    calls = direct_calls(client)
    assert direct_calls(client) is calls
    calls("ListTables", {})
    (channel,) = calls._idle

    del client
    gc.collect()

    assert channel.fileno() == -1
