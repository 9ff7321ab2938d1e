"""Provisioned capacity that the case's peak exceeds.

What: The busiest second of a provisioned table or index needs more than its capacity, or than the maximum
    that auto scaling may set.

Why: What exceeds the capacity is throttled. Saved-up capacity covers some minutes of it, which is not to be
    planned with.

Example:
    provisioned_throughput: {read_capacity_units: 5, write_capacity_units: 5}

Instead: Raise the capacity or the maximum, or let the table be billed on demand.

Source: dg-provisioned, dg-burst-adaptive
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.compare.demand import capacity_holds_until
from workbench.lint.bills import most_capacity
from workbench.lint.rule import Found, Need, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number


def check(subject: Subject) -> Iterator[Found]:
    """Finds tables and indexes whose capacity ends below the subject's users."""
    for holder in subject.holders:
        capacity, demand = most_capacity(holder), subject.demands.get(holder.place)
        if capacity is None or demand is None:
            continue
        holds = capacity_holds_until(demand, rcu=capacity[0], wcu=capacity[1])
        if holds is not None and holds < subject.dau:
            reads, writes = (
                number(float(demand.peak_per_second(units)) * subject.dau)
                for units in (demand.read_units_per_dau, demand.write_units_per_dau)
            )
            message = (
                f"the busiest second at {number(subject.dau)} DAU takes {reads} read units of "
                f"{number(capacity[0])} and {writes} write units of {number(capacity[1])}; "
                f"it holds until {number(holds)} DAU"
            )
            yield Found(holder.path, message)


RULE = Rule("capacity-below-peak", Severity.ERROR, check, __doc__, frozenset({Need.MEASUREMENT}))
