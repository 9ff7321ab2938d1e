"""Requests ready to be sent: where they go, their JSON, their signature."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from workbench.engines.base import DynamoEngine
from workbench.engines.client import SECRET, credentials_of

API = "DynamoDB_20120810"
AWS_SIGNATURE_SECONDS = 240.0
"""AWS takes a signature for five minutes; it is renewed a minute before [s]. Source: sigv4-expiry"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go and in whose name.

    Args:
        url: Scheme, host and port.
        region: Region that is signed for.
        access_key: Access key; of DynamoDB Local the database.
        secret: Its secret.
        token: Session token; empty without one.
        checked: Whether signatures are checked; where not, one serves all requests of an operation.
    """

    url: str
    region: str
    access_key: str
    secret: str
    token: str = ""
    checked: bool = False

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return str(parts.hostname), parts.port or (443 if self.encrypted else 80)

    @property
    def encrypted(self) -> bool:
        """Whether the connection is one of TLS."""
        return urlsplit(self.url).scheme == "https"


def endpoint_of(engine: DynamoEngine) -> Endpoint:
    """Returns where an open engine listens, with the credentials of its client."""
    if engine.endpoint_url is not None:
        return Endpoint(engine.endpoint_url, engine.region, engine.database, SECRET)
    found = credentials_of(engine.client)
    return Endpoint(
        engine.client.meta.endpoint_url,
        engine.region,
        found.access_key,
        found.secret_key,
        found.token or "",
        checked=True,
    )


def body_of(arguments: Mapping[str, Any]) -> bytes:
    """Returns the arguments of a boto3 call as they go over the wire.

    >>> body_of({"Key": {"id": {"B": b"ab"}}})
    b'{"Key":{"id":{"B":"YWI="}}}'
    """
    return orjson.dumps(arguments, default=base64_text)


def base64_text(value: Any) -> str:
    """Returns a binary value as it stands in JSON."""
    return base64.b64encode(bytes(value)).decode("ascii")


class Signer:
    """Makes requests ready to be sent.

    Args:
        endpoint: Where they go.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._credentials = Credentials(endpoint.access_key, endpoint.secret, endpoint.token or None)
        self._heads: dict[str, str] = {}
        self.valid_seconds = AWS_SIGNATURE_SECONDS if endpoint.checked else float("inf")

    def __call__(self, operation: str, body: bytes) -> bytes:
        """Returns a request with its head, signed.

        Args:
            operation: The API's name, such as `GetItem`.
            body: Its arguments in JSON.
        """
        head = self._heads.get(operation) or self._head(operation, body)
        if not self._endpoint.checked:
            self._heads[operation] = head
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def _head(self, operation: str, body: bytes) -> str:
        headers = {"X-Amz-Target": f"{API}.{operation}", "Content-Type": "application/x-amz-json-1.0"}
        request = AWSRequest("POST", f"{self._endpoint.url}/", headers=headers, data=body)
        SigV4Auth(self._credentials, "dynamodb", self._endpoint.region).add_auth(request)
        host, port = self._endpoint.address
        named = host if self._endpoint.encrypted else f"{host}:{port}"
        lines = [f"{name}: {value}" for name, value in request.headers.items()]
        return "\r\n".join(["POST / HTTP/1.1", f"Host: {named}", *lines, ""])
