"""DynamoDB Local, started for one block of code."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

from workbench.engines.base import DynamoEngine
from workbench.engines.capabilities import DYNAMODB_LOCAL
from workbench.engines.client import local_client
from workbench.engines.jars import cache_folder, fetch, lock_path, read_lock
from workbench.engines.lifetime import running_child
from workbench.engines.ports import check_port

NAME = "dynamodb-local"
VERSION = "3.1.0"
SERVER = "workbench.engines.dynamodb_local_server"


@contextlib.contextmanager
def open_dynamodb_local(
    region: str, database: str, *, data_directory: Path | None = None, port: int = 0, long_run: bool = False
) -> Iterator[DynamoEngine]:
    """Runs DynamoDB Local on the loopback interface for a block of code.

    Args:
        region: Region that the client signs for.
        database: Access key; each has a database of its own.
        data_directory: Folder for the data, which outlives the engine; None keeps them in memory.
        port: Port to listen on; 0 lets the system choose.
        long_run: Whether it is to be fast after some 20,000 writes, rather than at once.

    Raises:
        EngineError: Its files could not be fetched, the port is taken, or it did not start.
    """
    check_port(port)
    files = fetch(read_lock(lock_path(NAME, VERSION)), cache_folder(NAME, VERSION))
    settings = {
        "classpath": _classpath(files),
        "natives": str(files[0].parent),
        "arguments": ["-disableTelemetry", *_storage(data_directory)],
        "durable": data_directory is not None,
        "port": port,
        "long_run": long_run,
    }
    with running_child(SERVER, settings, "DynamoDB Local") as child:
        url = f"http://127.0.0.1:{child.ready['port']}"
        connect = functools.partial(local_client, url, region)
        yield DynamoEngine(
            NAME,
            VERSION,
            region,
            url,
            database,
            DYNAMODB_LOCAL,
            connect(database),
            connect,
            child.ready["pid"],
        )


def _classpath(files: tuple[Path, ...]) -> list[str]:
    jars = sorted(str(file) for file in files if file.suffix == ".jar")
    return sorted(jars, key=lambda jar: "DynamoDBLocal" in jar)


def _storage(data_directory: Path | None) -> list[str]:
    if data_directory is None:
        return ["-inMemory"]
    data_directory.mkdir(parents=True, exist_ok=True)
    return ["-dbPath", str(data_directory.resolve())]
