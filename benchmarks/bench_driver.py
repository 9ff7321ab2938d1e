"""What a request costs the processor of whoever sends it: the load driver, boto3, and plain HTTP.

All ask DynamoDB Local for the same item, in turns within one run. Processor time of this process is counted,
not elapsed time, so that neither the engine's speed nor other work on the machine matters. Plain HTTP is the
standard library's client and, as a limit that no measuring client reaches, a bare socket; both send prepared
bytes and look at nothing but the end of the answer.
"""

from __future__ import annotations

import gc
import http.client
import socket
import statistics
import sys
import time
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.engines import DynamoEngine, open_dynamodb
from workbench.engines.raw_http import Endpoint, Pool, Signer, body_of, endpoint_of
from workbench.replay.load.arrivals import Arrivals
from workbench.replay.load.loop import Loop, Payloads
from workbench.replay.load.sources import NEVER, ClosedSource
from workbench.replay.load.tape import Pattern, Tape

ROUNDS = 5
REQUESTS = 2000
BOTO3_REQUESTS = 300
CONNECTIONS = 8
KEY = {"id": {"S": "one"}}
ARGUMENTS = {"TableName": "Bench", "Key": KEY, "ReturnConsumedCapacity": "TOTAL"}
STEP = ("GetItem", body_of(ARGUMENTS))
OF_BOTO3, OF_HTTP = 3.0, 0.7
"""The least ratios to boto3 and to the standard library's HTTP client."""


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


def with_socket(endpoint: Endpoint) -> Callable[[], int]:
    """Returns a round of a bare socket."""
    payload = Signer(endpoint)(*STEP)
    connection = socket.create_connection(endpoint.address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run() -> int:
        for _ in range(REQUESTS):
            connection.sendall(payload)
            assert connection.recv(65536).endswith(b"}")
        return REQUESTS

    return run


def per_core(run: Callable[[], int]) -> float:
    """Returns the requests that one second of this process's processor time sends [1/s]."""
    gc.collect()
    begin = time.process_time()
    count = run()
    return count / (time.process_time() - begin)


def main() -> int:
    """Runs the comparison; the exit code is 1 when a ratio misses its aim."""
    with open_dynamodb() as engine:
        fill(engine.client)
        endpoint = endpoint_of(engine)
        ways = {
            "load driver": driver(endpoint),
            "boto3": with_boto3(engine),
            "http.client, prepared": with_http(endpoint),
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
    return int(ratios["boto3"] < OF_BOTO3 or ratios["http.client, prepared"] < OF_HTTP)


if __name__ == "__main__":
    sys.exit(main())
