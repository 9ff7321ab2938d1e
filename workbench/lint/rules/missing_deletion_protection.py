"""Table that one call can delete.

What: A table does not have `deletion_protection`.

Why: A stack that replaces the table, or a script run against the wrong account, deletes it with all items.
    Backups bring the data back after hours, not the name at once.

Example:
    Orders: {partition_key: {name: PK, type: S}, billing_mode: PAY_PER_REQUEST}

Instead: Turn it on; it costs nothing, and whoever means to delete the table turns it off first.

Source: dg-deletion-protection
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import gigabytes, number


def check(subject: Subject) -> Iterator[Found]:
    """Finds tables that nothing keeps from deletion."""
    for holder in subject.holders:
        if holder.index_name is None and not holder.table.deletion_protection:
            size = subject.stored_bytes(holder.place)
            held = f" with {gigabytes(size)} at {number(subject.dau)} DAU" if size is not None else ""
            yield Found(holder.path, f"one call deletes the table{held}")


RULE = Rule("missing-deletion-protection", Severity.WARNING, check, __doc__)
