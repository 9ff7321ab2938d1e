"""Asks DynamoDB again where that is safe, and says when nobody knows what became of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from workbench.access.execution import RequestRefusedError
from workbench.engines.failures import DYNAMODB_SILENT, DYNAMODB_THROTTLED
from workbench.errors import EngineError

T = TypeVar("T")

ATTEMPTS = 12
MOST_SECONDS = 10
"""After this time no further attempt begins: whoever waits has given up, or does so soon [s]."""
WAIT = wait_random_exponential(multiplier=0.02, max=0.5)

WITHOUT_EFFECT = DYNAMODB_THROTTLED | frozenset(
    {
        "ThrottlingError",
        "TransactionConflictException",
        "TransactionConflict",
        "TransactionInProgressException",
    }
)
"""Errors and reasons of cancelled transactions after which a request may be repeated. Source: dg-errors."""

OPEN = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable"})
"""Errors after which a write may have happened or not. Source: dg-errors."""


class OutcomeUnknownError(EngineError):
    """No attempt said what it did: the instruction may be carried out or not; asking again is safe."""


class Attempts:
    """The attempts at a request.

    Args:
        count: Where retries are counted by their reason.
    """

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count

    def run(self, ask: Callable[[], T]) -> T:
        """Returns what a request answers, asked again after errors that allow it.

        Raises:
            RequestRefusedError: It was refused for good, such as by a condition.
            OutcomeUnknownError: No attempt was answered, or none but with errors after which to ask again.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(DYNAMODB_SILENT) | retry_if_exception(again),
            wait=WAIT,
            stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(MOST_SECONDS),
            before_sleep=self._note,
            reraise=True,
        )
        try:
            found: T = retrying(ask)
        except DYNAMODB_SILENT as error:
            raise _unknown(error) from error
        except RequestRefusedError as error:
            if again(error):
                raise _unknown(error) from error
            raise
        return found

    def _note(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._count(reason(error))


def _unknown(error: Exception) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"Nobody knows what DynamoDB did, however often it was asked: {error}. Ask again with the same id."
    )


def again(error: BaseException) -> bool:
    """Returns whether the same request may succeed when it is sent again."""
    if not isinstance(error, RequestRefusedError) or error.condition_failed:
        return False
    return bool({error.code, *error.reasons} & (WITHOUT_EFFECT | OPEN))


def reason(error: BaseException | None) -> str:
    """Returns what to count an error as: DynamoDB's own code, or `no answer`."""
    if not isinstance(error, RequestRefusedError):
        return "no answer"
    named = sorted({error.code, *error.reasons} & (WITHOUT_EFFECT | OPEN))
    return named[0] if named else error.code
