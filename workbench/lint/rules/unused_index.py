"""Index that no access pattern reads.

What: A secondary index is declared and no pattern queries or scans it.

Why: It is paid for with every write and every stored byte, and answers nothing.

Example:
    global_secondary_indexes:
      ByEmail: {partition_key: {name: email, type: S}, projection: {type: ALL}}

Instead: Declare the pattern that needs it, or delete the index; it can be added later without downtime.

Source: dg-indexes-general
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import DAYS_PER_MONTH, Holder, Subject
from workbench.lint.traffic import units_per_request
from workbench.lint.wording import gigabytes, number


def check(subject: Subject) -> Iterator[Found]:
    """Finds indexes without a reader."""
    read = {subject.holder(operation).place for operation in subject.reads}
    for holder in subject.indexes:
        if holder.place not in read:
            yield Found(holder.path, f"no pattern reads it{_cost(subject, holder)}")


def _cost(subject: Subject, holder: Holder) -> str:
    table = [each for each in subject.writes if subject.holder(each).table_name == holder.table_name]
    daily = sum(units_per_request(subject, each, holder) * subject.rate(each.id) for each in table)
    monthly = daily * subject.dau * DAYS_PER_MONTH
    least = "" if subject.measurement else "at least "
    size = subject.stored_bytes(holder.place)
    stored = "" if size is None else f" and stores {gigabytes(size)}"
    return f"; at {number(subject.dau)} DAU it takes {least}{number(monthly)} write units a month{stored}"


RULE = Rule("unused-index", Severity.WARNING, check, __doc__)
