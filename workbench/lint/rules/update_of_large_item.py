"""Small change of a large item, paid for as a write of all of it.

What: An UpdateItem consumes at least four write units in the table.

Why: An update is charged for the larger of the item before and after, however little changes.

Example:
    operation: UpdateItem
    key: {PK: "DOC#{id}", SK: METADATA}
    add: {views: 1}

Instead: Keep what changes often in an item of its own beside the large one, under the same partition key.

Source: dg-read-write-operations, dg-large-items
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Need, Rule, Severity
from workbench.lint.subject import DAYS_PER_MONTH, Operation, Subject
from workbench.lint.traffic import units_per_request
from workbench.lint.wording import number, several

UNITS = 4.0


def check(subject: Subject) -> Iterator[Found]:
    """Finds updates of at least `UNITS` write units."""
    for operation in subject.writes:
        factor = 2.0 if operation.transactional else 1.0
        units = units_per_request(subject, operation, subject.holder(operation)) / factor
        if operation.action.operation == "UpdateItem" and units >= UNITS:
            monthly = units * subject.rate(operation.id) * subject.dau * DAYS_PER_MONTH
            message = (
                f"changes {several(_changes(operation), 'attribute')} and pays {number(units)} write units "
                f"for the whole item, {number(monthly)} a month at {number(subject.dau)} DAU"
            )
            yield Found(operation.path, message)


def _changes(operation: Operation) -> int:
    return sum(len(getattr(operation.action, field, ())) for field in ("set", "add", "remove"))


RULE = Rule("update-of-large-item", Severity.WARNING, check, __doc__, frozenset({Need.MEASUREMENT}))
