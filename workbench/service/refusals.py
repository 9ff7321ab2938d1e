"""What a service answers instead of what was asked for: what is wrong, and what would do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from workbench.errors import WorkbenchError

PROBLEM = "application/problem+json"


class Refusal(WorkbenchError):  # noqa: N818 - an answer to a caller, not a failure of the program
    """An answer without what was asked for.

    Args:
        problems: What is wrong, a sentence each.
        headers: Further headers of the answer.
        details: Further members of the answer's body.
    """

    status = 400
    title = "Refused"

    def __init__(
        self,
        problems: Sequence[str],
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
        self.headers = dict(headers or {})
        self.details = dict(details or {})

    def body(self) -> dict[str, Any]:
        """Returns the members of a problem document. Source: rfc-9457."""
        return {"title": self.title, "status": self.status, "problems": list(self.problems), **self.details}


class Malformed(Refusal):
    """The request is not what the interface takes."""

    status = 422
    title = "The request is malformed"


class BadToken(Refusal):
    """The continuation token is not one that this service gave this caller for this question."""

    title = "The continuation token is not valid"


class Unauthenticated(Refusal):
    """The request has no key, or an unknown one."""

    status = 401
    title = "An API key is needed"


class Forbidden(Refusal):
    """The key does not grant what is asked."""

    status = 403
    title = "The key does not grant this"


class TooLarge(Refusal):
    """The body of the request is larger than what is taken."""

    status = 413
    title = "The body is too large"


class TooMany(Refusal):
    """The caller has asked more often than it may."""

    status = 429
    title = "Too many requests"


class Busy(Refusal):
    """The table's capacity is used up for the moment."""

    status = 503
    title = "The table is busy"


class NotFound(Refusal):
    """There is no such path, or nothing under it."""

    status = 404
    title = "There is nothing here"


class WrongMethod(Refusal):
    """The path does not take this method."""

    status = 405
    title = "The method is not allowed"


class Failure(Refusal):
    """Something of the service's own failed; the log has it."""

    status = 500
    title = "The service failed"


def problem_answer(refusal: Refusal) -> Response:
    """Returns a refusal as an answer. Source: rfc-9457."""
    return Response(json.dumps(refusal.body()), refusal.status, refusal.headers, PROBLEM)
