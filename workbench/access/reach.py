"""Finds the engine that a command means: one that runs already, or one of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.engines import DynamoEngine, attach_dynamodb, open_dynamodb
from workbench.engines.sessions import running_sessions
from workbench.errors import InputError, Problem

AWS = "aws"


@dataclass(frozen=True, slots=True)
class Target:
    """The engine that a command names.

    Args:
        name: `dynamodb-local`, `moto` or `aws`.
        endpoint_url: Where it listens; None to look for one that runs.
        region: AWS region.
        yes_real_aws: Consent to billed requests.
    """

    name: str
    endpoint_url: str | None = None
    region: str = "us-east-1"
    yes_real_aws: bool = False


def _address(target: Target) -> str | None:
    """Returns where the engine listens that the target means; None when none runs."""
    if target.endpoint_url:
        return target.endpoint_url
    engines = [engine for session in running_sessions() for engine in session.engines]
    return next((engine.address for engine in engines if engine.name == target.name), None)


@contextlib.contextmanager
def running_engine(target: Target) -> Iterator[DynamoEngine]:
    """Gives the engine that runs already.

    Args:
        target: What the command names.

    Raises:
        InputError: No such engine runs.
    """
    address = None if target.name == AWS else _address(target)
    if target.name == AWS:
        with open_dynamodb(AWS, region=target.region, yes_real_aws=target.yes_real_aws) as engine:
            yield engine
    elif address:
        yield attach_dynamodb(address, target.name, region=target.region)
    else:
        step = f"Start it with `workbench engines start {target.name}`, or give --endpoint-url."
        raise InputError([Problem("--engine", 0, "", f"none runs; got {target.name}", step)])


@contextlib.contextmanager
def any_engine(target: Target) -> Iterator[tuple[DynamoEngine, bool]]:
    """Gives the engine that runs already, or else one that ends with the block, and whether it ends.

    Args:
        target: What the command names.
    """
    if target.name == AWS or _address(target):
        with running_engine(target) as engine:
            yield engine, False
    else:
        with open_dynamodb(target.name, region=target.region) as engine:
            yield engine, True
