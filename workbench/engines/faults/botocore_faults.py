"""Faults of DynamoDB requests, between botocore and the wire.

botocore announces every request before it is sent (`before-send`), retries included, and takes what a
listener returns or raises for the answer. What arrives at the engine is sent for real, what the client sees
may be something else.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from workbench.engines.faults.injector import Injector, end_process
from workbench.engines.faults.schedule import DYNAMODB, Fault, FaultKind

NAMESPACE = "com.amazonaws.dynamodb.v20120810#"
TIMEOUT_SECONDS = 60
LEFT_OVER = {"BatchWriteItem": "UnprocessedItems", "BatchGetItem": "UnprocessedKeys"}


class _Body(io.BytesIO):
    """The bytes of an answer as botocore reads them."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Yields all bytes at once."""
        yield self.read()


def answer(status: int, content: Mapping[str, Any], url: str) -> AWSResponse:
    """Returns an answer of DynamoDB's protocol."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "fault"}
    return AWSResponse(url, status, headers, _Body(json.dumps(content).encode()))


def refusal(status: int, name: str, message: str, url: str, **more: Any) -> AWSResponse:
    """Returns an error in DynamoDB's protocol."""
    return answer(status, {"__type": NAMESPACE + name, "message": message, **more}, url)


class Wire:
    """Listens to the requests of a client and lets some of them go wrong.

    Args:
        injector: Says which.
    """

    def __init__(self, injector: Injector) -> None:
        self._injector = injector
        self._session = URLLib3Session(timeout=TIMEOUT_SECONDS, proxies={})
        self._actions: Mapping[FaultKind, Callable[[AWSPreparedRequest, str, Fault], Any]] = MappingProxyType(
            {
                FaultKind.THROTTLED: self._throttled,
                FaultKind.UNPROCESSED: self._unprocessed,
                FaultKind.CONFLICT: self._conflict,
                FaultKind.SERVER_ERROR: self._server_error,
                FaultKind.SERVER_ERROR_AFTER: self._server_error_after,
                FaultKind.TIMEOUT: self._timeout,
                FaultKind.LATE: self._late,
                FaultKind.RESET: self._reset,
                FaultKind.RESPONSE_LOST: self._response_lost,
                FaultKind.DUPLICATE: self._duplicate,
                FaultKind.PROCESS_KILLED_AFTER: self._process_killed_after,
            }
        )

    def attach(self, client: Any) -> Any:
        """Returns the client, listened to."""
        client.meta.events.register(f"before-send.{DYNAMODB}", self._before_send)
        return client

    def close(self) -> None:
        """Closes the connections of its own."""
        self._session.close()

    def _before_send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        fault = self._injector.next(DYNAMODB, operation)
        action = self._actions.get(fault.kind) if fault else None
        return action(request, operation, fault) if action and fault else None

    def _sent(self, request: AWSPreparedRequest) -> AWSResponse:
        response = self._session.send(request)
        response.content  # noqa: B018 - reads the whole answer, so that the request has taken effect
        return response

    def _throttled(self, request: AWSPreparedRequest, operation: str, _: Fault) -> AWSResponse:
        if operation == "TransactWriteItems":
            return self._cancelled(request, "ThrottlingError")
        message = "The level of configured provisioned throughput for the table was exceeded."
        return refusal(400, "ProvisionedThroughputExceededException", message, request.url)

    def _conflict(self, request: AWSPreparedRequest, operation: str, _: Fault) -> AWSResponse:
        if operation == "TransactWriteItems":
            return self._cancelled(request, "TransactionConflict")
        message = "Transaction is ongoing for the item"
        return refusal(400, "TransactionConflictException", message, request.url)

    def _cancelled(self, request: AWSPreparedRequest, code: str) -> AWSResponse:
        others = len(json.loads(request.body)["TransactItems"]) - 1
        reasons = [{"Code": code, "Message": code}, *({"Code": "None"} for _ in range(others))]
        codes = ", ".join(reason["Code"] for reason in reasons)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        return refusal(400, "TransactionCanceledException", message, request.url, CancellationReasons=reasons)

    def _server_error(self, request: AWSPreparedRequest, _operation: str, _fault: Fault) -> AWSResponse:
        return refusal(500, "InternalServerError", "The service had an internal problem.", request.url)

    def _server_error_after(self, request: AWSPreparedRequest, operation: str, fault: Fault) -> AWSResponse:
        self._sent(request)
        return self._server_error(request, operation, fault)

    def _unprocessed(self, request: AWSPreparedRequest, operation: str, _: Fault) -> AWSResponse:
        asked = json.loads(request.body)
        taken, left = _halves(asked["RequestItems"])
        if not taken:
            return self._all_left(request, operation, left)
        response = self._sent(_with_body(request, {**asked, "RequestItems": taken}))
        content = json.loads(response.content)
        if response.status_code != 200:  # noqa: PLR2004 - HTTP's word for success
            return answer(response.status_code, content, request.url)
        return answer(200, {**content, LEFT_OVER[operation]: left}, request.url)

    @staticmethod
    def _all_left(request: AWSPreparedRequest, operation: str, left: Mapping[str, Any]) -> AWSResponse:
        empty: dict[str, Any] = {"Responses": {}} if operation == "BatchGetItem" else {}
        return answer(200, {**empty, LEFT_OVER[operation]: left}, request.url)

    def _timeout(self, request: AWSPreparedRequest, _operation: str, _fault: Fault) -> AWSResponse:
        raise ReadTimeoutError(endpoint_url=request.url)

    def _late(self, request: AWSPreparedRequest, operation: str, fault: Fault) -> AWSResponse:
        self._injector.postpone(fault, operation, lambda: self._landed(request))
        raise ReadTimeoutError(endpoint_url=request.url)

    def _landed(self, request: AWSPreparedRequest) -> None:
        with suppress(HTTPClientError):  # nobody waits for it any more
            self._sent(request)

    def _reset(self, request: AWSPreparedRequest, _operation: str, _fault: Fault) -> AWSResponse:
        raise ConnectionClosedError(endpoint_url=request.url)

    def _response_lost(self, request: AWSPreparedRequest, _operation: str, _fault: Fault) -> AWSResponse:
        self._sent(request)
        raise ConnectionClosedError(endpoint_url=request.url)

    def _duplicate(self, request: AWSPreparedRequest, _operation: str, _fault: Fault) -> AWSResponse:
        self._sent(request)
        return self._sent(request)

    def _process_killed_after(self, request: AWSPreparedRequest, _operation: str, _fault: Fault) -> None:
        self._sent(request)
        end_process()


def _with_body(request: AWSPreparedRequest, content: Mapping[str, Any]) -> AWSPreparedRequest:
    body = json.dumps(content).encode()
    headers = request.headers.copy()
    headers["Content-Length"] = str(len(body))
    return AWSPreparedRequest(request.method, request.url, headers, body, request.stream_output)


def _halves(asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the first half of what is asked of each table, rounded down, and the rest."""
    taken: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for table, wanted in asked.items():
        parts = wanted["Keys"] if isinstance(wanted, dict) else wanted
        middle = len(parts) // 2
        for side, part in ((taken, parts[:middle]), (left, parts[middle:])):
            if part:
                side[table] = {**wanted, "Keys": part} if isinstance(wanted, dict) else part
    return taken, left
