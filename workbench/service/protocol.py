"""Bounds a connection: time for a request to arrive, size of its head, number of connections."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from workbench.service.limits import LimitSettings

BYTES_PER_KB = 1024
HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)
FRAMES_PER_BODY = 6
"""Bytes around a body at most, in times of its largest size: a chunk of one byte has five around it."""
TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def bounded_protocol(limits: LimitSettings) -> type[HttpToolsProtocol]:
    """Returns uvicorn's protocol with bounds.

    Uvicorn bounds the time between requests. It does not bound how slowly a request may arrive, so that a
    client who sends a byte now and then would keep a connection for ever. Source: uvicorn-timeouts

    Args:
        limits: What a connection may ask.
    """

    class BoundedProtocol(_BoundedProtocol):
        bounds = limits

    return BoundedProtocol


class _BoundedProtocol(HttpToolsProtocol):
    """The protocol of one connection."""

    bounds: LimitSettings

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._surplus_bytes = 0
        self._in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections:
            transport.abort()
            return
        self._arm()

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.bounds.request_seconds, self._give_up)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        """Ends a connection whose request did not arrive in time."""
        if not self.transport.is_closing():
            if self._surplus_bytes and self._in_head:
                self.transport.write(TOO_LATE)
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Takes what arrived, unless the head, or what surrounds the body, has become too large."""
        if self.cycle is None or self.cycle.response_complete:
            self._arm()
        self._surplus_bytes += len(data)
        super().data_received(data)
        around = 0 if self._in_head else FRAMES_PER_BODY * self.bounds.body_kb
        if self._surplus_bytes > (self.bounds.header_kb + around) * BYTES_PER_KB:
            if self._in_head:
                self.transport.write(HEAD_TOO_LARGE)
            self.transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a header of the head; one behind the body says nothing that anybody reads."""
        if self._in_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Takes a part of the body, whose size others bound."""
        self._surplus_bytes -= len(body)
        super().on_body(body)

    def on_message_begin(self) -> None:
        """Begins a request: from now on it must arrive in time."""
        super().on_message_begin()
        self._in_head = True
        self._arm()

    def on_headers_complete(self) -> None:
        """Ends the head of a request."""
        self._in_head, self._surplus_bytes = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Ends a request, which has arrived whole."""
        self._disarm()
        self._in_head, self._surplus_bytes = True, 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._disarm()
        super().connection_lost(exc)
