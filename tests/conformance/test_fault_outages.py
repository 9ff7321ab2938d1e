"""Engines that are killed come back with what they acknowledged; full disks refuse and destroy nothing."""

from __future__ import annotations

import threading
from contextlib import suppress

import psycopg
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from workbench.engines import open_dynamodb, open_postgres
from workbench.engines.faults import Fault, FaultKind, FaultSchedule, faults
from workbench.engines.faults.outages import crash_postgres, durable_dynamodb, full_disk
from workbench.engines.faults.schedule import ANY, DYNAMODB, POSTGRES
from workbench.errors import MigrationError
from workbench.migrate import Ledger

TABLE = {
    "TableName": "Things",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
WAL_SEGMENT_BYTES = 16 * 2**20
BIG_ROWS = """SELECT string_agg(md5((i * 7919 + n)::text), '')
FROM generate_series(1, 3000) AS n, generate_series(1, 200) AS i GROUP BY n"""
DISK_BYTES = 2 * 2**20
ITEM_CHARACTERS = 100_000


def keys(client):
    """Returns the keys of the table."""
    pages = client.get_paginator("scan").paginate(TableName="Things")
    return {item["pk"]["S"] for page in pages for item in page["Items"]}


def test_dynamodb_local_comes_back_with_every_acknowledged_write(tmp_path):
    """It is killed while four writers write; the clients of its first life go on with the second."""
    acknowledged = []

    def write(client, name):
        with suppress(BotoCoreError, ClientError):
            for number in range(10_000):
                client.put_item(TableName="Things", Item={"pk": {"S": f"{name}{number}"}})
                acknowledged.append(f"{name}{number}")
                if len(acknowledged) == 60:
                    enough.set()

    enough = threading.Event()
    with durable_dynamodb(tmp_path / "data") as durable:
        client = durable.engine.client
        client.create_table(**TABLE)
        writers = [threading.Thread(target=write, args=(client, name)) for name in "abcd"]
        for writer in writers:
            writer.start()
        assert enough.wait(60)
        durable.kill()
        for writer in writers:
            writer.join()
        durable.start(int(client.meta.endpoint_url.rsplit(":", 1)[1]))

        assert set(acknowledged) <= keys(client)
        assert len(keys(client)) <= len(acknowledged) + len(writers)


def test_a_schedule_kills_an_engine_between_two_requests(tmp_path):
    """The request that the fault belongs to meets the engine's next life, through the client's retries."""
    schedule = FaultSchedule((Fault(DYNAMODB, ANY, 3, FaultKind.ENGINE_KILLED),))
    with durable_dynamodb(tmp_path / "data") as durable:
        durable.engine.client.create_table(**TABLE)
        with faults(schedule, {DYNAMODB: durable.restart}) as broken:
            client = broken.dynamodb(durable.engine).client
            first = durable.engine.pid
            for name in "abcd":
                put = {"Put": {"TableName": "Things", "Item": {"pk": {"S": name}}}}
                client.transact_write_items(TransactItems=[put])
            kinds = [event.kind for event in broken.events]

        assert keys(durable.engine.client) == set("abcd")
        assert (kinds, durable.engine.pid == first) == ([FaultKind.ENGINE_KILLED], False)


def test_a_full_disk_stops_dynamodb_local_and_room_brings_it_back(tmp_path):
    """What was acknowledged before and while the disk filled up is there after a start with room."""
    acknowledged = set()

    def fill(client):
        for number in range(DISK_BYTES // ITEM_CHARACTERS + 1):
            item = {"pk": {"S": str(number)}, "body": {"S": "x" * ITEM_CHARACTERS}}
            client.put_item(TableName="Things", Item=item)
            acknowledged.add(str(number))

    with full_disk(DISK_BYTES), open_dynamodb(data_directory=tmp_path / "data") as engine:
        engine.client.create_table(**TABLE)
        with pytest.raises(ClientError, match="InternalFailure"):
            fill(engine.client)

    with open_dynamodb(data_directory=tmp_path / "data") as engine:
        assert keys(engine.client) >= acknowledged
        assert len(acknowledged) > 1
        engine.client.put_item(TableName="Things", Item={"pk": {"S": "more"}})


@pytest.fixture
def durable_postgres(open_folder):
    """Opens PostgreSQL on a kept folder that its user can reach."""
    return lambda: open_postgres(data_directory=open_folder / "cluster")


def count(postgres):
    """Returns the rows of the table."""
    with postgres.connect() as connection:
        return connection.execute("SELECT count(*) FROM entries").fetchone()[0]


def test_postgres_recovers_from_a_killed_process_with_every_commit(durable_postgres):
    """All connections end; what was committed is there, what was not is gone; the address stays."""
    with durable_postgres() as postgres:
        with postgres.connect() as connection:
            connection.execute("CREATE TABLE entries (body text)")
        open_one = postgres.connect()
        open_one.execute("INSERT INTO entries VALUES ('not committed')")
        with postgres.connect() as connection:
            connection.execute("INSERT INTO entries VALUES ('committed')")

        crash_postgres(postgres)

        with pytest.raises(psycopg.OperationalError):
            open_one.commit()
        open_one.close()
        assert count(postgres) == 1


def test_a_schedule_crashes_postgres_between_two_statements(durable_postgres):
    """The open transaction is lost and tells so; the next connection works."""
    schedule = FaultSchedule((Fault(POSTGRES, "INSERT", 2, FaultKind.ENGINE_KILLED),))
    with durable_postgres() as postgres:
        with postgres.connect() as connection:
            connection.execute("CREATE TABLE entries (body text)")
        with faults(schedule, {POSTGRES: lambda: crash_postgres(postgres)}) as broken:
            connection = broken.postgres(postgres).connect(autocommit=True)
            connection.execute("INSERT INTO entries VALUES ('a')")
            with pytest.raises(psycopg.OperationalError):
                connection.execute("INSERT INTO entries VALUES ('b')")
            connection.close()

        assert count(postgres) == 1


def test_a_full_disk_refuses_rows_and_leaves_postgres_whole(durable_postgres):
    """The statement is rolled back; reading works on, and after a start with room so does writing."""
    with full_disk(WAL_SEGMENT_BYTES), durable_postgres() as postgres:
        with postgres.connect() as connection:
            connection.execute("CREATE TABLE entries (body text)")
            connection.execute("INSERT INTO entries VALUES ('a')")
        with pytest.raises(psycopg.Error, match="could not extend file"), postgres.connect() as connection:
            connection.execute(f"INSERT INTO entries {BIG_ROWS}")
        assert count(postgres) == 1

    with durable_postgres() as postgres:
        assert count(postgres) == 1
        with postgres.connect() as connection:
            connection.execute("INSERT INTO entries VALUES ('b')")
        assert count(postgres) == 2


def test_a_ledger_on_a_full_disk_tells_it_and_can_be_used_again(tmp_path):
    """What was recorded before stays, what could not be is not, and the advice is to make room."""
    path = tmp_path / "ledger"
    with Ledger(path) as ledger:
        ledger.remember(case="before")
    with (
        pytest.raises(MigrationError, match="Make room or free it, then run the same again"),
        Ledger(path) as ledger,
        full_disk(path.stat().st_size),
    ):
        ledger.remember(case="x" * 100_000)

    with Ledger(path) as ledger:
        assert ledger.facts() == {"case": "before"}
        ledger.remember(case="after")
        assert ledger.facts() == {"case": "after"}
