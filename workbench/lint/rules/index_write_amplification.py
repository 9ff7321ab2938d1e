"""Write that costs more in the indexes than in the table.

What: The index entries that a write changes consume at least twice what the write of the item consumes.

Why: Each index entry is written with its own units: one for each begun KB, two when its key moves. Indexes
    are often most of the bill for writes, and each is one more thing that can throttle the table.

Example:
    set: {status: "{next_status}", by_status_key: "STATUS#{next_status}", by_age_key: "{next_status}"}

Instead: Drop indexes that few queries use, make them sparse, project less, and keep attributes that change
    often out of keys and projections.

Source: dg-gsi-writes
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import DAYS_PER_MONTH, Operation, Subject
from workbench.lint.traffic import units_per_request
from workbench.lint.wording import names, number, several

FACTOR = 2.0


def check(subject: Subject) -> Iterator[Found]:
    """Finds writes whose units in indexes are at least `FACTOR` times those in the table."""
    for operation in subject.writes:
        table, indexes = _units(subject, operation)
        total = sum(indexes.values())
        if table and total >= FACTOR * table:
            monthly = total * subject.rate(operation.id) * subject.dau * DAYS_PER_MONTH
            each = names(f"{number(units)} in {name}" for name, units in indexes.items())
            least = "" if subject.measurement else "at least "
            message = (
                f"one request writes {least}{several(table, 'unit')} in the table and {number(total)} in "
                f"indexes ({each}), {number(monthly)} index units a month at {number(subject.dau)} DAU"
            )
            yield Found(operation.path, message)


def _units(subject: Subject, operation: Operation) -> tuple[float, dict[str, float]]:
    table_name = subject.holder(operation).table_name
    here = [holder for holder in subject.holders if holder.table_name == table_name]
    units = {holder: units_per_request(subject, operation, holder) for holder in here}
    indexes = {holder.index_name: amount for holder, amount in units.items() if holder.index_name and amount}
    return next(amount for holder, amount in units.items() if not holder.index_name), dict(indexes)


RULE = Rule("index-write-amplification", Severity.WARNING, check, __doc__)
