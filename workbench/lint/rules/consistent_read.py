"""Strongly consistent read, at twice the price.

What: A pattern reads with `consistent_read`.

Why: A consistent read takes twice the units, has no copy to fall back to, and is not offered by global
    indexes.

Example:
    operation: GetItem
    consistent_read: true

Instead: Read eventually where a second of delay does no harm, and state the reason where it does.

Source: dg-read-consistency, dg-read-write-operations
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import DAYS_PER_MONTH, Subject
from workbench.lint.traffic import units_per_request
from workbench.lint.wording import number


def check(subject: Subject) -> Iterator[Found]:
    """Finds consistent reads, with what they cost more."""
    for operation in subject.reads:
        if getattr(operation.action, "consistent_read", False):
            units = units_per_request(subject, operation, subject.holder(operation))
            monthly = units / 2 * subject.rate(operation.id) * subject.dau * DAYS_PER_MONTH
            least = "" if subject.measurement else "at least "
            message = f"costs {least}{number(monthly)} more read units a month at {number(subject.dau)} DAU"
            yield Found((*operation.path, "consistent_read"), message)


RULE = Rule("consistent-read", Severity.NOTE, check, __doc__)
