"""Put that silently replaces what is there.

What: A PutItem has no condition.

Why: An item under the same key is replaced as a whole, with attributes that the new one lacks. It is meant
    where an item is a state, and a loss where it is a new thing.

Example:
    operation: PutItem
    entity: User

Instead: Add `condition: [{attribute: PK, operator: attribute_not_exists}]`; it costs nothing.

Source: dg-condition-expressions
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number


def check(subject: Subject) -> Iterator[Found]:
    """Finds puts without a condition."""
    for operation in subject.writes:
        if operation.action.operation == "PutItem" and not operation.action.condition:
            keys = ", ".join(f'"{text}"' for text in subject.design.entities[operation.entity].keys.values())
            daily = subject.rate(operation.id) * subject.dau
            message = (
                f"replaces an item under {keys} without asking, {number(daily)} times a day at "
                f"{number(subject.dau)} DAU"
            )
            yield Found(operation.path, message)


RULE = Rule("unconditional-put", Severity.NOTE, check, __doc__)
