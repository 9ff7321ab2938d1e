"""Collection under a key with few values that DynamoDB cannot split, as its sort key rises with time.

What: A table or index has a partition key with few values and a sort key that begins with a moment or a
    sequence, or its table has local indexes.

Why: DynamoDB splits a hot collection at a sort key. New items always lie behind the last split when the
    sort key rises, so splitting does not spread the writes; with a local index it does not split at all.

Example:
    index_keys:
      Feed: {keys: {feed_key: PUBLIC, feed_sort: "{created_at}"}}

Instead: Shard the partition key; or begin the sort key with something that spreads, if no query needs the
    order.

Source: dg-burst-adaptive
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.keys import key_template
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import SECONDS_PER_DAY, Subject
from workbench.lint.traffic import PARTITION_WRITE_UNITS, HotKey, hot_keys
from workbench.lint.wording import number
from workbench.spec.design import Entity
from workbench.spec.templates import Placeholder, parse_template

SHARE = 0.1
"""Share of a partition's write units from which on splitting matters."""


def check(subject: Subject) -> Iterator[Found]:
    """Finds busy keys with few values over a rising sort key."""
    for key in hot_keys(subject):
        peak = subject.peak(key.write_units)
        cause = _cause(subject, key)
        if cause and peak >= SHARE * PARTITION_WRITE_UNITS:
            per_day = peak / subject.peak_ratio * SECONDS_PER_DAY
            message = (
                f'{key.holder.label}: "{key.template}" takes {number(peak)} write units a second at the peak '
                f"({number(per_day)} a day) and cannot be split, because {cause}"
            )
            yield Found(key.path, message)


def _cause(subject: Subject, key: HotKey) -> str:
    """Returns why a collection cannot be split; empty when it can."""
    if key.holder.index_name is None and key.holder.table.local_secondary_indexes:
        return "its table has local indexes"
    if key.holder.spec.sort_key is None:
        return "it has no sort key"
    entity = subject.design.entities.get(str(key.path[1]))
    template = key_template(key.holder, entity, key.holder.spec.sort_key.name) if entity else None
    return f'its sort key "{template}" rises with time' if template and _rises(template, entity) else ""


def _rises(template: str, entity: Entity | None) -> bool:
    """Returns whether new items sort behind all others."""
    first = next((part for part in parse_template(template) if isinstance(part, Placeholder)), None)
    attribute = entity.attributes.get(first.name) if entity and first else None
    return attribute is not None and attribute.format in {"timestamp", "date", "epoch_seconds"}


RULE = Rule("unsplittable-collection", Severity.WARNING, check, __doc__)
