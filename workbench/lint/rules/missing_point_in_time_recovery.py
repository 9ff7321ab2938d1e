"""Table without point-in-time recovery.

What: A table does not have `point_in_time_recovery`.

Why: A wrong deployment or a wrong delete is final: there is no older state to restore, and replicas repeat
    the mistake.

Example:
    Orders: {partition_key: {name: PK, type: S}, billing_mode: PAY_PER_REQUEST}

Instead: Turn it on; or say where the data can be made again from.

Source: dg-pitr
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Holder, Subject
from workbench.lint.wording import gigabytes, number, usd
from workbench.pricing.dimensions import Dimension, Service


def check(subject: Subject) -> Iterator[Found]:
    """Finds tables that cannot be restored."""
    for holder in subject.holders:
        if holder.index_name is None and not holder.table.point_in_time_recovery:
            yield Found(holder.path, f"no older state can be restored{_cost(subject, holder)}")


def _cost(subject: Subject, holder: Holder) -> str:
    size = subject.stored_bytes(holder.place)
    if size is None or subject.book is None:
        return ""
    dimension = Dimension.PITR_STORAGE
    price = subject.book.price(service=Service.DYNAMODB, region=subject.region, dimension=dimension)
    monthly = usd(float(price.usd) * size / 2**30)
    return f"; recovery of {gigabytes(size)} at {number(subject.dau)} DAU costs {monthly} a month"


RULE = Rule("missing-point-in-time-recovery", Severity.WARNING, check, __doc__)
