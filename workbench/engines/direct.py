"""Calls of a boto3 client past boto3: JSON goes out and comes back as it stands.

boto3 writes and reads every value by its service model, which for a batch of 25 items takes a hundred times
as long as sending it. A client of a local engine is called directly: with its credentials, its number of
attempts and its exceptions, and with its `before-send` event, so that whoever listens to the requests of the
client, as the fault layer does, meets these too. Any other client makes the call itself, as only it knows of
AWS's credentials and proxies.
"""

from __future__ import annotations

import contextlib
import select
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from workbench.engines.client import credentials_of
from workbench.engines.failures import DYNAMODB_SILENT, DYNAMODB_THROTTLED
from workbench.engines.prepared import Endpoint, Signer, body_of
from workbench.engines.raw_http import Answer, Channel

LOCAL_ADDRESSES = frozenset({"127.0.0.1", "localhost", "::1"})
SUCCESS, OWN_FAULT = 200, 500
LONGEST_WAIT_SECONDS = 1.0

Call = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Takes the API's name of an operation and its arguments, and returns its answer."""

_opened: weakref.WeakKeyDictionary[Any, DirectCalls] = weakref.WeakKeyDictionary()
_opening = threading.Lock()


def caller(client: Any) -> Call:
    """Returns what makes the calls of a client as cheaply as its engine allows.

    Binary values come back as base64 from a local engine; they may be sent again as they are.

    Args:
        client: boto3 low-level client, shared by threads.
    """
    return direct_calls(client) or (lambda name, arguments: getattr(client, xform_name(name))(**arguments))


def direct_calls(client: Any) -> DirectCalls | None:
    """Returns the direct calls of a client of a local engine, whose connections end with it; else None."""
    if not isinstance(client, BaseClient):
        return None
    with _opening:
        if client not in _opened:
            endpoint = _endpoint(client)
            if endpoint.address[0] not in LOCAL_ADDRESSES:
                return None
            _opened[client] = DirectCalls(client, endpoint)
            weakref.finalize(client, _opened[client].close)
        return _opened[client]


def _endpoint(client: Any) -> Endpoint:
    signs = credentials_of(client)
    return Endpoint(client.meta.endpoint_url, client.meta.region_name, signs.access_key, signs.secret_key)


class DirectCalls:
    """Makes the calls of one client; threads share it.

    Args:
        client: boto3 low-level client; it is not kept.
        endpoint: Where its engine listens.
    """

    def __init__(self, client: Any, endpoint: Endpoint) -> None:
        self._endpoint, self._signer = endpoint, Signer(endpoint)
        self._events, self._errors = client.meta.events, client.exceptions
        self._service = client.meta.service_model.service_id.hyphenize()
        self._attempts: int = client.meta.config.retries["total_max_attempts"]
        self._seconds: float = client.meta.config.read_timeout
        self._idle: list[Channel] = []

    def __call__(self, operation: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns the answer to a call.

        Args:
            operation: The API's name, such as `BatchWriteItem`.
            arguments: The request; binary values as bytes or base64.

        Raises:
            ClientError: DynamoDB refused it, like the client's own.
            HTTPClientError: No answer came, like the client's own.
        """
        return self.send(operation, body_of(arguments))

    def send(self, operation: str, body: bytes) -> Mapping[str, Any]:
        """Returns the answer to a request whose JSON is ready; a failed attempt is repeated like boto3's."""
        return Retrying(
            retry=retry_if_exception(_passing),
            wait=wait_random_exponential(multiplier=0.05, max=LONGEST_WAIT_SECONDS),
            stop=stop_after_attempt(self._attempts),
            reraise=True,
        )(self._once, operation, body)

    def _once(self, operation: str, body: bytes) -> Mapping[str, Any]:
        payload = self._signer(operation, body)
        request = self._announced(payload[: -len(body)].decode(), body)
        heard = self._events.emit_until_response(f"before-send.{self._service}.{operation}", request=request)[
            1
        ]
        if heard is not None:
            return self._read(operation, heard.status_code, heard.content)
        answer = self._exchange(payload)
        return self._read(operation, answer.status, answer.body)

    def _announced(self, head: str, body: bytes) -> AWSPreparedRequest:
        """Returns a request as botocore shows it to its listeners."""
        headers = HeadersDict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        return AWSPreparedRequest("POST", f"{self._endpoint.url}/", headers, body, stream_output=False)

    def _read(self, operation: str, status: int, body: bytes) -> Mapping[str, Any]:
        try:
            content: dict[str, Any] = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ResponseParserError(f"{operation}: {error}") from error
        if status == SUCCESS:
            return content
        code = str(content.get("__type", status)).rpartition("#")[2]
        found = {"Code": code, "Message": content.get("message") or content.get("Message") or ""}
        raise self._errors.from_code(code)(
            {"Error": found, "ResponseMetadata": {"HTTPStatusCode": status}}, operation
        )

    def _exchange(self, payload: bytes) -> Answer:
        channel = self._channel()
        try:
            answer = _answer(channel, payload, self._seconds)
        except TimeoutError as error:
            channel.close()
            raise ReadTimeoutError(endpoint_url=self._endpoint.url) from error
        except OSError as error:
            channel.close()
            raise ConnectionClosedError(endpoint_url=self._endpoint.url) from error
        except BaseException:
            channel.close()
            raise
        if channel.closing:
            channel.close()
        else:
            self._idle.append(channel)
        return answer

    def _channel(self) -> Channel:
        """Returns a connection that nobody else uses and that the engine has not closed."""
        with contextlib.suppress(IndexError):
            while True:
                channel = self._idle.pop()
                if not _ready(channel, select.POLLIN, 0):
                    return channel
                channel.close()
        try:
            return Channel(self._endpoint, None)
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self._endpoint.url, error=error) from error

    def close(self) -> None:
        """Closes the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()


def _passing(error: BaseException) -> bool:
    """Returns whether another attempt may do better."""
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status >= OWN_FAULT or error.response["Error"]["Code"] in DYNAMODB_THROTTLED
    return isinstance(error, DYNAMODB_SILENT)


def _answer(channel: Channel, payload: bytes, seconds: float) -> Answer:
    deadline = time.monotonic() + seconds
    sent = channel.send(payload)
    while True:
        wanted = select.POLLIN if sent else select.POLLIN | select.POLLOUT
        events = _ready(channel, wanted, deadline - time.monotonic())
        if not events:
            raise TimeoutError
        if events & select.POLLOUT:
            sent = channel.send_rest()
        if events & ~select.POLLOUT and (answer := channel.receive()):
            return answer


def _ready(channel: Channel, events: int, seconds: float) -> int:
    """Returns which events a connection has, after waiting for one; 0 when none came in time."""
    poll = select.poll()
    poll.register(channel.fileno(), events)
    found = poll.poll(max(0.0, seconds) * 1000)
    return found[0][1] if found else 0
