"""Partition key that is a day, so that all of today's traffic goes to one partition.

What: A partition key is made of the day alone, or of the day and attributes with few values, and the case's
    peak still fits into a partition.

Why: Yesterday's partitions idle while today's takes everything. Partitions that were split for a busy day
    do not help the next one.

Example:
    keys: {PK: "DAY#{created_at:date}", SK: "{created_at}#{id:010d}"}

Instead: Put the owner first and the time into the sort key, or add a shard to the day.

Source: dg-time-series, dg-write-sharding
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.traffic import hot_keys, key_load


def check(subject: Subject) -> Iterator[Found]:
    """Finds keys of a day that do not break at the subject's users yet."""
    for key in hot_keys(subject):
        if key.per_day and subject.dau < key.breaks_at(subject) < float("inf"):
            yield Found(key.path, f"{key.holder.label}: {key_load(subject, key)}")


RULE = Rule("rolling-partition-key", Severity.WARNING, check, __doc__)
