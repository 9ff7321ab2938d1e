"""Provisioned capacity that stays the same all day.

What: A provisioned table or index has no `auto_scaling`, while the case's busiest second has at least twice
    the mean rate.

Why: A capacity for the peak is paid for all night; one for the mean throttles every evening.

Example:
    billing_mode: PROVISIONED
    provisioned_throughput: {read_capacity_units: 50, write_capacity_units: 20}

Instead: Add `auto_scaling` with a maximum above the peak, or let the table be billed on demand.

Source: dg-autoscaling
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.bills import throughput_of
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number

RATIO = 2.0


def check(subject: Subject) -> Iterator[Found]:
    """Finds fixed capacities under traffic that varies."""
    for holder in subject.holders:
        stated = throughput_of(holder)
        if stated and holder.spec.auto_scaling is None and subject.peak_ratio >= RATIO:
            reads, writes = stated.read_capacity_units, stated.write_capacity_units
            message = (
                f"stays at {number(reads)} RCU and {number(writes)} WCU, while the busiest second has "
                f"{number(subject.peak_ratio)} times the mean rate"
            )
            yield Found(holder.path, message)


RULE = Rule("missing-auto-scaling", Severity.WARNING, check, __doc__)
