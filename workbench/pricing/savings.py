"""A savings plan as a parameter: the same bill with some prices lowered by a stated share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.errors import InputError, Problem
from workbench.pricing.bill import Bill, BillLine
from workbench.pricing.book import Strength
from workbench.pricing.dimensions import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.pricing.book import Price


@dataclass(frozen=True, slots=True)
class SavingsPlan:
    """What a Database Savings Plan takes off; AWS states ceilings only, so the rates are yours to give.

    Args:
        on_demand: Share taken off on-demand requests and serverless capacity, 0 to 1.
        provisioned: Share taken off provisioned capacity and instance hours, 0 to 1.

    Source: prices-savings-plan
    """

    on_demand: Decimal = Decimal(0)
    provisioned: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        problems = [*self._problems()]
        if problems:
            raise InputError(problems)

    def share_off(self, price: Price) -> Decimal:
        """The share that the plan takes off a price, 0 where it does not cover it."""
        if price.service == Service.AURORA_SERVERLESS_V2:
            return self.on_demand
        if price.service == Service.DYNAMODB and price.dimension.startswith(("on_demand_", "replicated_wru")):
            return self.on_demand
        if price.service == Service.DYNAMODB and price.dimension.startswith(
            ("provisioned_", "replicated_wcu")
        ):
            return self.provisioned
        return self.provisioned if _covered_instance(price) else Decimal(0)

    def _problems(self) -> Iterator[Problem]:
        for name, share in (("on_demand", self.on_demand), ("provisioned", self.provisioned)):
            if not 0 <= share < 1:
                message = f"not a share; got {share}, allowed 0 up to but not including 1"
                yield Problem("savings plan", 0, name, message, "Write 0.35 for 35 %")


def with_savings_plan(bill: Bill, plan: SavingsPlan) -> Bill:
    """The bill with the prices that a plan covers lowered; the commitment is assumed to be used up.

    Args:
        bill: A bill at list prices.
        plan: Shares taken off.

    Source: prices-savings-plan
    """
    return replace(bill, lines=tuple(_lowered(line, plan.share_off(line.price)) for line in bill.lines))


def _covered_instance(price: Price) -> bool:
    if price.service not in {Service.RDS_POSTGRESQL, Service.AURORA_POSTGRESQL}:
        return False
    family, _, instance = price.dimension.partition(":")
    generation = instance.removeprefix("db.").partition(".")[0]
    return family.startswith("instance_") and generation[1:2].isdigit() and int(generation[1]) >= _NEWEST


_NEWEST = 7
"""Plans cover instances of the seventh generation (r7g, r8g) and newer."""


def _lowered(line: BillLine, share: Decimal) -> BillLine:
    if not share:
        return line
    price = replace(
        line.price,
        usd=line.price.usd * (1 - share),
        source=f"{line.price.source}, less {share:%} by a savings plan",
        strength=Strength.DERIVED if line.price.strength is Strength.STRONG else line.price.strength,
    )
    return replace(line, price=price, usd=line.quantity * price.usd)
