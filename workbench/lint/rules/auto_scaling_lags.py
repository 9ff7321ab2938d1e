"""Peaks that are over before auto scaling follows.

What: Within an hour, the busiest second has more than the room that the target utilisation leaves.

Why: Scaling follows after minutes and aims at the mean. A target of 70 % leaves room for 1.43 times the
    mean; what exceeds it lives on saved-up capacity, which is not guaranteed.

Example:
    auto_scaling: {max_write_capacity_units: 200, target_utilization_percent: 90}
    # and bursts of three times the mean of the hour

Instead: Lower the target, raise the minimum ahead of known peaks, or let the table be billed on demand.

Source: dg-autoscaling, dg-burst-adaptive
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number


def check(subject: Subject) -> Iterator[Found]:
    """Finds targets that leave less room than the bursts of the case take."""
    bursts = subject.workload.assumptions[subject.workload.peak_to_average].value
    for holder in subject.holders:
        scaling = None if holder.local else holder.spec.auto_scaling
        if scaling and bursts > 100 / scaling.target_utilization_percent:
            room = 100 / scaling.target_utilization_percent
            message = (
                f"a target of {scaling.target_utilization_percent} % leaves room for {number(room)} times "
                f"the mean, and bursts take {number(bursts)} times the mean of their hour"
            )
            yield Found((*holder.path, "auto_scaling"), message)


RULE = Rule("auto-scaling-lags", Severity.NOTE, check, __doc__)
