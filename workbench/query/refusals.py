"""What the query service answers instead of records, beside what every service does."""

from __future__ import annotations

from workbench.service.refusals import Refusal


class Unanswerable(Refusal):
    """The question is well formed, and no key of the design answers it."""

    title = "No key answers this question"


class EmptyRange(Refusal):
    """The question is well formed, and no record can answer it."""

    title = "No moment lies in the range"


class Unstorable(Refusal):
    """The record is well formed, and no item can hold it."""

    title = "The record cannot be stored"


class Exists(Refusal):
    """There is such a record already."""

    status = 409
    title = "The record exists"
