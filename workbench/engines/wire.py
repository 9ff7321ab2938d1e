"""DynamoDB's wire protocol for an event loop: JSON goes out and comes back as it stands.

boto3 checks and rebuilds every value of a request and an answer by its service model, which for a page of 25
items takes most of the caller's processor time. A service that hands items on as JSON needs none of it.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, cast

from workbench.engines.base import DynamoEngine
from workbench.engines.prepared import Endpoint, Signer, body_of, endpoint_of
from workbench.engines.raw_http import HEAD_END, content_length
from workbench.errors import EngineError

CONNECTIONS = 64
"""Calls on their way at once; further ones wait."""
CONNECT_SECONDS, ANSWER_SECONDS = 2.5, 5.0
"""How long a connection and an answer are waited for; together less than callers of a service wait [s]."""
CREDENTIAL_SECONDS = 60.0
"""How long credentials are used before it is looked whether there are newer ones [s]."""
READS = frozenset({"Query", "Scan", "GetItem", "BatchGetItem"})
"""Operations that may be sent again when the connection was lost."""


class _Connection(asyncio.Protocol):
    """One connection: takes a request, gives its answer, then takes the next."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._parts: list[bytes] = []
        self._received, self._needed = 0, 0
        self.usable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed without an answer"))

    async def exchange(self, payload: bytes) -> tuple[int, bytes]:
        """Returns status and body of the answer to a request."""
        if self._transport is None or not self.usable:
            raise ConnectionResetError("closed before the request")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(payload)
        try:
            return await asyncio.wait_for(self._answer, ANSWER_SECONDS)
        except (TimeoutError, asyncio.CancelledError):
            self.close()
            raise

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._received += len(data)
        if self._received < self._needed:
            return
        whole = b"".join(self._parts)
        end = whole.find(HEAD_END)
        if end < 0:
            self._parts = [whole]
            return
        head = whole[:end].lower()
        self._needed = end + len(HEAD_END) + content_length(head)
        if len(whole) < self._needed:
            self._parts = [whole]
            return
        self._finish(head, whole[end + len(HEAD_END) : self._needed])

    def _finish(self, head: bytes, body: bytes) -> None:
        self._parts, self._received, self._needed = [], 0, 0
        if b"connection: close" in head:
            self.close()
        if self._answer and not self._answer.done():
            self._answer.set_result((int(head[9:12]), body))

    def close(self) -> None:
        self.usable = False
        if self._transport:
            self._transport.close()


class WireClient:
    """Sends calls to one engine; belongs to the event loop that uses it first.

    Args:
        engine: An open engine.
        connections: Connections at most.
    """

    def __init__(self, engine: DynamoEngine, connections: int = CONNECTIONS) -> None:
        self._engine = engine
        self._idle: deque[_Connection] = deque()
        self._free = asyncio.Semaphore(connections)
        self._endpoint: Endpoint = endpoint_of(engine)
        self._signer, self._signed_until = Signer(self._endpoint), 0.0
        self._context = ssl.create_default_context() if self._endpoint.encrypted else None

    async def call(self, operation: str, arguments: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Returns status and body of an answer, refusals included.

        Args:
            operation: The API's name, such as `Query`.
            arguments: The request in DynamoDB JSON; binary values as bytes.

        Raises:
            EngineError: No answer came.
        """
        payload = self._sign(operation, body_of(arguments))
        async with self._free:
            try:
                status, body = await self._exchange(payload, again=operation in READS)
            except (OSError, TimeoutError) as error:
                raise EngineError(f"{operation}: DynamoDB did not answer: {error or 'timed out'}") from error
        return status, json.loads(body or b"{}")

    def _sign(self, operation: str, body: bytes) -> bytes:
        now = time.monotonic()
        if self._endpoint.checked and now > self._signed_until:
            self._endpoint, self._signed_until = endpoint_of(self._engine), now + CREDENTIAL_SECONDS
            self._signer = Signer(self._endpoint)
        return self._signer(operation, body)

    async def _exchange(self, payload: bytes, *, again: bool) -> tuple[int, bytes]:
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._over(connection, payload)
            except ConnectionError:
                if not again:
                    raise
        return await self._over(await self._connected(), payload)

    async def _over(self, connection: _Connection, payload: bytes) -> tuple[int, bytes]:
        answer = await connection.exchange(payload)
        if connection.usable:
            self._idle.append(connection)
        return answer

    async def _connected(self) -> _Connection:
        host, port = self._endpoint.address
        loop = asyncio.get_running_loop()
        opening = loop.create_connection(_Connection, host, port, ssl=self._context)
        _, connection = await asyncio.wait_for(opening, CONNECT_SECONDS)
        return connection

    def close(self) -> None:
        """Closes the connections; called in the event loop."""
        while self._idle:
            self._idle.pop().close()
