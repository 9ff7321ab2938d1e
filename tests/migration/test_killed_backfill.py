"""A backfill that is killed with SIGKILL at random points and resumed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from boto3.session import Session
from botocore.config import Config

from workbench.migrate import Ledger, ensure_schema, load_source, verify
from workbench.spec import load_case

USERS = int(os.environ.get("WORKBENCH_SOAK_USERS", "20"))
KILLS = 10
CASE = load_case("algoitny")
FINISHED = 0


@pytest.fixture(scope="module")
def spawner():
    """A process that runs backfills in forks of its own."""
    script = Path(__file__).with_name("backfill_spawner.py")
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def stream(dynamodb_local, target):
    """Reads the events of a table's stream."""
    session = Session(target.database, "any", region_name="us-east-1")
    client = session.client(
        "dynamodbstreams", endpoint_url=dynamodb_local.endpoint_url, config=Config(proxies={})
    )
    yield lambda table: list(events(client, table))
    client.close()


def events(client, table):
    """Yields (kind of change, key) of every new version of an item of a table."""
    for stream in client.list_streams(TableName=table)["Streams"]:
        shards = client.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
        for shard in shards:
            iterator = client.get_shard_iterator(
                StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                page = client.get_records(ShardIterator=iterator, Limit=1000)
                yield from ((r["eventName"], str(r["dynamodb"]["Keys"])) for r in page["Records"])
                iterator = page.get("NextShardIterator") if page["Records"] else None


def begun_rows(ledger_path):
    """Returns how many rows belong to chunks that were begun."""
    with Ledger(ledger_path, writable=False) as ledger:
        return sum(chunk.rows for chunk in ledger.chunks())


def run_until(spawner, job, rows, pause):
    """Runs the backfill, kills it once so many rows were begun, and returns its exit status."""
    spawner.stdin.write(json.dumps(job) + "\n")
    spawner.stdin.flush()
    child = int(spawner.stdout.readline())
    deadline = time.monotonic() + 120
    while begun_rows(Path(job["ledger"])) < rows and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(pause)
    with suppress(ProcessLookupError):  # it may have ended meanwhile
        os.kill(child, signal.SIGKILL)
    return int(spawner.stdout.readline())


def run_to_end(spawner, job):
    """Runs the backfill and returns its exit status."""
    spawner.stdin.write(json.dumps(job) + "\n")
    spawner.stdin.flush()
    spawner.stdout.readline()
    return int(spawner.stdout.readline())


def test_killed_at_ten_random_points_the_move_ends_equal_and_writes_nothing_twice(
    source, target, spawner, stream, tmp_path
):
    """After ten SIGKILLs and resumptions both sides are equal, and each item has exactly one version."""
    tables = list(CASE.design.tables)
    ensure_schema(CASE, target)
    for table in tables:
        target.client.update_table(
            TableName=table, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        )
    rows = sum(load_source(CASE, source, USERS, 1).values())
    job = {
        "case": "algoitny",
        "endpoint_url": target.endpoint_url,
        "database": target.database,
        "postgres_url": source.url,
        "ledger": str(tmp_path / "ledger.sqlite"),
    }
    random_points = random.Random(20)  # noqa: S311 - moments of a test, not a secret
    points = sorted(random_points.uniform(0, rows) for _ in range(KILLS))

    killed = [run_until(spawner, job, point, random_points.uniform(0, 0.05)) for point in points]

    assert killed.count(signal.SIGKILL) >= KILLS - 2, "most kills must hit a running backfill"
    assert run_to_end(spawner, job) == FINISHED
    found = verify(CASE, source, target)
    assert found.equal, "\n".join(map(str, found.discrepancies))
    assert found.items == rows
    versions = Counter(event for table in tables for event in stream(table))
    assert {kind for kind, _ in versions} == {"INSERT"}
    assert (len(versions), set(versions.values())) == (found.items, {1})
