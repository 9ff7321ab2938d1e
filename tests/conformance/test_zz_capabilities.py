"""Each engine does exactly what it declares: an improvement of an engine fails here until it is declared.

The name sorts last, so that the slow probe of expired items runs beside the other tests.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.engines.capabilities import AWS, TITLES, capability_page
from workbench.engines.faults.outages import durable_dynamodb

SLOW = "time-to-live-deletes"

RACE = "transactions"
"""Its failure depends on how threads happen to meet, so that only its presence can be asserted."""

MOMENT = "durable-transactions"
"""Its failure depends on the moment at which an engine ends; what holds at any moment is asserted."""


def test_every_engine_declares_every_capability(engine):
    """An engine, and AWS, declare each capability, with a reason."""
    assert set(engine.capabilities) == set(AWS) == set(TITLES)
    assert all(capability.reason for capability in engine.capabilities.values())


@pytest.mark.parametrize("capability", sorted(set(TITLES) - {SLOW, RACE, MOMENT}))
def test_engine_does_what_it_declares(engine, probes, capability):
    """What the probe finds is what the engine declares, both ways."""
    found = getattr(probes, capability.replace("-", "_"))(engine)
    assert found is engine.capabilities[capability].supported


def test_several_clients_write_transactions(dynamodb_local, probes):
    """The engine that declares it accepts every transaction of eight clients at a time."""
    assert dynamodb_local.capabilities[RACE].supported
    assert probes.transactions(dynamodb_local)


def test_expired_items_are_deleted_as_declared(engine, expiry):
    """Expired items are deleted within 15 s by engines that declare it, and stay in others."""
    assert expiry.result() is engine.capabilities[SLOW].supported


def test_reason_is_told_for_what_is_lacking(engine):
    """A lacking capability has its reason; one that is there has none."""
    assert engine.lacks("throttling")
    assert engine.lacks("time-to-live") == ""


def test_a_transaction_is_on_disk_when_a_later_put_is_or_the_engine_ends_in_order(probes, tmp_path):
    """Killed after a put, or ended in order after a transaction, DynamoDB Local has both transactions."""
    with durable_dynamodb(tmp_path) as durable, probes.table(durable.engine.client) as name:
        client = durable.engine.client

        def transacted(sort):
            item = probes.key(sort)
            client.transact_write_items(TransactItems=[{"Put": {"TableName": name, "Item": item}}])

        for end in (durable.kill, durable.stop):
            transacted(f"before {end.__name__}")
            if end == durable.kill:
                client.put_item(TableName=name, Item=probes.key("after it"))
            end()
            durable.start(int(client.meta.endpoint_url.rsplit(":", 1)[1]))
        assert client.scan(TableName=name)["Count"] == 3
        assert "moment" in durable.engine.lacks(MOMENT)


def test_the_page_of_capabilities_is_current():
    """docs/engines.md is what `workbench engines capabilities` prints."""
    page = Path(__file__).parents[2] / "docs" / "engines.md"
    assert page.read_text(encoding="utf-8") == capability_page()
