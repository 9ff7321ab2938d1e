"""Transaction whose items can exceed 4 MB.

What: The largest measured items of the members of a transaction add up to more than 4 MB.

Why: DynamoDB refuses a transaction of more than 4 MB in all, and of more than 100 items, whatever the
    sizes.

Example:
    operation: TransactWriteItems   # 20 members with documents of up to 300 KB

Instead: Keep large values out of the transaction: write them before, and only their address inside.

Source: dg-transaction-apis
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Need, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number
from workbench.spec.access import TransactWriteItems

MOST_BYTES = 4 * 2**20


def check(subject: Subject) -> Iterator[Found]:
    """Finds transactions whose largest items exceed `MOST_BYTES`."""
    for name, pattern in subject.design.patterns.items():
        if isinstance(pattern, TransactWriteItems):
            sizes = [subject.sizes(member.entity) for member in pattern.members]
            total = sum(size.max_bytes for size in sizes if size)
            if total > MOST_BYTES:
                message = (
                    f"{len(sizes)} members of the largest size have {number(total)} bytes, more than "
                    f"{number(MOST_BYTES)}"
                )
                yield Found(("patterns", name, "members"), message)


RULE = Rule("transaction-too-large", Severity.ERROR, check, __doc__, frozenset({Need.MEASUREMENT}))
