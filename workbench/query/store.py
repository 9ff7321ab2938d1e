"""Calls the table on behalf of the service: without blocking other callers, patient when it is throttled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)
from tenacity.wait import wait_base

from workbench.access.calls import Request
from workbench.access.execution import RequestRefusedError
from workbench.engines.failures import DYNAMODB_THROTTLED
from workbench.errors import EngineError
from workbench.query.settings import CapacitySettings
from workbench.service.refusals import Busy

OK = 200

THROTTLED = DYNAMODB_THROTTLED | {"InternalServerError"}
"""Errors after which the same call may succeed. Source: dg-errors."""

WAIT = wait_random_exponential(multiplier=0.03, max=1)
"""Waits of up to 30 ms, 60 ms and so on, each drawn anew, so that callers do not come back together."""


class Wire(Protocol):
    """What sends one call and gives its status and body."""

    async def call(self, operation: str, arguments: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Returns status and body of an answer."""

    def close(self) -> None:
        """Closes its connections."""


class Client(Protocol):
    """What sends one call."""

    async def call(self, request: Request) -> Mapping[str, Any]:
        """Returns DynamoDB's answer."""


class WireCalls:
    """Sends calls over the wire protocol.

    Args:
        wire: Gives status and body of an answer.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def call(self, request: Request) -> Mapping[str, Any]:
        """Returns DynamoDB's answer.

        Raises:
            RequestRefusedError: DynamoDB answered with an error.
            EngineError: No answer came.
        """
        status, body = await self._wire.call(request.operation, request.arguments)
        if status != OK:
            raise _refused(body)
        return body

    def close(self) -> None:
        """Closes the connections."""
        self._wire.close()


def _refused(body: Mapping[str, Any]) -> RequestRefusedError:
    code = str(body.get("__type", "UnknownError")).rpartition("#")[2]
    return RequestRefusedError(code, str(body.get("message") or body.get("Message", "")))


def _may_succeed(error: BaseException) -> bool:
    return isinstance(error, RequestRefusedError) and error.code in THROTTLED


class Store:
    """Sends calls and repeats those that were throttled.

    Args:
        client: Sends one call.
        settings: How often it tries.
        throttled: Called for each throttled call.
        wait: How long it waits before it tries again.
    """

    def __init__(
        self,
        client: Client,
        settings: CapacitySettings,
        throttled: Callable[[], None] = lambda: None,
        wait: wait_base = WAIT,
    ) -> None:
        self._client = client
        self._retrying = AsyncRetrying(
            wait=wait,
            stop=stop_after_attempt(settings.attempts),
            retry=retry_if_exception(_may_succeed),
            before_sleep=lambda _: throttled(),
            retry_error_callback=_give_up,
        )

    async def call(self, request: Request) -> Mapping[str, Any]:
        """Returns DynamoDB's answer.

        Args:
            request: What to send.

        Raises:
            Busy: It was throttled each time, or nobody answered.
            RequestRefusedError: DynamoDB answered with another error.
        """
        try:
            return await self._once(request)
        except RequestRefusedError as error:
            if not _may_succeed(error):
                raise
        again: Callable[[Request], Awaitable[Mapping[str, Any]]] = self._once
        answer: Mapping[str, Any] = await self._retrying(again, request)
        return answer

    async def _once(self, request: Request) -> Mapping[str, Any]:
        try:
            return await self._client.call(request)
        except RequestRefusedError:
            raise
        except EngineError as error:
            raise Busy(["DynamoDB does not answer."], {"Retry-After": "1"}) from error


def _give_up(state: RetryCallState) -> Any:
    outcome = state.outcome
    error = outcome.exception() if outcome else None
    if error is not None and not _may_succeed(error):
        raise error
    raise Busy(["DynamoDB throttled the request each time it was tried."], {"Retry-After": "1"}) from error
