"""The Python client of a query service: pages, repeats what was refused for a moment, shows progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)
from tenacity.wait import wait_base
from tqdm import tqdm

from workbench.errors import EngineError, InputError, Problem

ATTEMPTS = 10
"""Requests for a page at most; with the waits between them they outlast the start of a service."""
AGAIN = frozenset({429, 502, 503, 504})
"""Answers after which the same request may succeed."""
REFUSED = 400
LONGEST_WAIT_SECONDS = 60.0
WAIT = wait_random_exponential(multiplier=0.1, max=5)

Record = dict[str, Any]
"""A record as JSON; numbers with a fraction are `Decimal`."""


class AskAgain(EngineError):  # noqa: N818 - a request to wait
    """The service cannot answer just now, or cannot be reached.

    Args:
        message: What it said, or what became of the request.
        seconds: When it wants to be asked again; None where it did not say [s].
    """

    def __init__(self, message: str, seconds: float | None) -> None:
        super().__init__(message)
        self.seconds = seconds


class _PoliteWait(wait_base):
    """Waits as long as the service asked for, and a random time more."""

    def __init__(self, wait: wait_base) -> None:
        self._wait = wait

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = error.seconds if isinstance(error, AskAgain) else None
        return min(LONGEST_WAIT_SECONDS, (asked or 0.0) + self._wait(retry_state))


class QueryClient:
    """Asks a query service.

    >>> with QueryClient("http://127.0.0.1:8080", key) as client:  # doctest: +SKIP
    ...     records = list(client.records(userId="u-000001", status=["OPEN", "FAILED"]))

    Args:
        url: Where the service listens.
        key: The API key.
        collection: What records are called in the path.
        http: Sends the requests; by default over the network.
        wait: How long is waited before a request is repeated, on top of what the service asks for.
    """

    def __init__(
        self,
        url: str,
        key: str,
        collection: str = "records",
        http: httpx.Client | None = None,
        wait: wait_base = WAIT,
    ) -> None:
        self._path = f"{url.rstrip('/')}/v1/{collection}"
        self._headers = {"X-API-Key": key}
        self._http = http or httpx.Client(timeout=30)
        self._retrying = Retrying(
            wait=_PoliteWait(wait),
            stop=stop_after_attempt(ATTEMPTS),
            retry=retry_if_exception_type(AskAgain),
            reraise=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def page(self, **question: Any) -> dict[str, Any]:
        """Returns one page: `items`, `count` and `next`.

        Args:
            question: Parameters of the service; a list for one that may be given several times.

        Raises:
            InputError: The service refused the question; tells every problem.
            EngineError: It could not be asked, or had no capacity each time.
        """
        answer = self._retrying(self._get, self._path, question)
        page: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
        return page

    def records(self, *, progress: bool = False, **question: Any) -> Iterator[Record]:
        """Yields the records of all pages.

        Args:
            progress: Whether a bar is drawn on standard error, where that is a terminal.
            question: Parameters of the service.

        Raises:
            InputError: The service refused the question.
            EngineError: It could not be asked.
        """
        shown = progress and sys.stderr.isatty()
        with tqdm(desc="records", unit="record", disable=not shown) as bar:
            token = question.pop("token", None)
            while True:
                page = self.page(**question, **({"token": token} if token else {}))
                bar.update(page["count"])
                yield from page["items"]
                token = page["next"]
                if not token:
                    return

    def _get(self, path: str, question: Mapping[str, Any]) -> httpx.Response:
        try:
            answer = self._http.get(path, params=list(_pairs(question)), headers=self._headers)
        except httpx.TransportError as error:
            raise AskAgain(
                f"{path}: the service gave no answer: {error or type(error).__name__}", None
            ) from error
        if answer.status_code in AGAIN:
            raise AskAgain(f"{path}: {_told(answer)}", _seconds(answer.headers.get("Retry-After")))
        if answer.status_code >= REFUSED:
            step = "Change the question, or ask for the grant"
            raise InputError(
                [Problem(path, 0, "", problem.rstrip("."), step) for problem in _problems(answer)]
            )
        return answer


def _pairs(question: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields parameters as the service takes them."""
    for name, value in question.items():
        if name == "fields" and not isinstance(value, str):
            yield name, ",".join(value)
        elif isinstance(value, list | tuple):
            yield from ((name, _text(part)) for part in value)
        else:
            yield name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _problems(answer: httpx.Response) -> Sequence[str]:
    try:
        found: list[str] = answer.json()["problems"]
    except (ValueError, KeyError, TypeError):
        return [f"the service answered {answer.status_code}"]
    return found


def _told(answer: httpx.Response) -> str:
    return " ".join(_problems(answer))


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None
