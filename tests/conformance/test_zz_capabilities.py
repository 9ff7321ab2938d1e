"""Each engine does exactly what it declares: an improvement of an engine fails here until it is declared.

The name sorts last, so that the slow probe of expired items runs beside the other tests.
"""

from __future__ import annotations

import pytest

from workbench.engines.capabilities import AWS, TITLES

SLOW = "time-to-live-deletes"

RACE = "transactions"
"""Its failure depends on how threads happen to meet, so that only its presence can be asserted."""


def test_every_engine_declares_every_capability(engine):
    """An engine, and AWS, declare each capability, with a reason."""
    assert set(engine.capabilities) == set(AWS) == set(TITLES)
    assert all(capability.reason for capability in engine.capabilities.values())


@pytest.mark.parametrize("capability", sorted(set(TITLES) - {SLOW, RACE}))
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
