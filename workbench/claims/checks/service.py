"""Checks against what AWS states of its services: quotas, defaults and capabilities."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from workbench.claims.evidence import Evidence, Number, Ours, check, exact, plain
from workbench.errors import InputError, Problem
from workbench.pricing.relational_sizing import instance_size
from workbench.spec.base import SpecModel
from workbench.spec.findings import listed, shown
from workbench.spec.loader import load_model

FACTS = Path(__file__).parents[1] / "service_facts.yaml"


class Fact(SpecModel):
    """A statement of AWS of one of its services."""

    value: bool | int | str
    """What holds."""
    statement: str
    """The statement in our words, without its full stop."""
    source: str
    """Where AWS states it."""


class FactSheet(SpecModel):
    """Everything that `service_facts.yaml` says."""

    schema_version: Literal[1]
    """Version of this file format."""
    facts: dict[str, Fact]
    """Facts by name."""


@cache
def service_facts() -> FactSheet:
    """Returns what AWS states of its services."""
    return load_model(FACTS, FactSheet)


STRONG_READ_UNITS, EVENTUAL_READ_UNITS = Decimal(1), Decimal("0.5")


@check
def fact(_: Evidence, *, name: str) -> Ours:
    """Returns what AWS states of its service.

    Raises:
        InputError: There is no such fact.
    """
    found = service_facts().facts.get(name)
    if found is None:
        known = listed(sorted(service_facts().facts))
        message = f"there is no such fact; got {shown(name)}, allowed {known}"
        raise InputError([Problem(str(FACTS), 0, f"facts.{name}", message, "Correct the claim or add it.")])
    value = found.value if isinstance(found.value, bool | str) else exact(found.value)
    return Ours(value, f"{found.statement} ({found.source})")


@check
def strong_read_factor(_: Evidence) -> Ours:
    """Returns the price of a strongly consistent read over an eventually consistent one.

    Source: dg-read-write-operations
    """
    factor = STRONG_READ_UNITS / EVENTUAL_READ_UNITS
    return Ours(factor, "for each begun 4 KB a strong read takes 1 unit and an eventual one 0.5")


@check
def default_connections(_: Evidence, *, instance: str) -> Ours:
    """Returns the default of max_connections of an RDS PostgreSQL instance.

    Source: rds-max-connections
    """
    size = instance_size(instance)
    connections = Decimal(int(size.connections))
    working = (
        f"RDS sets max_connections of PostgreSQL to the memory over 9,531,392 bytes, at most 5,000: "
        f"about {plain(connections)} for the {plain(size.memory_gb)} GB of {instance}"
    )
    return Ours(connections, working)


@check
def users_in_flight(_: Evidence, *, users: int, seconds: Number, rate: int) -> Ours:
    """Returns whether users can make a rate of requests at a response time (Little's law)."""
    made = users / exact(seconds)
    milliseconds = 1000 * exact(users) / rate
    working = (
        f"{users} users who each wait {plain(seconds)} s for an answer make {plain(made)} requests a second; "
        f"{plain(rate)} leave them {plain(milliseconds)} ms"
    )
    if made >= rate:
        return Ours(exact(rate), working)
    return Ours("open", working, ("whether a user sends the next request before the answer",))


@check
def units_per_second(_: Evidence, *, requests: int, units: Number, at_most: int) -> Ours:
    """Returns whether read units a second stay within a quota."""
    needed = requests * exact(units)
    load = f"{plain(requests)} requests a second x {plain(units)} read units"
    working = f"{load} = {plain(needed)} a second, of {plain(at_most)}"
    return Ours(needed <= at_most, working)
