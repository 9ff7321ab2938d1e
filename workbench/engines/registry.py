"""Opens an engine by its name."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workbench.engines import aws, dynamodb_local, moto_server
from workbench.engines.base import DynamoEngine
from workbench.engines.capabilities import DYNAMODB_LOCAL, MOTO
from workbench.engines.client import local_client
from workbench.errors import InputError, Problem

DYNAMODB_ENGINES = (dynamodb_local.NAME, moto_server.NAME, aws.NAME)
DEFAULT_REGION = "us-east-1"
DEFAULT_DATABASE = "workbench"

Opened = contextlib.AbstractContextManager[DynamoEngine]


def open_dynamodb(  # noqa: PLR0913  independent options, all but the first by keyword
    name: str = dynamodb_local.NAME,
    *,
    region: str = DEFAULT_REGION,
    database: str | None = None,
    yes_real_aws: bool = False,
    data_directory: Path | str | None = None,
    port: int = 0,
    long_run: bool = False,
) -> Opened:
    """Returns a context manager that opens an engine, and ends it with the block.

    Args:
        name: `dynamodb-local`, `moto` or `aws`.
        region: Region that the client signs for.
        database: Access key, letters and digits: each has a database of its own in DynamoDB Local.
        yes_real_aws: Consent to billed requests, which `aws` needs.
        data_directory: Folder for DynamoDB Local's data; None keeps them in memory.
        port: Port of an embedded engine; 0 lets the system choose.
        long_run: Whether DynamoDB Local is to be fast after some 20,000 writes, rather than at once.

    Raises:
        InputError: The name is unknown, an option does not fit, or the consent is missing.
        EngineError: The engine did not start.
    """
    _check(name, database, data_directory)
    key = database or DEFAULT_DATABASE
    folder = Path(data_directory) if data_directory is not None else None
    openers: dict[str, Callable[[], Opened]] = {
        dynamodb_local.NAME: functools.partial(
            dynamodb_local.open_dynamodb_local,
            region,
            key,
            data_directory=folder,
            port=port,
            long_run=long_run,
        ),
        moto_server.NAME: functools.partial(moto_server.open_moto, region, key, port=port),
        aws.NAME: functools.partial(aws.open_aws, region, yes_real_aws=yes_real_aws),
    }
    return openers[name]()


def _check(name: str, database: str | None, data_directory: Path | str | None) -> None:
    problems = []
    if name not in DYNAMODB_ENGINES:
        allowed = ", ".join(DYNAMODB_ENGINES)
        problems.append(
            Problem("--engine", 0, "", f"unknown engine; got {name}, allowed {allowed}", "Name one of these.")
        )
    if database is not None and not (database.isascii() and database.isalnum()):
        message = f"a database is named by ASCII letters and digits; got {database!r}"
        problems.append(Problem("--database", 0, "", message, "Leave other characters out."))
    if data_directory is not None and name in {moto_server.NAME, aws.NAME}:
        message = f"only dynamodb-local keeps its data in a folder; got {data_directory} for {name}"
        problems.append(Problem("--data-directory", 0, "", message, "Leave it out."))
    if problems:
        raise InputError(problems)


def attach_dynamodb(
    endpoint_url: str,
    name: str = dynamodb_local.NAME,
    *,
    region: str = DEFAULT_REGION,
    database: str | None = None,
) -> DynamoEngine:
    """Returns an engine that another process runs, such as one of `workbench engines start`.

    Args:
        endpoint_url: Where it listens.
        name: `dynamodb-local` or `moto`.
        region: Region that the client signs for.
        database: Access key that selects a database of DynamoDB Local.
    """
    key = database or DEFAULT_DATABASE
    known: dict[str, tuple[str, Any]] = {
        dynamodb_local.NAME: (dynamodb_local.VERSION, DYNAMODB_LOCAL),
        moto_server.NAME: (version("moto"), MOTO),
    }
    if name not in known:
        message = f"only an embedded engine can be attached to; got {name}, allowed {', '.join(known)}"
        raise InputError([Problem("--engine", 0, "", message, "Name one of these.")])
    connect = functools.partial(local_client, endpoint_url, region)
    return DynamoEngine(
        name, known[name][0], region, endpoint_url, key, known[name][1], connect(key), connect
    )
