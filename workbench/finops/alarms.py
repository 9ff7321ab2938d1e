"""Alarms as data: what CloudWatch takes to watch the tables of a case, each threshold with its reason.

Source: cloudwatch-dynamodb
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import Any

from workbench.finops.operated import Operated, Pricer, designed_capacity, rates
from workbench.finops.subscribers import Subscriber
from workbench.pricing.mix import TableUse
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.design import Design, Table

PERIOD_SECONDS = 300
"""Length over which units are summed [s]; shorter than the saved-up capacity lasts."""

TABLE_QUOTA = 40_000
"""Read and write units a second that a table may take until AWS raises it; Source: dynamodb-quotas."""

NEAR = 0.8
"""Share of a limit above which an alarm rings, 0 to 1."""

DEVIATIONS = 3
"""Standard deviations by which chance may exceed the plan."""

_KINDS = (("Read", 0), ("Write", 1))
_ABOVE, _FROM = "GreaterThanThreshold", "GreaterThanOrEqualToThreshold"


@dataclass(frozen=True)
class Alarm:
    """An alarm.

    Args:
        name: Its name in the account and region.
        metric: Metric of DynamoDB.
        dimensions: Name and value of each dimension; none for the whole account.
        statistic: Such as `Sum`, or a percentile such as `p99`.
        threshold: Value from which, or above which, it rings, in the unit of the metric.
        reason: How the threshold was computed, and what the alarm means.
        period: Length over which the statistic is taken [s].
        periods: How many of them in a row.
        above: It rings above the threshold and not at it.
    """

    name: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    threshold: float
    reason: str
    period: int = PERIOD_SECONDS
    periods: int = 1
    above: bool = False

    def request(self, subscribers: Sequence[Subscriber]) -> dict[str, Any]:
        """Returns the request of PutMetricAlarm.

        Args:
            subscribers: Who is told; only topics can be.
        """
        kind = "ExtendedStatistic" if self.statistic.startswith("p") else "Statistic"
        return {
            "AlarmName": self.name,
            "AlarmDescription": self.reason,
            "Namespace": "AWS/DynamoDB",
            "MetricName": self.metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
            kind: self.statistic,
            "Period": self.period,
            "EvaluationPeriods": self.periods,
            "DatapointsToAlarm": self.periods,
            "Threshold": self.threshold,
            "ComparisonOperator": _ABOVE if self.above else _FROM,
            "TreatMissingData": "notBreaching",
            "AlarmActions": [each.address for each in subscribers if each.is_topic],
        }


def case_alarms(case: str, operated: Operated, pricer: Pricer, growth: Decimal) -> tuple[Alarm, ...]:
    """Returns the alarms of a case: use against the plan, throttling, errors, latency, limits.

    Args:
        case: Name of the case.
        operated: The case as it is run.
        pricer: Prices and the expected number of users.
        growth: Growth of the users that is no reason for an alarm, such as 0.2.
    """
    found: list[Alarm] = []
    for use in operated.uses(pricer.dau):
        found += _of_use(case, operated, use, float(growth))
    for table in operated.design.tables:
        found += _of_operations(case, operated.design, table)
    return (*found, *_of_account(case, operated.design))


def _of_use(case: str, operated: Operated, use: TableUse, growth: float) -> Iterator[Alarm]:
    table = operated.design.tables[use.table]
    for index, asked in rates(use).items():
        place = (("TableName", use.table), *((("GlobalSecondaryIndexName", index),) if index else ()))
        name = "-".join(filter(None, (case, use.table, index)))
        for kind, number in _KINDS:
            metric = f"Consumed{kind}CapacityUnits"
            if table.billing_mode == "PROVISIONED":
                limit, why = _near_capacity(table, index, number)
            else:
                busiest = asked[number] * float(use.shape.max()) * PERIOD_SECONDS
                limit, why = _above_plan(busiest, growth, _largest(operated, use.table, index, kind))
            yield Alarm(f"{name}-{metric}", metric, place, "Sum", limit, why, periods=3, above=True)
            yield _throttled(name, place, kind)


def _near_capacity(table: Table, index: str | None, number: int) -> tuple[float, str]:
    stated, scaling = designed_capacity(table, index)
    units = (
        (scaling.max_read_capacity_units, scaling.max_write_capacity_units)
        if scaling
        else (stated.read_capacity_units, stated.write_capacity_units)
    )[number]
    bound = "the most that auto scaling may set" if scaling else "the provisioned capacity"
    why = f"{NEAR:.0%} of {units:,} units a second, {bound}, over {PERIOD_SECONDS} s: throttling is near"
    return units * NEAR * PERIOD_SECONDS, why


def _above_plan(busiest: float, growth: float, largest: float) -> tuple[float, str]:
    """Returns a threshold for what costs by the unit, with room for chance.

    The units of independent requests vary by at most the root of their sum times the largest request.
    """
    planned = busiest * (1 + growth)
    limit = planned + DEVIATIONS * sqrt(planned * largest)
    if not limit:
        return 0.0, "no declared pattern causes any: who does?"
    why = (
        f"planned are {busiest:,.4g} units in the busiest {PERIOD_SECONDS} s, {planned:,.4g} with "
        f"{growth:.0%} growth, and {DEVIATIONS} standard deviations more, the largest request taking "
        f"{largest:,.4g}: each unit above the plan is billed"
    )
    return round(limit, 2), why


def _largest(operated: Operated, table: str, index: str | None, kind: str) -> float:
    """Returns the mean units of the pattern that takes the most at a place [units per request]."""
    place = f"{table}/{index}" if index else table
    mine = (
        units.get(place, 0.0)
        for pattern, units in operated.measured.units.items()
        if (operated.design.patterns[pattern].operation in READ_OPERATIONS) == (kind == "Read")
    )
    return max(mine, default=0.0)


def _throttled(name: str, place: tuple[tuple[str, str], ...], kind: str) -> Alarm:
    metric = f"{kind}ThrottleEvents"
    why = "a request was refused for want of capacity here; clients ask again, and wait"
    return Alarm(f"{name}-{metric}", metric, place, "Sum", 1, why, period=60, periods=2)


def _of_operations(case: str, design: Design, table: str) -> Iterator[Alarm]:
    targets: dict[str, list[float]] = {}
    for pattern in design.patterns.values():
        if design.entities[pattern.entity].table == table:
            stated = [pattern.target_p99_ms] if pattern.target_p99_ms else []
            targets.setdefault(pattern.operation, []).extend(stated)
    for operation, milliseconds in sorted(targets.items()):
        place = (("TableName", table), ("Operation", operation))
        name = f"{case}-{table}-{operation}"
        yield Alarm(f"{name}-ThrottledRequests", "ThrottledRequests", place, "Sum", 1, _REFUSED, 60, 2)
        yield Alarm(f"{name}-SystemErrors", "SystemErrors", place, "Sum", 1, _BROKEN, 60, 2)
        if milliseconds:
            metric = "SuccessfulRequestLatency"
            why = _latency(len(milliseconds))
            yield Alarm(f"{name}-{metric}", metric, place, "p99", max(milliseconds), why, 60, 5, above=True)


def _latency(patterns: int) -> str:
    which = "the documented target" if patterns == 1 else f"the largest of {patterns} documented targets"
    return f"{which} of the 99th percentile [ms]; the metric ends at the service and leaves the network out"


def _of_account(case: str, design: Design) -> Iterator[Alarm]:
    yield Alarm(f"{case}-UserErrors", "UserErrors", (), "Sum", 1, _WRONG, 60, 3)
    if any(table.billing_mode == "PROVISIONED" for table in design.tables.values()):
        for kind, _ in _KINDS:
            metric = f"AccountProvisioned{kind}CapacityUtilization"
            yield Alarm(f"{case}-{metric}", metric, (), "Maximum", NEAR * 100, _ACCOUNT)
    for name, table in design.tables.items():
        for kind, _ in _KINDS if table.billing_mode == "PAY_PER_REQUEST" else ():
            metric = f"Consumed{kind}CapacityUnits"
            limit = NEAR * TABLE_QUOTA * 60
            place = (("TableName", name),)
            yield Alarm(f"{case}-{name}-{metric}-quota", metric, place, "Sum", limit, _QUOTA, 60, 3)


_REFUSED = "a request was refused because of a table or an index that it touches"
_BROKEN = "an error of the service; repeat the request, and tell AWS when it lasts"
_WRONG = "requests that are wrong and stay wrong: a change of the application broke something"
_ACCOUNT = f"{NEAR:.0%} of the account's limit of provisioned units: ask AWS for more before it is reached"
_QUOTA = (
    f"{NEAR:.0%} of {TABLE_QUOTA:,} units a second, the quota of a table, over 60 s: ask AWS for more before "
    "it is reached"
)
