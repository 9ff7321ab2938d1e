"""The query service of the case on DynamoDB Local, with the same records as plain rows beside it."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from workbench.cache.memory import MemoryCache
from workbench.engines import open_postgres
from workbench.engines.wire import WireClient
from workbench.migrate import rehearse
from workbench.query import load_settings
from workbench.query.assembly import assemble
from workbench.query.kept import PageCache
from workbench.query.store import WireCalls
from workbench.service.grants import Grant, key_digest
from workbench.service.options import Options
from workbench.spec import load_case

CASE = load_case("query-processor")
SETTINGS = load_settings(CASE)
USERS, SEED = 40, 5
OWNER = "owner-key"
MANY = 10_000_000


def grant(key, **given):
    """A grant for a key, without a limit that a test would reach."""
    return Grant(sha256=key_digest(key), **({"requests_per_minute": MANY} | given))


def seeded(seed):
    """A source of test data that is the same in each run."""
    return random.Random(seed)  # noqa: S311 - nothing is protected by it


_loop = asyncio.new_event_loop()


def in_loop(work):
    """The result of a coroutine, run in the one event loop that all services of the tests share."""
    return asyncio.run_coroutine_threadsafe(work, _loop).result()


@dataclass
class Service:
    """A service and how to call it without a socket."""

    app: object
    key: str = OWNER

    def request(self, method, path, pairs=(), *, key=None, **given):
        """One request; `key=''` sends none."""

        async def send():
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                known = self.key if key is None else key
                headers = ({"X-API-Key": known} if known else {}) | given.pop("headers", {})
                return await client.request(method, path, params=list(pairs), headers=headers, **given)

        return in_loop(send())

    def page(self, pairs, **given):
        """One page of records; the status is not looked at."""
        return self.request("GET", "/v1/records", pairs, **given)

    def everything(self, pairs, **given):
        """The records of all pages, one after another."""
        records, token = [], None
        while True:
            answer = self.page([*pairs, *([("token", token)] if token else [])], **given)
            assert answer.status_code == 200, answer.text
            body = json.loads(answer.text, parse_float=Decimal)
            assert len(body["items"]) == body["count"]
            records += body["items"]
            token = body["next"]
            if not token:
                return records


def plain(value):
    """An attribute value as the JSON that it stands for, unwrapped without the code under test."""
    ((kind, inside),) = value.items()
    if kind == "N":
        return int(inside) if inside.lstrip("-").isdigit() else Decimal(inside)
    if kind == "M":
        return {name: plain(part) for name, part in inside.items()}
    if kind == "L":
        return [plain(part) for part in inside]
    return None if kind == "NULL" else inside


@pytest.fixture(scope="session")
def records_engine(dynamodb_local, postgres):
    """An engine that holds the records of a drawn population."""
    with postgres.connect(autocommit=True) as connection:
        connection.execute("CREATE DATABASE queryservice")
    client = dynamodb_local.connect("queryservice")
    engine = replace(dynamodb_local, client=client, database="queryservice")
    with open_postgres(postgres.url.replace("/postgres?", "/queryservice?")) as source:
        assert rehearse(CASE, source, engine, USERS, SEED).verification.equal
    yield engine
    client.close()


@pytest.fixture(scope="session")
def wire(records_engine):
    """The wire protocol's client of that engine, and the thread of the event loop that uses it."""
    thread = threading.Thread(target=_loop.run_forever)
    thread.start()
    client = WireClient(records_engine)
    yield client
    in_loop(_closed(client))
    _loop.call_soon_threadsafe(_loop.stop)
    thread.join()
    _loop.close()


async def _closed(client):
    """Closes the connections and lets the loop notice."""
    client.close()
    await asyncio.sleep(0.1)


@pytest.fixture(scope="session")
def rows(records_engine):
    """Every record as a plain row, read before any test writes."""
    pages = records_engine.client.get_paginator("scan").paginate(TableName="Records")
    names = CASE.design.entities["Record"].attributes
    return [
        {name: plain(value) for name, value in item.items() if name in names}
        for page in pages
        for item in page["Items"]
    ]


@pytest.fixture
def restored(records_engine, rows):
    """Takes out, after a test, whatever it has added to the table."""
    yield
    known = {(row["userId"], f"{row['createdAt']}#{row['recordId']}") for row in rows}
    pages = records_engine.client.get_paginator("scan").paginate(TableName="Records")
    for item in [item for page in pages for item in page["Items"]]:
        key = {name: item[name] for name in ("userId", "recordKey")}
        if tuple(value["S"] for value in key.values()) not in known:
            records_engine.client.delete_item(TableName="Records", Key=key)


@pytest.fixture(scope="session")
def make_service(wire, rows):
    """A function that makes a service with callers of its own."""
    assert rows

    def make(callers=None, settings=SETTINGS, client=None, *, cache=True, **given):
        known = {"owner": grant(OWNER, write=True, operate=True), **(callers or {})}
        options = Options(known, **{"log": None, **given})
        kept = PageCache(MemoryCache(settings.cache.seconds, 10**8)) if cache is True else cache or None
        return Service(assemble(CASE, settings, client or WireCalls(wire), options, kept))

    return make


@pytest.fixture(scope="session")
def service(make_service):
    """A service without a cache."""
    return make_service(cache=False)


@pytest.fixture(scope="session")
def services_folder():
    """The files of the service that no program of ours reads."""
    return Path(__file__).parents[2] / "data" / "services" / "query-processor"
