"""Prepared requests over plain connections: bytes in pieces, closed connections, signatures."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from workbench.engines.prepared import Endpoint, Signer, body_of
from workbench.engines.raw_http import Answer, Pool, failure_kind
from workbench.errors import EngineError
from workbench.replay.load.loop import error_kind, half_units, left_over, next_page


@contextmanager
def scripted(*scripts):
    """A server that answers each connection by its script: pieces of bytes, None to read a request."""
    listener = socket.create_server(("127.0.0.1", 0))
    received = []

    def serve():
        for script in scripts:
            connection, _ = listener.accept()
            with connection:
                for piece in script:
                    if piece is None:
                        received.append(_request(connection))
                    else:
                        connection.sendall(piece)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listener:
        yield (
            Endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}", "us-east-1", "a", "b"),
            received,
        )
    thread.join(5)


def _request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(
        next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")).split(b":")[1]
    )
    while len(body) < length:
        body += connection.recv(1 << 16)
    return head, body


def answer_of(pool):
    """Returns the next answer that comes."""
    for _ in range(200):
        found = pool.wait(0.05)
        if found:
            return found[0]
    raise AssertionError("no answer came")


def ask(pool, payload):
    """Returns the answer to one request on a free connection."""
    channel = pool.idle.pop()
    channel.job = "asked"
    assert pool.send(channel, payload) is None
    channel, answer = answer_of(pool)
    channel.job = None
    return channel, answer


def test_an_answer_in_pieces_is_put_together_and_a_long_request_goes_out_whole():
    """Head and body arrive apart, the request is larger than what a socket takes at once."""
    body = body_of({"Text": "x" * 3_000_000})
    pieces = (b"HTTP/1.1 200 OK\r\nconTENT-length: 10", b"\r\n\r\n01234", b"56789")
    with scripted((None, *pieces)) as (endpoint, received):
        pool = Pool(endpoint, 1)
        _, answer = ask(pool, Signer(endpoint)("PutItem", body))
        pool.close()
    assert answer == Answer(200, b"0123456789")
    assert received[0][1] == body


def test_a_connection_that_the_engine_closes_is_opened_again():
    """`Connection: close` is obeyed: the next request goes over a new connection and nothing fails."""
    reply = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    with scripted((None, reply), (None, reply)) as (endpoint, received):
        pool = Pool(endpoint, 1)
        for _ in range(2):
            channel, answer = ask(pool, Signer(endpoint)("GetItem", b"{}"))
            assert answer.status == 200
            pool.idle.append(channel)
        pool.close()
    assert len(received) == 2


def test_a_lost_connection_is_a_failure_with_a_kind():
    """An engine that hangs up in the middle of an answer, or sends one without a length, is named so."""
    with scripted((None, b"HTTP/1.1 200 OK\r\nContent-Le"), (None, b"HTTP/1.1 200 OK\r\n\r\n")) as (
        endpoint,
        _,
    ):
        pool = Pool(endpoint, 1)
        assert ask(pool, Signer(endpoint)("GetItem", b"{}"))[1] == Answer(0, b"connection reset")
        assert (pool.idle, pool.missing) == ([], 1)
        pool.reopen(0.0)
        assert ask(pool, Signer(endpoint)("GetItem", b"{}"))[1].body == b"answer without a length"
        pool.close()


def test_nobody_listens():
    """The message names the address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(EngineError, match=f"{url} cannot be reached: Connection refused. Start the engine"):
        Pool(Endpoint(url, "us-east-1", "a", "b"), 1)
    assert failure_kind(OSError()) == b"connection lost"


def signature(payload):
    """Returns the signature that a request bears, and its head."""
    head = payload.split(b"\r\n\r\n")[0].decode()
    return dict(line.split(": ", 1) for line in head.split("\r\n")[1:]), head


def test_where_signatures_are_checked_each_request_has_botocore_s():
    """The same headers signed by botocore give the same signature; without a check one serves all bodies."""
    endpoint = Endpoint("https://dynamodb.example.com", "eu-west-1", "key", "secret", "token", checked=True)
    headers, _ = signature(Signer(endpoint)("GetItem", b'{"a":1}'))
    assert (headers["Host"], headers["X-Amz-Security-Token"]) == ("dynamodb.example.com", "token")
    again = AWSRequest(
        "POST",
        "https://dynamodb.example.com/",
        headers={name: headers[name] for name in ("X-Amz-Target", "Content-Type", "X-Amz-Date")},
        data=b'{"a":1}',
    )
    again.context["timestamp"] = headers["X-Amz-Date"]
    auth = SigV4Auth(Credentials("key", "secret", "token"), "dynamodb", "eu-west-1")
    again.headers["X-Amz-Security-Token"] = "token"
    canonical = auth.canonical_request(again)
    expected = auth.signature(auth.string_to_sign(again, canonical), again)
    assert headers["Authorization"].endswith(f"Signature={expected}")
    local = Signer(Endpoint("http://127.0.0.1:8000", "eu-west-1", "key", "secret"))
    one, two = (signature(local("GetItem", body))[0]["Authorization"] for body in (b"{}", b'{"a":2}'))
    assert one == two


def test_answers_are_read_as_far_as_needed():
    """Capacity of all tables, the next page, what a batch left over, and the kind of an error."""
    several = (
        b'{"ConsumedCapacity":[{"TableName":"A","CapacityUnits":2.0},{"TableName":"B","CapacityUnits":0.5}]}'
    )
    assert half_units(several) == 5
    assert half_units(b"{}") == 0
    page = next_page(("Query", b'{"Limit":2}'), b'{"LastEvaluatedKey":{"id":{"S":"z"}}}')
    assert json.loads(page[1]) == {"Limit": 2, "ExclusiveStartKey": {"id": {"S": "z"}}}
    assert next_page(("Query", b"{}"), b'{"Items":[{"LastEvaluatedKey":{"S":"a"}}]}') is None
    left = left_over(("BatchGetItem", b'{"RequestItems":{"T":1}}'), b'{"UnprocessedKeys":{"T":{"Keys":[]}}}')
    assert json.loads(left[1]) == {"RequestItems": {"T": {"Keys": []}}}
    assert left_over(("BatchGetItem", b"{}"), b'{"UnprocessedKeys":{}}') is None
    refused = b'{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"x"}'
    assert error_kind(Answer(400, refused)) == "ResourceNotFoundException"
    reasons = b'"CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed"}]'
    cancelled = b'{"__type":"x#TransactionCanceledException",' + reasons + b"}"
    assert error_kind(Answer(400, cancelled)) == "ConditionalCheckFailedException"
    assert error_kind(Answer(503, b"busy")) == "HTTP 503"
    assert error_kind(Answer(0, b"connection reset")) == "connection reset"
