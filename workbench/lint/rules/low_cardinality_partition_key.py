"""Partition key with few values, which carries the case's peak but sets an end to growth.

What: A partition key is a constant, or its attributes have few values, and the case's peak still fits into
    one partition for each. The finding says at how many daily active users it no longer does.

Why: Growth concentrates on the same few partitions. The limit comes without a warning and no capacity
    setting moves it.

Example:
    index_keys:
      Feed: {keys: {feed_key: PUBLIC, feed_sort: "{created_at}"}}

Instead: Keep it where the number of users has room, and accept it with that number as the reason; else add
    a shard to the key now, while there is little data to rewrite.

Source: dg-partition-limits, dg-write-sharding
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.traffic import hot_keys, key_load


def check(subject: Subject) -> Iterator[Found]:
    """Finds keys with few values that break above the subject's users."""
    for key in hot_keys(subject):
        if not key.per_day and subject.dau < key.breaks_at(subject) < float("inf"):
            yield Found(key.path, f"{key.holder.label}: {key_load(subject, key)}")


RULE = Rule("low-cardinality-partition-key", Severity.NOTE, check, __doc__)
