"""Read that evaluates many times the bytes that it returns.

What: A Query or Scan with a filter consumes at least five times the units that its expected items would.

Why: Filters work after reading. What they drop is paid for like what they return, and pages may come back
    empty.

Example:
    partition: {PK: "USER#{user_id}"}
    filter: [{attribute: platform, operator: "=", value: "{platform}"}]

Instead: Put the filtered attribute into the sort key or into an index key.

Source: api-query
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Need, Rule, Severity
from workbench.lint.subject import Operation, Subject
from workbench.lint.traffic import read_bytes, units_per_request
from workbench.lint.wording import number

FACTOR = 5.0


def check(subject: Subject) -> Iterator[Found]:
    """Finds filtered reads that evaluate at least `FACTOR` times what they return."""
    for operation in subject.reads:
        if not getattr(operation.action, "filter", ()):
            continue
        evaluated = _evaluated_bytes(subject, operation)
        sizes = subject.sizes(operation.entity)
        returned = operation.items * sizes.mean_bytes if sizes else 0.0
        if returned and evaluated >= FACTOR * returned:
            message = (
                f"reads {number(evaluated)} bytes to return {number(operation.items)} items of "
                f"{number(returned / operation.items)} bytes, {number(evaluated / returned)} times as much"
            )
            yield Found((*operation.path, "filter"), message)


def _evaluated_bytes(subject: Subject, operation: Operation) -> float:
    units = units_per_request(subject, operation, subject.holder(operation))
    return read_bytes(units, consistent=getattr(operation.action, "consistent_read", False))


RULE = Rule("wasteful-filter", Severity.WARNING, check, __doc__, frozenset({Need.MEASUREMENT}))
