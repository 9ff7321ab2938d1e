"""Index whose entries lack what is read, so that each entry needs a second read.

What: A query of a local index asks for attributes that it does not project, or a query of a KEYS_ONLY index
    returns many items.

Why: DynamoDB fetches each missing item of a local index, at the full size of the item. From a global index
    the application has to, one read an entry.

Example:
    local_secondary_indexes:
      ByScore: {sort_key: {name: score, type: N}, projection: {type: KEYS_ONLY}}

Instead: Project what the list shows, as long as the entry stays within a KB or two.

Source: dg-lsi, dg-gsi
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import DAYS_PER_MONTH, Holder, Operation, Subject
from workbench.lint.traffic import READ_UNIT_BYTES
from workbench.lint.wording import names, number
from workbench.spec.design import SecondaryIndex


def check(subject: Subject) -> Iterator[Found]:
    """Finds reads of an index that need the items too."""
    for operation in subject.reads:
        holder = subject.holder(operation)
        reason = _reason(holder, operation) if isinstance(holder.spec, SecondaryIndex) else ""
        if reason:
            yield Found((*operation.path, "index"), f"{reason}; {_cost(subject, operation)}")


def _reason(holder: Holder, operation: Operation) -> str:
    """Returns why a read of an index needs the items; empty when it does not."""
    projection = getattr(holder.spec, "projection", None)
    if projection is None or projection.type == "ALL" or getattr(operation.action, "count_only", False):
        return ""
    keys = {*holder.key_names, holder.table.partition_key.name}
    keys |= {holder.table.sort_key.name} if holder.table.sort_key else set()
    carried = {*keys, *projection.non_key_attributes}
    missing = [name for name in getattr(operation.action, "attributes", ()) if name not in carried]
    if holder.local and missing:
        return f"{holder.label} does not project {names(missing)}, so each item is fetched from the table"
    asked = getattr(operation.action, "attributes", ()) or ()
    bare = projection.type == "KEYS_ONLY" and operation.items > 1 and not asked
    return f"{holder.label} gives keys only, so each item is read from the table after it" if bare else ""


def _cost(subject: Subject, operation: Operation) -> str:
    sizes = subject.sizes(operation.entity)
    each = 0.5 * (ceil(sizes.mean_bytes / READ_UNIT_BYTES) if sizes else 1)
    each *= 2 if getattr(operation.action, "consistent_read", False) else 1
    least = "" if sizes else "at least "
    request = each * operation.items
    monthly = request * subject.rate(operation.id) * subject.dau * DAYS_PER_MONTH
    return (
        f"{number(operation.items)} items make {least}{number(request)} more read units a request, "
        f"{number(monthly)} a month at {number(subject.dau)} DAU"
    )


RULE = Rule("projection-forces-fetch", Severity.WARNING, check, __doc__)
