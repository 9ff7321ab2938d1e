"""Item collection that grows without an end.

What: A pattern adds items under the same partition key again and again, and no pattern deletes them, nor do
    they expire.

Why: Storage is paid for ever, queries without a limit read more every day, and a partition that is also
    busy cannot be helped.

Example:
    keys: {PK: "USER#{user_id}", SK: "LOGIN#{created_at}"}

Instead: Let items expire (`time_to_live`), archive them, or put the month into the partition key.

Source: dg-item-collections, dg-ttl
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.growth import growths
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import DAYS_PER_YEAR, Subject
from workbench.lint.wording import number


def check(subject: Subject) -> Iterator[Found]:
    """Finds collections that only grow."""
    for growth in growths(subject):
        if growth.items_per_day <= 0:
            continue
        yearly = growth.items_per_day * DAYS_PER_YEAR
        size = subject.sizes(growth.entity)
        volume = f", {number(yearly * size.mean_bytes / 2**20)} MB" if size else ""
        message = (
            f'a user who comes daily adds {number(yearly)} items{volume} a year under "{growth.template}", '
            f"and nothing deletes or expires them"
        )
        yield Found(growth.path, message)


RULE = Rule("unbounded-collection", Severity.WARNING, check, __doc__)
