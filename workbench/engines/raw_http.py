"""Prepared requests over pooled connections: the cheapest way to ask DynamoDB something many times.

A request is serialised and signed once and sent as bytes as often as wanted. One thread serves all
connections of a pool; an answer is read as far as its length, its status and its body, which nobody parses
here.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any

from workbench.engines.prepared import Endpoint
from workbench.errors import EngineError

RECEIVED_BYTES = 1 << 16
CONNECT_SECONDS = 5.0
PRECISE_SECONDS = 0.002
"""epoll waits in whole milliseconds; what is left of a longer wait is waited for with select [s]."""

HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_CLOSE = b"connection: close"


@dataclass(slots=True)
class Answer:
    """What came back, or why nothing did.

    Args:
        status: HTTP status; 0 when the connection failed.
        body: The body; without an answer, the kind of failure.
    """

    status: int
    body: bytes


class Channel:
    """One connection: takes a request, gives an answer, then takes the next.

    Args:
        endpoint: Where it goes.
        context: Of TLS; None for a plain connection.
    """

    __slots__ = (
        "_context",
        "_endpoint",
        "_left",
        "_parts",
        "_received",
        "_socket",
        "_unsent",
        "closing",
        "job",
    )

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext | None) -> None:
        self._endpoint, self._context = endpoint, context
        self.job: Any = None
        self.connect()

    def connect(self) -> None:
        """Connects, or connects again.

        Raises:
            OSError: Nobody answers.
        """
        self._socket = self._connected()
        self._parts: list[bytes] = []
        self._left = self._received = 0
        self._unsent = b""
        self.closing = False

    def _connected(self) -> socket.socket:
        plain = socket.create_connection(self._endpoint.address, CONNECT_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context:
            plain = self._context.wrap_socket(plain, server_hostname=self._endpoint.address[0])
        plain.settimeout(0)
        return plain

    def fileno(self) -> int:
        """Returns the descriptor that is waited for."""
        return self._socket.fileno()

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def send(self, payload: bytes) -> bool:
        """Sends a request and returns whether all of it has gone out.

        Raises:
            OSError: The connection is lost.
        """
        try:
            sent = self._socket.send(payload)
        except (BlockingIOError, ssl.SSLWantWriteError):
            sent = 0
        self._unsent = payload[sent:]
        return not self._unsent

    def send_rest(self) -> bool:
        """Sends what did not go out at once and returns whether all of it has gone out now."""
        return self.send(self._unsent) if self._unsent else True

    def receive(self) -> Answer | None:
        """Returns the answer once all of it is here.

        Raises:
            OSError: The connection is lost.
        """
        while True:
            try:
                data = self._socket.recv(RECEIVED_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError):
                return None
            if not data:
                raise ConnectionResetError
            answer = self._taken(data)
            if answer or not self._context:
                return answer

    def _taken(self, data: bytes) -> Answer | None:
        if self._parts:
            self._parts.append(data)
            self._received += len(data)
            if self._received < self._left:
                return None
            data = b"".join(self._parts)
        end = data.find(HEAD_END)
        head = data[:end].lower()
        needed = end + 4 + content_length(head) if end >= 0 else len(data) + 1
        if len(data) < needed:
            self._parts, self._received, self._left = [data], len(data), needed
            return None
        self._parts = []
        self.closing = _CLOSE in head
        return Answer(int(data[9:12]), data[end + 4 :])


def content_length(head: bytes) -> int:
    """Returns the length of a body [bytes].

    Args:
        head: Of its answer, in small letters.

    Raises:
        ConnectionAbortedError: It states none.
    """
    at = head.find(_LENGTH)
    if at < 0:
        raise ConnectionAbortedError("answer without a length")
    return int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])


class Pool:
    """Connections to one engine that one thread serves.

    Args:
        endpoint: Where they go.
        size: Connections that are opened.

    Raises:
        EngineError: Nobody listens there.
    """

    def __init__(self, endpoint: Endpoint, size: int) -> None:
        self._endpoint = endpoint
        self._context = ssl.create_default_context() if endpoint.encrypted else None
        self._poll = select.epoll()
        self._channels: dict[int, Channel] = {}
        self.missing = 0
        self.idle: list[Channel] = []
        self._opened_next = 0.0
        try:
            for _ in range(size):
                self._open()
        except OSError as error:
            self.close()
            raise EngineError(
                f"{endpoint.url} cannot be reached: {error.strerror or error}. "
                "Start the engine, or check its address."
            ) from error

    def _open(self) -> None:
        channel = Channel(self._endpoint, self._context)
        self._watch(channel)
        self.idle.append(channel)

    def reopen(self, pause_seconds: float) -> None:
        """Opens lost connections again, one try a pause.

        Args:
            pause_seconds: Least time between two tries that failed [s].
        """
        if not self.missing or time.monotonic() < self._opened_next:
            return
        try:
            while self.missing:
                self._open()
                self.missing -= 1
        except OSError:
            self._opened_next = time.monotonic() + pause_seconds

    def drop(self, channel: Channel) -> None:
        """Closes a connection, to be opened again."""
        self._forget(channel)
        channel.close()
        self.missing += 1

    def send(self, channel: Channel, payload: bytes) -> Answer | None:
        """Sends a request; returns a failure when the connection is lost, None otherwise."""
        try:
            if not channel.send(payload):
                self._poll.modify(channel.fileno(), select.EPOLLIN | select.EPOLLOUT)
        except OSError as error:
            self.drop(channel)
            return Answer(0, failure_kind(error))
        return None

    def wait(self, seconds: float) -> list[tuple[Channel, Answer]]:
        """Returns the answers that are there, after waiting for the first for at most some time.

        Args:
            seconds: Longest time to wait [s]; the last 2 ms are precise to some 0.1 ms, which epoll is not.
        """
        if seconds > PRECISE_SECONDS:
            events = self._poll.poll(seconds - PRECISE_SECONDS / 2)
        else:
            select.select([self._poll], [], [], seconds)
            events = self._poll.poll(0)
        answers = []
        for number, mask in events:
            channel = self._channels.get(number)
            answer = self._event(channel, mask) if channel else None
            if channel and answer:
                answers.append((channel, answer))
        return answers

    def _event(self, channel: Channel, mask: int) -> Answer | None:
        try:
            if mask & select.EPOLLOUT and channel.send_rest():
                self._poll.modify(channel.fileno(), select.EPOLLIN)
            answer = channel.receive() if mask & ~select.EPOLLOUT else None
        except OSError as error:
            if channel.job is None:
                self._renew(channel)
                return None
            self.drop(channel)
            return Answer(0, failure_kind(error))
        if answer and channel.closing:
            self._renew(channel)
        return answer

    def _renew(self, channel: Channel) -> None:
        """Connects a channel again that the engine has closed after an answer."""
        self._forget(channel)
        channel.close()
        try:
            channel.connect()
        except OSError:
            if channel in self.idle:
                self.idle.remove(channel)
                self.missing += 1
            return
        self._watch(channel)

    def _watch(self, channel: Channel) -> None:
        self._channels[channel.fileno()] = channel
        self._poll.register(channel.fileno(), select.EPOLLIN)

    def _forget(self, channel: Channel) -> None:
        self._channels.pop(channel.fileno(), None)
        with contextlib.suppress(ValueError, OSError):
            self._poll.unregister(channel.fileno())

    def close(self) -> None:
        """Closes all connections."""
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()
        self._poll.close()


def failure_kind(error: OSError) -> bytes:
    """Returns the kind of a lost connection, in words."""
    kinds = {
        ConnectionRefusedError: b"connection refused",
        ConnectionResetError: b"connection reset",
        BrokenPipeError: b"connection reset",
        TimeoutError: b"connection timed out",
        ConnectionAbortedError: b"answer without a length",
    }
    return kinds.get(type(error), b"connection lost")
