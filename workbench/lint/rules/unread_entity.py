"""Entity that is written and that no pattern reads.

What: Patterns write an entity, and none reads it.

Why: Either a question is missing from the list, which the keys may not answer, or the items need not be
    stored.

Example:
    entities:
      Audit: {table: Main, keys: {PK: "AUDIT#{id}", SK: METADATA}}

Instead: Declare who reads it and by which key; or send it to S3, where it costs a tenth.

Source: dg-data-modeling
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number


def check(subject: Subject) -> Iterator[Found]:
    """Finds entities without a reader."""
    read = {operation.entity for operation in subject.reads}
    for name in subject.design.entities:
        writes = [operation for operation in subject.writes if operation.entity == name]
        if writes and name not in read:
            daily = sum(subject.rate(each.id) * each.items for each in writes) * subject.dau
            yield Found(("entities", name), f"written {number(daily)} times a day and never read")


RULE = Rule("unread-entity", Severity.NOTE, check, __doc__)
