"""Query of a growing collection without a limit or a range.

What: A Query reads a collection that only grows, with neither a limit nor a bound on the sort key, and its
    author expects more than one item.

Why: It answers quickly at first. Every day it reads more, past 1 MB it needs several requests one after the
    other, and its cost has no upper end.

Example:
    operation: Query
    partition: {PK: "USER#{user_id}"}

Instead: Give it a limit and a page, or a range of time on the sort key.

Source: dg-query-pagination
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.growth import Growth, growths
from workbench.lint.keys import key_template
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number
from workbench.spec.access import Query

PAGE_BYTES = 2**20
_RANGES = {"between", ">", ">=", "<", "<=", "="}


def check(subject: Subject) -> Iterator[Found]:
    """Finds queries that read all of a growing collection."""
    growing = {growth.entity: growth for growth in growths(subject) if growth.items_per_day > 0}
    for operation in subject.reads:
        query, growth = operation.action, growing.get(operation.entity)
        if not isinstance(query, Query) or growth is None or query.limit or operation.items <= 1:
            continue
        holder = subject.holder(operation)
        sort = key_template(holder, subject.design.entities[operation.entity], holder.key_names[-1])
        bounded = query.sort and (query.sort.operator in _RANGES or str(query.sort.value).count("{"))
        if not bounded and (holder.index_name is None or (sort and "{" in sort)):
            yield Found(operation.path, f"reads a whole collection that only grows{_end(subject, growth)}")


def _end(subject: Subject, growth: Growth) -> str:
    size = subject.sizes(growth.entity)
    rate = f", by {number(growth.items_per_day)} items a day of a daily user"
    if size is None or not size.mean_bytes:
        return rate
    days = PAGE_BYTES / (growth.items_per_day * size.mean_bytes)
    return f"{rate}; after {number(days)} days the answer exceeds one page of 1 MB"


RULE = Rule("query-without-limit", Severity.WARNING, check, __doc__)
