"""Expiry that is a number, but not of epoch seconds.

What: The attribute that `time_to_live` names is a number without the format `epoch_seconds`.

Why: DynamoDB takes it as seconds since 1970. Milliseconds lie far in the future, so nothing ever expires; a
    count of days lies more than five years in the past, which is ignored too.

Example:
    expires_at: {type: N, format: decimal}

Instead: Give the attribute the format `epoch_seconds`.

Source: dg-ttl
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject


def check(subject: Subject) -> Iterator[Found]:
    """Finds expiry attributes that are no epoch seconds."""
    for name, entity in subject.design.entities.items():
        expiry = subject.design.entity_table(name).time_to_live
        attribute = entity.attributes.get(expiry) if expiry else None
        if attribute and attribute.type == "N" and attribute.format != "epoch_seconds":
            form = attribute.format or "decimal"
            message = f"expires items by a number of format {form}; only epoch seconds expire"
            yield Found(("entities", name, "attributes", str(expiry)), message)


RULE = Rule("ttl-not-epoch-seconds", Severity.ERROR, check, __doc__)
