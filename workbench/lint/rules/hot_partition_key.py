"""Partition key with few values whose busiest one takes more than a partition gives at the peak.

What: The busiest value of a constant or low-cardinality partition key consumes more than 1,000 write units
    or 3,000 read units a second at the case's busiest second. Traffic is taken to follow the items, whose
    shares are the population's.

Why: One key value lives in one partition at a time. Beyond its limit requests are throttled, whatever the
    capacity of the table; a hot index throttles the writes of its table.

Example:
    index_keys:
      ByStatus: {keys: {status_key: "STATUS#{status}"}}

Instead: Add a shard to the key (`STATUS#{status}#{shard}`) and query all shards, or use a key with many
    values.

Source: dg-partition-limits, dg-write-sharding
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.traffic import hot_keys, key_load


def check(subject: Subject) -> Iterator[Found]:
    """Finds keys that break at or below the subject's users."""
    for key in hot_keys(subject):
        if key.breaks_at(subject) <= subject.dau:
            yield Found(key.path, f"{key.holder.label}: {key_load(subject, key)}; shard it")


RULE = Rule("hot-partition-key", Severity.ERROR, check, __doc__)
