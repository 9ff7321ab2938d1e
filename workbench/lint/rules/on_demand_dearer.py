"""On-demand table that would cost less provisioned, even sized for the peak.

What: At the case's users, the requests of a table and its indexes cost more a month than a fixed capacity
    of which the peak uses 70 %.

Why: On demand has a price for the freedom not to plan. Steady traffic does not need it.

Example:
    billing_mode: PAY_PER_REQUEST   # 400 writes a second, day and night

Instead: Provision with auto scaling; it costs less still, as the capacity follows the day.

Source: prices-break-even-utilisation, dg-capacity-modes
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.bills import on_demand_usd, sized_usd, undercut
from workbench.lint.rule import Found, Need, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number, usd


def check(subject: Subject) -> Iterator[Found]:
    """Finds on-demand tables that a fixed capacity would undercut."""
    for path, ours, theirs in undercut(subject, "PAY_PER_REQUEST", on_demand_usd, sized_usd):
        message = (
            f"on demand it costs {usd(ours)} a month with storage, provisioned for the peak {usd(theirs)} at "
            f"{number(subject.dau)} DAU"
        )
        yield Found(path, message)


NEEDS = frozenset({Need.MEASUREMENT, Need.PRICES})
RULE = Rule("on-demand-dearer", Severity.WARNING, check, __doc__, NEEDS)
