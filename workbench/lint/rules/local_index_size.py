"""Growing collection in a table with a local index, which ends at 10 GB.

What: A table has a local index, and one of its item collections only grows.

Why: With a local index a collection, entries included, holds at most 10 GB. Then writes to it fail, and the
    local index can only be removed with the table.

Example:
    local_secondary_indexes:
      ByScore: {partition_key: {name: PK, type: S}, sort_key: {name: score, type: N}, projection: {type: ALL}}

Instead: Use a global index, which has no such limit and can be deleted.

Source: dg-lsi
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.growth import Growth, growths
from workbench.lint.keys import template_domain
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import DAYS_PER_YEAR, Subject
from workbench.lint.wording import number, several

COLLECTION_BYTES = 10 * 2**30


def check(subject: Subject) -> Iterator[Found]:
    """Finds growing collections in tables with local indexes."""
    for growth in growths(subject):
        entity = subject.design.entities[growth.entity]
        indexes = subject.design.tables[entity.table].local_secondary_indexes
        if indexes:
            count = several(len(indexes), "local index", "local indexes")
            message = f'"{growth.template}" only grows and {count} end it at 10 GB{_when(subject, growth)}'
            yield Found(growth.path, message)


def _when(subject: Subject, growth: Growth) -> str:
    """Returns how many years are left; empty when sizes are not known or nothing is added."""
    size = subject.sizes(growth.entity)
    domain = template_domain(subject, growth.template, subject.design.entities[growth.entity])
    daily = growth.items_per_day * (subject.dau * domain.top_share if domain else 1.0)
    if size is None or not daily:
        return ""
    years = COLLECTION_BYTES / (daily * size.mean_bytes) / DAYS_PER_YEAR
    return f", after {number(years)} years at {number(daily)} items a day, local entries not counted"


RULE = Rule("local-index-size", Severity.ERROR, check, __doc__)
