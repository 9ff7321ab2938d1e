"""Counter that a repeated request counts twice.

What: An UpdateItem outside of a transaction adds to an attribute, and no condition looks at that attribute.

Why: When an answer is lost, the SDK sends the request again. An addition that had worked is then done
    twice, and nobody notices.

Example:
    operation: UpdateItem
    add: {balance: 10}

Instead: Add in a transaction with the item that is counted, or with a client token; or accept it where a
    count may be off by a few.

Source: dg-working-with-items
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number


def check(subject: Subject) -> Iterator[Found]:
    """Finds additions that a retry repeats."""
    for operation in subject.writes:
        if operation.transactional or operation.action.operation != "UpdateItem":
            continue
        guarded = {condition.attribute for condition in operation.action.condition}
        for name in operation.action.add:
            if name not in guarded:
                monthly = subject.rate(operation.id) * subject.dau * 30
                message = (
                    f"a repeated request adds to {name} again; {number(monthly)} requests in 30 days at "
                    f"{number(subject.dau)} DAU"
                )
                yield Found((*operation.path, "add", name), message)


RULE = Rule("retry-counts-twice", Severity.WARNING, check, __doc__)
