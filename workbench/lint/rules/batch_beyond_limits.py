"""Batch that is larger than one call.

What: A BatchGetItem of more than 100 items or 16 MB, or a BatchWriteItem of more than 25 items or 16 MB.

Why: It becomes several calls, one after the other, of which each can leave a part undone. A batch is never
    all or nothing.

Example:
    operation: BatchWriteItem
    expected_items: 40

Instead: Bound the request, run the calls side by side, or turn the question into a Query of one collection.

Source: dg-constraints
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Operation, Subject
from workbench.lint.wording import number

MOST_ITEMS = {"BatchGetItem": 100, "BatchWriteItem": 25}
MOST_BYTES = 16 * 2**20


def check(subject: Subject) -> Iterator[Found]:
    """Finds batches that need more than one call."""
    for operation in subject.operations:
        most = MOST_ITEMS.get(operation.action.operation)
        calls = _calls(subject, operation, most) if most else 1
        if most and calls > 1:
            message = (
                f"{number(operation.items)} items need {calls} calls; one takes {most} items and "
                f"{number(MOST_BYTES)} bytes"
            )
            yield Found(operation.path, message)


def _calls(subject: Subject, operation: Operation, most: int) -> int:
    sizes = subject.sizes(operation.entity)
    by_bytes = operation.items * sizes.mean_bytes / MOST_BYTES if sizes else 0.0
    return max(1, ceil(operation.items / most), ceil(by_bytes))


RULE = Rule("batch-beyond-limits", Severity.WARNING, check, __doc__)
