"""The one place where DynamoDB clients are made."""

from __future__ import annotations

import os
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

POOL_CONNECTIONS = 32
USER_AGENT = "dynamodb-workbench"
"""Stated, because making botocore's own anew takes a sixth of a request's processor time."""
SECRET = "local-engines-check-no-secret"  # noqa: S105  the local engines accept any secret; it protects nothing

_ISOLATED = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def local_client(endpoint_url: str, region: str, database: str, service: str = "dynamodb") -> Any:
    """Returns a client of a local engine that takes nothing from the environment or from AWS's files.

    Args:
        endpoint_url: Where the engine listens.
        region: Region to sign for; DynamoDB Local keeps a database for each.
        database: Access key; letters and digits.
        service: Service of AWS, such as `dynamodbstreams`.
    """
    session = boto3.session.Session(
        aws_access_key_id=database,
        aws_secret_access_key=SECRET,
        region_name=region,
        botocore_session=botocore.session.Session(session_vars=_ISOLATED),
    )
    return session.client(service, endpoint_url=endpoint_url, config=_local_config())


def _local_config() -> Config:
    """Returns settings for an engine on this machine, which checks the parameters itself.

    botocore's own check of them takes twice as long as writing the request.
    """
    return Config(
        parameter_validation=False,
        max_pool_connections=POOL_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=10,
        read_timeout=60,
        proxies={},
        user_agent=USER_AGENT,
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
        ignore_configured_endpoint_urls=True,
        account_id_endpoint_mode="disabled",
        defaults_mode="legacy",
    )


def aws_client(region: str) -> Any:
    """Returns a client of DynamoDB on AWS with the user's own credentials.

    Args:
        region: AWS region.
    """
    config = Config(max_pool_connections=POOL_CONNECTIONS, retries={"mode": "adaptive", "max_attempts": 10})
    return boto3.session.Session(region_name=region).client("dynamodb", config=config)


def credentials_of(client: Any) -> Any:
    """Returns the access key, secret key and session token that a client signs with at this moment."""
    return client._request_signer._credentials.get_frozen_credentials()  # noqa: SLF001  boto3 shows them nowhere else
