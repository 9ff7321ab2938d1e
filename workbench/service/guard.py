"""Around every request: a bounded body, security headers, a log line, metrics."""

from __future__ import annotations

import secrets
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.service.limits import LimitSettings
from workbench.service.metrics import ServiceMetrics
from workbench.service.refusals import Busy, Refusal, TooLarge, problem_answer

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"cache-control", b"no-store"),
)
"""Source: owasp-headers."""
CONTENT_POLICY, NOTHING = b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"
"""The header, and what it says of an answer that is no page: nothing is loaded."""
HEALTH = "/health/"
UNLOGGED = frozenset({"headers", "policy"})
"""What a request's handler tells the guard and no log line."""
BYTES_PER_KB = 1024
FIRST_REFUSAL = 400


class _Exchange:
    """One request on its way through."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self.guard, self.scope = guard, scope
        self._receive, self._send = receive, send
        self.status, self.taken, self.size_bytes = 0, 0, 0
        self.begun = time.perf_counter()
        self.id = secrets.token_hex(8)
        scope["told"] = {}

    def check_length(self) -> None:
        for name, value in self.scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value) > self.guard.most_bytes):
                raise self.guard.too_large()

    async def receive(self) -> Message:
        message = await self._receive()
        self.taken += len(message.get("body", b""))
        if self.taken > self.guard.most_bytes:
            raise self.guard.too_large()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            told = self.scope["told"]
            policy = (CONTENT_POLICY, told.get("policy", NOTHING))
            own = (*SECURITY_HEADERS, policy, (b"x-request-id", self.id.encode()))
            limits = told.get("headers", ())
            message = {**message, "headers": [*message.get("headers", ()), *limits, *own]}
        else:
            self.size_bytes += len(message.get("body", b""))
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        await problem_answer(refusal)(self.scope, self._receive, self.send)

    def route(self) -> str:
        """Returns the template of the path, so that what callers invent makes no new series."""
        return getattr(self.scope.get("route"), "path", "unknown")


class Guard:
    """The outermost layer of the service.

    Args:
        application: What answers.
        metrics: What is counted.
        limits: Body of a request, and requests at once.
        log: Where a line a request goes.
    """

    def __init__(
        self,
        application: ASGIApp,
        metrics: ServiceMetrics,
        limits: LimitSettings,
        log: structlog.typing.WrappedLogger,
    ) -> None:
        self._application, self.metrics, self._log = application, metrics, log
        self.most_bytes = limits.body_kb * BYTES_PER_KB
        self._most_at_once, self._at_once = limits.requests_at_once, 0

    def too_large(self) -> TooLarge:
        """Returns the refusal of a body; the connection is closed, so that the rest is not read."""
        return TooLarge([f"At most {self.most_bytes:,} bytes are taken."], {"Connection": "close"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        exchange = _Exchange(self, scope, receive, send)
        self._at_once += 1
        self.metrics.in_flight.set(self._at_once)
        try:
            await self._answer(exchange)
        finally:
            self._at_once -= 1
            self.metrics.in_flight.set(self._at_once)
            self._account(exchange)

    async def _answer(self, exchange: _Exchange) -> None:
        try:
            exchange.check_length()
            self._check_room(exchange.scope["path"])
            await self._application(exchange.scope, exchange.receive, exchange.send)
        except (TooLarge, Busy) as refusal:
            await exchange.refuse(refusal)
        except Exception:  # noqa: BLE001 - the caller has got an answer, the log gets the reason
            self._log.exception("failed", request=exchange.id)

    def _check_room(self, path: str) -> None:
        """Refuses a request that would only wait behind others until nobody wants its answer any more."""
        if self._at_once > self._most_at_once and not path.startswith(HEALTH):
            raise Busy(["The service answers as many requests as it can."], {"Retry-After": "1"})

    def _account(self, exchange: _Exchange) -> None:
        seconds = time.perf_counter() - exchange.begun
        route, method = exchange.route(), exchange.scope["method"]
        if exchange.status >= FIRST_REFUSAL:
            self.metrics.refusals.labels(str(exchange.status)).inc()
        told = {name: value for name, value in exchange.scope["told"].items() if name not in UNLOGGED}
        known = method if method in {"GET", "POST", "HEAD", "OPTIONS"} else "other"
        self.metrics.requests.labels(route, known, exchange.status).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        self._log.info(
            "request",
            request=exchange.id,
            route=route,
            method=known,
            status=exchange.status,
            ms=round(seconds * 1000, 2),
            bytes=exchange.size_bytes,
            **told,
        )
