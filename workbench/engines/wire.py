"""DynamoDB's wire protocol, signed by botocore: JSON goes out and comes back as it stands.

boto3 checks and rebuilds every value of a request and an answer by its service model, which for a page of 25
items takes most of the caller's processor time. A service that hands items on as JSON needs none of it.
"""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from workbench.engines.base import DynamoEngine
from workbench.engines.client import POOL_CONNECTIONS, SECRET, USER_AGENT
from workbench.errors import EngineError

TARGET = "DynamoDB_20120810"
"""Version of the protocol. Source: aws-low-level-api."""
OK = 200
NO_DELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
"""Head and body of a request leave in two parts; the second would wait 40 ms for the receipt of the first."""
CONNECT_SECONDS, READ_SECONDS = 5, 30


class WireClient:
    """Sends calls to one engine; threads may share it.

    Args:
        engine: An open engine.
        connections: Connections that are kept open.
    """

    def __init__(self, engine: DynamoEngine, connections: int = POOL_CONNECTIONS) -> None:
        self._url = f"{engine.client.meta.endpoint_url}/"
        self._region = engine.region
        self._credentials = _credentials(engine)
        self._session = URLLib3Session(
            max_pool_connections=connections,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            proxies={},
            socket_options=NO_DELAY,
        )

    def call(self, operation: str, arguments: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Returns status and body of an answer, refusals included.

        Args:
            operation: The API's name, such as `Query`.
            arguments: The request in DynamoDB JSON; binary values as bytes.

        Raises:
            EngineError: No answer came.
        """
        request = AWSRequest(
            "POST",
            self._url,
            data=json.dumps(arguments, default=_encoded).encode(),
            headers={
                "X-Amz-Target": f"{TARGET}.{operation}",
                "Content-Type": "application/x-amz-json-1.0",
                "User-Agent": USER_AGENT,
            },
        )
        SigV4Auth(self._credentials, "dynamodb", self._region).add_auth(request)
        try:
            response = self._session.send(request.prepare())
        except BotoCoreError as error:
            raise EngineError(f"{operation}: DynamoDB did not answer: {error}") from error
        return response.status_code, json.loads(response.content or b"{}")

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()


def _credentials(engine: DynamoEngine) -> Any:
    """Returns what signs requests: the user's own for AWS, renewed as they expire."""
    if engine.database:
        return Credentials(engine.database, SECRET)
    return boto3.session.Session(region_name=engine.region).get_credentials()


def _encoded(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no place in DynamoDB JSON")
