"""Read that can return items which have expired already.

What: A Query, Scan or Get of an entity that expires does not look at the expiry.

Why: Expired items are deleted within days, not at their moment. Until then every read returns them and pays
    for them.

Example:
    operation: Query   # of sessions, which have expires_at, without a filter

Instead: Filter by the expiry (`expires_at > now`), or accept it where the time is part of the sort key's
    range.

Source: dg-ttl
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.keys import over_attributes
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Operation, Subject
from workbench.lint.wording import number
from workbench.spec.templates import placeholders

DELAY_DAYS = 2
"""Days by which deletion is taken to lag; the guide says a few. Source: dg-ttl."""


def check(subject: Subject) -> Iterator[Found]:
    """Finds reads of expiring entities without a condition on the expiry."""
    for operation in subject.reads:
        entity = subject.design.entities[operation.entity]
        expiry = subject.design.tables[entity.table].time_to_live
        if expiry in entity.attributes and not _looks_at(subject, operation, expiry):
            writes = [each for each in subject.writes if each.entity == operation.entity]
            daily = sum(subject.rate(each.id) * each.items for each in writes) * subject.dau
            message = (
                f"does not compare {expiry}; about {number(daily * DELAY_DAYS)} expired items wait for their "
                f"deletion at {number(subject.dau)} DAU"
            )
            yield Found(operation.path, message)


def _looks_at(subject: Subject, operation: Operation, expiry: str | None) -> bool:
    """Returns whether a read compares the expiry, or a time in its sort key."""
    ranged = getattr(operation.action, "sort", None)
    values = ranged.value if ranged and isinstance(ranged.value, tuple) else (ranged.value if ranged else "",)
    attributes = subject.design.entities[operation.entity].attributes
    timed = any(
        attributes[name].format in {"timestamp", "date", "epoch_seconds"}
        for value in values
        for name in placeholders(over_attributes(str(value), operation))
        if name in attributes
    )
    return timed or any(each.attribute == expiry for each in getattr(operation.action, "filter", ()))


RULE = Rule("ttl-read-unfiltered", Severity.NOTE, check, __doc__)
