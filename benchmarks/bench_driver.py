"""What a request costs the processor of whoever sends it: the load driver, boto3, and plain HTTP.

All ask DynamoDB Local for the same item, in turns within one run. Processor time of this process is counted,
not elapsed time, so that neither the engine's speed nor other work on the machine matters. Plain HTTP is the
standard library's client, a loop that keeps as many connections busy as the driver, reads each answer to its
stated length and checks its status, and, as a limit that no client of HTTP reaches, one socket that looks at
the last byte only. All send prepared bytes. The collector of garbage rests, as in the processes of a load.
"""

from __future__ import annotations

import gc
import http.client
import re
import selectors
import socket
import statistics
import sys
import time
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.engines import DynamoEngine, open_dynamodb
from workbench.engines.prepared import Endpoint, Signer, body_of, endpoint_of
from workbench.engines.raw_http import Pool
from workbench.replay.load.arrivals import Arrivals
from workbench.replay.load.loop import Loop, Payloads
from workbench.replay.load.sources import NEVER, ClosedSource
from workbench.replay.load.tape import Pattern, Tape

ROUNDS = 9
REQUESTS = 2000
BOTO3_REQUESTS = 300
CONNECTIONS = 8
KEY = {"id": {"S": "one"}}
ARGUMENTS = {"TableName": "Bench", "Key": KEY, "ReturnConsumedCapacity": "TOTAL"}
LENGTH = re.compile(rb"\ncontent-length: *(\d+)", re.IGNORECASE)
STEP = ("GetItem", body_of(ARGUMENTS))
AIMS = {"boto3": 3.0, "http.client, prepared": 0.7}
"""The least ratios to clients; loops by hand, which keep no record of a request, are limits and have none."""


def fill(client: Any) -> None:
    """Makes the table and its only item."""
    client.create_table(
        TableName="Bench",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="Bench", Item={**KEY, "text": {"S": "x" * 400}})


def driver(endpoint: Endpoint) -> Callable[[], int]:
    """Returns a round of the load driver."""
    pool, tape = Pool(endpoint, CONNECTIONS), Tape((Pattern("get", None, ((STEP,),)),))
    payloads = Payloads(endpoint, tape)

    def run() -> int:
        zeros = np.zeros(REQUESTS, np.int64)
        source = ClosedSource(iter((Arrivals(zeros, zeros, zeros),)), CONNECTIONS, NEVER - 1)
        records: array[int] = array("q")
        loop = Loop(pool, payloads, tape, source, records.extend, 10**10, time.perf_counter_ns())
        loop.run()
        assert len(records) == REQUESTS * 10
        return REQUESTS

    return run


def with_boto3(engine: DynamoEngine) -> Callable[[], int]:
    """Returns a round of boto3."""

    def run() -> int:
        for _ in range(BOTO3_REQUESTS):
            engine.client.get_item(**ARGUMENTS)
        return BOTO3_REQUESTS

    return run


def with_http(endpoint: Endpoint) -> Callable[[], int]:
    """Returns a round of the standard library's client, with prepared headers and body."""
    host, port = endpoint.address
    connection = http.client.HTTPConnection(host, port)
    head = Signer(endpoint)(*STEP).split(b"\r\n\r\n")[0].decode().split("\r\n")[2:-1]
    headers = dict(line.split(": ", 1) for line in head)

    def run() -> int:
        for _ in range(REQUESTS):
            connection.request("POST", "/", STEP[1], headers)
            assert connection.getresponse().read()
        return REQUESTS

    return run


def connected(endpoint: Endpoint) -> socket.socket:
    """Returns a connection that sends without delay."""
    connection = socket.create_connection(endpoint.address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def with_raw_http(endpoint: Endpoint) -> Callable[[], int]:
    """Returns a round of HTTP by hand: status checked, read to the stated length, nothing else looked at."""
    payload, ready = Signer(endpoint)(*STEP), selectors.DefaultSelector()
    connections = [connected(endpoint) for _ in range(CONNECTIONS)]
    for connection in connections:
        ready.register(connection, selectors.EVENT_READ)

    def run() -> int:
        for connection in connections:
            connection.sendall(payload)
        unsent, waiting = REQUESTS - CONNECTIONS, CONNECTIONS
        while waiting:
            for key, _ in ready.select():
                read_whole(key.fileobj)
                if unsent:
                    key.fileobj.sendall(payload)
                    unsent -= 1
                else:
                    waiting -= 1
        return REQUESTS

    return run


def read_whole(connection: socket.socket) -> None:
    """Reads an answer to its stated length."""
    head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    missing = int(LENGTH.search(head)[1]) - len(body)  # type: ignore[index]  # DynamoDB always states it
    while missing:
        missing -= len(connection.recv(missing))


def with_socket(endpoint: Endpoint) -> Callable[[], int]:
    """Returns a round of a bare socket."""
    payload, connection = Signer(endpoint)(*STEP), connected(endpoint)

    def run() -> int:
        for _ in range(REQUESTS):
            connection.sendall(payload)
            assert connection.recv(65536).endswith(b"}")
        return REQUESTS

    return run


def per_core(run: Callable[[], int]) -> float:
    """Returns the requests that one second of this process's processor time sends [1/s]."""
    gc.collect()
    gc.disable()
    begin = time.process_time()
    count = run()
    spent = time.process_time() - begin
    gc.enable()
    return count / spent


def main() -> int:
    """Runs the comparison; the exit code is 1 when a ratio misses its aim."""
    with open_dynamodb() as engine:
        fill(engine.client)
        endpoint = endpoint_of(engine)
        ways = {
            "load driver": driver(endpoint),
            "boto3": with_boto3(engine),
            "http.client, prepared": with_http(endpoint),
            "HTTP by hand": with_raw_http(endpoint),
            "bare socket": with_socket(endpoint),
        }
        for run in ways.values():
            run()
        found = {name: [per_core(run) for run in ways.values()] for name in range(ROUNDS)}
    rates = dict(zip(ways, zip(*found.values(), strict=True), strict=True))
    for name, values in rates.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{name:22} {middle:8.0f} requests/s per core of the client (min {low:.0f}, max {high:.0f})")
    ratios = {}
    for name in list(rates)[1:]:
        pairs = [ours / theirs for ours, theirs in zip(rates["load driver"], rates[name], strict=True)]
        ratios[name] = statistics.median(pairs)
        print(f"load driver / {name}: x{ratios[name]:.2f} (min {min(pairs):.2f}, max {max(pairs):.2f})")
    return int(any(ratios[name] < aim for name, aim in AIMS.items()))


if __name__ == "__main__":
    sys.exit(main())
