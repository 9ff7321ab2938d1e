"""Budgets as data: what AWS Budgets takes to watch a case's bill, each threshold with its reason.

Source: budgets-limits
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

from workbench.finops.operated import Operated, Pricer
from workbench.finops.subscribers import Subscriber
from workbench.pricing.bill import STANDARD

ALERTS = (
    ("ACTUAL", 50, "half of the month's money is spent: early in a month it is a trend, late it is normal"),
    ("ACTUAL", 80, "there is time left to act before the limit"),
    ("ACTUAL", 100, "the month costs more than planned, growth included"),
    ("FORECASTED", 80, "the forecast leaves less room than planned"),
    ("FORECASTED", 100, "the forecast breaks the limit while there is time left to act"),
)
"""Kind, share of the limit [%] and reason of each alert; a budget has room for five."""

_HOURS_PER_DAY = 24
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Budget:
    """A budget.

    Args:
        name: Its name in the account.
        time_unit: `MONTHLY` or `DAILY`.
        limit_usd: Its limit, in whole cents [USD].
        reason: How the limit was computed.
        alerts: Kind, share of the limit [%] and reason of each alert.
    """

    name: str
    time_unit: str
    limit_usd: Decimal
    reason: str
    alerts: tuple[tuple[str, int, str], ...]

    def request(self, account: str, subscribers: Sequence[Subscriber]) -> dict[str, Any]:
        """Returns the request of CreateBudget.

        Args:
            account: Account that the budget is made in, 12 digits.
            subscribers: Who is told.
        """
        told = [subscriber.budgets for subscriber in subscribers]
        return {
            "AccountId": account,
            "Budget": {
                "BudgetName": self.name,
                "BudgetType": "COST",
                "TimeUnit": self.time_unit,
                "BudgetLimit": {"Amount": f"{self.limit_usd}", "Unit": "USD"},
                "CostFilters": {"Service": ["Amazon DynamoDB"]},
            },
            "NotificationsWithSubscribers": [
                {"Notification": _notification(kind, percent), "Subscribers": told}
                for kind, percent, _ in self.alerts
            ],
        }


def case_budgets(case: str, operated: Operated, pricer: Pricer, growth: Decimal) -> tuple[Budget, ...]:
    """Returns the budgets of a month and of a day.

    Args:
        case: Name of the case.
        operated: The case as it is run.
        pricer: Prices and the expected number of users.
        growth: Growth of the users that is no reason for an alert, such as 0.2.
    """
    expected = pricer.bill(operated).total
    dau = int((pricer.dau * (1 + growth)).to_integral_value(rounding=ROUND_UP))
    planned = Pricer(pricer.book, pricer.region, dau).bill(operated).total
    busiest = _busiest_day(operated.workload.weekly)
    month = (
        f"{expected:,.2f} USD at {pricer.dau:,} daily active users, {planned:,.2f} at the {dau:,} "
        f"that {growth:.0%} growth would make"
    )
    day = f"a day's part of that month, times {busiest:.2f} for the busiest day of the week"
    daily = planned * _HOURS_PER_DAY / STANDARD.hours_per_month * busiest
    actual = tuple(alert for alert in ALERTS if alert[0] == "ACTUAL" and alert[1] == 100)  # noqa: PLR2004
    return (
        Budget(f"{case}-dynamodb-month", "MONTHLY", _cents(planned), month, ALERTS),
        Budget(f"{case}-dynamodb-day", "DAILY", _cents(daily), day, actual),
    )


def _busiest_day(weekly: Sequence[float]) -> Decimal:
    return Decimal(str(max(weekly))) * len(weekly) / Decimal(str(sum(weekly)))


def _cents(amount: Decimal) -> Decimal:
    return max(_CENT, amount.quantize(_CENT, rounding=ROUND_UP))


def _notification(kind: str, percent: int) -> Mapping[str, Any]:
    return {
        "NotificationType": kind,
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": percent,
        "ThresholdType": "PERCENTAGE",
    }
