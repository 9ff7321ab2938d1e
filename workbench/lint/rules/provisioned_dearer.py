"""Provisioned table that would cost less on demand.

What: At the case's users, the stated capacity of a table and its indexes costs more a month than its
    requests would on demand.

Why: Provisioned capacity is paid for by the hour, used or not. Below about 29 % use, on demand is cheaper.

Example:
    billing_mode: PROVISIONED
    provisioned_throughput: {read_capacity_units: 500, write_capacity_units: 500}   # 20 are used

Instead: Change the billing mode, or lower the capacity; the mode can be changed back later.

Source: prices-break-even-utilisation, dg-capacity-modes
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.bills import designed_usd, on_demand_usd, undercut
from workbench.lint.rule import Found, Need, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number, usd


def check(subject: Subject) -> Iterator[Found]:
    """Finds provisioned tables that on-demand requests would undercut."""
    for path, ours, theirs in undercut(subject, "PROVISIONED", designed_usd, on_demand_usd):
        message = (
            f"its stated capacity costs {usd(ours)} a month with storage, on demand it would be "
            f"{usd(theirs)} at {number(subject.dau)} DAU"
        )
        yield Found(path, message)


NEEDS = frozenset({Need.MEASUREMENT, Need.PRICES})
RULE = Rule("provisioned-dearer", Severity.WARNING, check, __doc__, NEEDS)
