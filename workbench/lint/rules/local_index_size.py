"""Growing collection in a table with a local index, which ends at 10 GB.

What: A table has a local index, and one of its item collections only grows: to 10 GB within ten years, or
    in a time that nobody measured.

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
YEARS = 10
"""Years from which on a collection is not expected to live."""


def check(subject: Subject) -> Iterator[Found]:
    """Finds growing collections in tables with local indexes."""
    for growth in growths(subject):
        entity = subject.design.entities[growth.entity]
        indexes = subject.design.tables[entity.table].local_secondary_indexes
        years = _years(subject, growth)
        if indexes and (years is None or years < YEARS):
            count = several(len(indexes), "local index", "local indexes")
            when = "" if years is None else f", after {number(years)} years, its local entries not counted"
            message = f'"{growth.template}" only grows and {count} end it at 10 GB{when}'
            yield Found(growth.path, message)


def _years(subject: Subject, growth: Growth) -> float | None:
    """Returns the years until the largest collection is full; None when sizes or rates are not known."""
    size = subject.sizes(growth.entity)
    domain = template_domain(subject, growth.template, subject.design.entities[growth.entity])
    daily = growth.items_per_day * (subject.dau * domain.top_share if domain else 1.0)
    if size is None or not daily:
        return None
    return COLLECTION_BYTES / (daily * size.mean_bytes) / DAYS_PER_YEAR


RULE = Rule("local-index-size", Severity.ERROR, check, __doc__)
