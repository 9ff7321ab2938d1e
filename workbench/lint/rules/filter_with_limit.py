"""Limit together with a filter, which bounds the answer and not the reading.

What: A Query or Scan has both a filter and a limit.

Why: DynamoDB counts the limit before it filters. To return that many items pages are followed until enough
    passed, so one request can read the whole collection when few items match.

Example:
    partition: {PK: "USER#{user_id}"}
    filter: [{attribute: status, operator: "=", value: OPEN}]
    limit: 20

Instead: Make the filtered attribute part of a key, so that the first page holds the answer.

Source: api-query
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.keys import attribute_domain
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Operation, Subject
from workbench.lint.wording import number


def check(subject: Subject) -> Iterator[Found]:
    """Finds reads with a filter and a limit."""
    for operation in subject.reads:
        limit = getattr(operation.action, "limit", None)
        if limit and getattr(operation.action, "filter", ()):
            count = _values(subject, operation)
            usual = f"on average {number(limit * count)} of {count} kinds" if count else "an unknown number"
            message = f"stops at {limit} items that pass the filter, after reading {usual}; no bound holds"
            yield Found((*operation.path, "limit"), message)


def _values(subject: Subject, operation: Operation) -> int:
    """Returns among how many values the filter's equalities choose; 0 when not known."""
    entity = subject.design.entities[operation.entity]
    equal = [each.attribute for each in getattr(operation.action, "filter", ()) if each.operator == "="]
    domains = [attribute_domain(subject, entity, name) for name in equal]
    return max((domain.count for domain in domains if domain), default=0)


RULE = Rule("filter-with-limit", Severity.WARNING, check, __doc__)
