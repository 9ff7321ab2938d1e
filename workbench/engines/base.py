"""What an engine is, whichever it is: a name, an address, a client and declared capabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether an engine can do something, and why, or why not.

    Args:
        supported: Whether the engine does it as DynamoDB on AWS does.
        reason: One sentence; for a capability that is lacking, what happens instead.
    """

    supported: bool
    reason: str


@dataclass(frozen=True, slots=True)
class DynamoEngine:
    """An open engine that speaks DynamoDB.

    Args:
        name: `dynamodb-local`, `moto` or `aws`.
        version: Version of the engine; empty for AWS, which tells none.
        region: Region that the client signs for.
        endpoint_url: Where it listens; None for AWS's own endpoint.
        database: Access key that selects a database of DynamoDB Local; empty for AWS.
        capabilities: Name of a capability to what the engine has of it.
        client: boto3 low-level client; made once, because that costs 120 ms; threads may share it.
        connect: Makes the client of another database of the same engine.
        pid: Process that serves; None for AWS and for an engine that was only attached to.
    """

    name: str
    version: str
    region: str
    endpoint_url: str | None
    database: str
    capabilities: Mapping[str, Capability] = field(repr=False)
    client: Any = field(repr=False)
    connect: Callable[[str], Any] = field(repr=False)
    pid: int | None = None

    def lacks(self, capability: str) -> str:
        """Returns why the engine lacks a capability; empty when it has it."""
        found = self.capabilities[capability]
        return "" if found.supported else found.reason
