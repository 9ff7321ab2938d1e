"""Item that comes near 400 KB.

What: The largest measured item of an entity has at least 80 % of the 409,600 bytes that an item may have.

Why: The next longer text makes the write fail, and each write of such an item costs up to 400 units, each
    read up to 100.

Example:
    attributes:
      report: {type: S, description: The whole document}

Instead: Keep large values in S3 with their address in the item, compress them, or split them over several
    items.

Source: dg-constraints, dg-large-items
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Need, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import percent

MOST_BYTES = 409_600
SHARE = 0.8


def check(subject: Subject) -> Iterator[Found]:
    """Finds entities with an item of at least `SHARE` of `MOST_BYTES`."""
    for name in subject.design.entities:
        sizes = subject.sizes(name)
        if sizes and sizes.max_bytes >= SHARE * MOST_BYTES:
            message = (
                f"the largest item has {sizes.max_bytes:,} bytes, {percent(sizes.max_bytes / MOST_BYTES)} of "
                f"409,600; half of the items have at most {sizes.p50_bytes:,}, "
                f"99 % at most {sizes.p99_bytes:,}"
            )
            yield Found(("entities", name), message)


RULE = Rule("item-near-limit", Severity.WARNING, check, __doc__, frozenset({Need.MEASUREMENT}))
