"""The database engines: DynamoDB Local, moto and AWS behind one client, and PostgreSQL.

Everything that opens a socket or starts a process is in this package. An embedded engine listens on the
loopback interface or a Unix socket only, and ends with the process that opened it.

Names are imported on first use: the child processes of this package need few of them and start the sooner for
it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.engines.base import Capability, DynamoEngine
    from workbench.engines.postgres import PostgresEngine, open_postgres
    from workbench.engines.registry import DYNAMODB_ENGINES, attach_dynamodb, open_dynamodb

__all__ = [
    "DYNAMODB_ENGINES",
    "Capability",
    "DynamoEngine",
    "PostgresEngine",
    "attach_dynamodb",
    "open_dynamodb",
    "open_postgres",
]

_HOMES = {
    "Capability": "base",
    "DynamoEngine": "base",
    "PostgresEngine": "postgres",
    "open_postgres": "postgres",
    "DYNAMODB_ENGINES": "registry",
    "attach_dynamodb": "registry",
    "open_dynamodb": "registry",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
