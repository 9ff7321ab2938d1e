"""A case's patterns on DynamoDB; what is answered with a passing error is asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from workbench.access.execution import RequestRefusedError, Result
from workbench.access.relational import restricted
from workbench.access.repository import Repository
from workbench.access.values import Parameters
from workbench.engines import DynamoEngine
from workbench.engines.failures import DYNAMODB_SILENT, DYNAMODB_THROTTLED
from workbench.errors import EngineError
from workbench.migrate.live.answers import Answer, OutcomeUnknownError, done, first_line, refused
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case

SIDE = "dynamodb"
ATTEMPTS = 10
BACKOFF = wait_random_exponential(multiplier=0.01, max=1)

PASSING = DYNAMODB_THROTTLED | frozenset(
    {
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "LimitExceededException",
        "ServiceUnavailable",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Codes of errors after which the same request may succeed. Source: dg-errors"""

PASSING_REASONS = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})
"""Reasons of a cancelled transaction after which it may succeed. Source: dg-errors"""

Given = TypeVar("Given")


def passes(error: BaseException) -> bool:
    """Returns whether the same request may succeed later."""
    if isinstance(error, DYNAMODB_SILENT):
        return True
    if not isinstance(error, RequestRefusedError):
        return False
    reasons = set(error.reasons) - {"None", ""}
    cancelled = error.code == "TransactionCanceledException"
    return error.code in PASSING or (cancelled and bool(reasons) and reasons <= PASSING_REASONS)


def patient(send: Callable[[], Given], attempts: int = ATTEMPTS) -> Given:
    """Returns the answer to a request that is sent again after passing errors; the last error is raised."""
    retry = retry_if_exception(passes)
    return Retrying(retry=retry, wait=BACKOFF, stop=stop_after_attempt(attempts), reraise=True)(send)


class DynamoRepository:
    """The patterns of a case, asked of DynamoDB.

    Args:
        case: The case.
        engine: Holds its items.
        columns: Reading pattern to the attributes of its answer; all stored attributes where it is not named.
    """

    def __init__(
        self, case: Case, engine: DynamoEngine, columns: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self._patterns = Repository(case.design, engine).patterns
        entities = case.design.entities
        stored = {
            name: [a for a, s in entity.attributes.items() if s.stored] for name, entity in entities.items()
        }
        self._columns = {
            name: tuple(stored[pattern.entity]) for name, pattern in case.design.patterns.items()
        } | dict(columns or {})

    def call(self, pattern: str, parameters: Parameters) -> Answer:
        """Returns the answer to a pattern.

        Raises:
            OutcomeUnknownError: It is not known whether a write took place.
            EngineError: DynamoDB does not answer, or answers with an error.
        """
        if self._patterns[pattern].maker.pattern.operation in READ_OPERATIONS:
            return self.answer(pattern, self.read(pattern, parameters))
        try:
            result = patient(lambda: self._patterns[pattern](**parameters), 1)
        except RequestRefusedError as error:
            if error.condition_failed:
                return refused(SIDE)
            raise
        except DYNAMODB_SILENT as error:
            raise OutcomeUnknownError(f"{pattern}: DynamoDB did not answer: {first_line(error)}") from error
        return done(SIDE, result.requests)

    def read(self, pattern: str, parameters: Parameters) -> Result:
        """Returns the whole answer to a reading pattern."""
        try:
            return patient(lambda: self._patterns[pattern](**parameters))
        except DYNAMODB_SILENT as error:
            raise EngineError(
                f"{pattern}: DynamoDB did not answer: {first_line(error)}. Try again."
            ) from error

    def answer(self, pattern: str, result: Result) -> Answer:
        """Returns a result as the answer to a pattern."""
        if getattr(self._patterns[pattern].maker.pattern, "count_only", False):
            return Answer((), result.count, accepted=True, side=SIDE)
        items = tuple(restricted(item, self._columns[pattern]) for item in result.items)
        return Answer(items, len(items), accepted=True, side=SIDE)
