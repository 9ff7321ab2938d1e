"""Counter in an index, which turns each count into an index write.

What: An update adds to an attribute that an index projects or is keyed by.

Why: The item is written once, and each index that carries the attribute once more; twice when its key
    changes.

Example:
    add: {view_count: 1}   # while ByAuthor projects view_count

Instead: Leave the attribute out of the projection, and read it with the item.

Source: dg-gsi-writes
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.keys import key_template
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import DAYS_PER_MONTH, Holder, Operation, Subject
from workbench.lint.wording import names, number
from workbench.spec.design import SecondaryIndex


def check(subject: Subject) -> Iterator[Found]:
    """Finds counters that indexes carry."""
    for operation in subject.writes:
        for name in getattr(operation.action, "add", {}):
            carrying = [holder for holder in _indexes(subject, operation) if _carries(holder, name)]
            if carrying:
                daily = subject.rate(operation.id) * subject.dau
                extra = sum(2 if name in holder.key_names else 1 for holder in carrying)
                indexes = names(str(holder.index_name) for holder in carrying)
                message = (
                    f"each change is written to {indexes} too, at least {extra} units more, "
                    f"{number(extra * daily * DAYS_PER_MONTH)} a month at {number(subject.dau)} DAU"
                )
                yield Found((*operation.path, "add", name), message)


def _indexes(subject: Subject, operation: Operation) -> Iterator[Holder]:
    """Yields the indexes that items of the operation's entity can be in."""
    entity = subject.design.entities[operation.entity]
    for holder in subject.indexes:
        here = holder.table_name == entity.table
        if here and all(key_template(holder, entity, key) is not None for key in holder.key_names):
            yield holder


def _carries(holder: Holder, name: str) -> bool:
    spec = holder.spec
    if name in holder.key_names:
        return True
    projection = spec.projection if isinstance(spec, SecondaryIndex) else None
    return projection is not None and (projection.type == "ALL" or name in projection.non_key_attributes)


RULE = Rule("volatile-projection", Severity.WARNING, check, __doc__)
