"""What a table and its indexes cost in each commercial mode; for rules that need prices and a measurement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from workbench.compare.demand import fixed_load, on_demand_load, sized_load
from workbench.lint.subject import Holder, Subject
from workbench.pricing.dynamodb import TableClass, TableLoad, dynamodb_bill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from workbench.compare.demand import DauDemand
    from workbench.pricing.book import PriceBook
    from workbench.spec.design import ProvisionedThroughput
    from workbench.spec.findings import Path


def on_demand_usd(subject: Subject, table: str) -> float:
    """Returns the monthly bill of a table in on-demand mode [USD per month]."""
    return _usd(subject, table, on_demand_load)


def sized_usd(subject: Subject, table: str) -> float:
    """Returns the monthly bill with a fixed capacity whose peak uses 70 % of it [USD per month]."""
    return _usd(
        subject, table, lambda each: fixed_load(each, rcu=0, wcu=0) if each.local else sized_load(each)
    )


def designed_usd(subject: Subject, table: str, table_class: TableClass | None = None) -> float:
    """Returns the monthly bill of a table as it is designed [USD per month].

    Args:
        subject: The design with its measurement and prices.
        table: Name of the table.
        table_class: Another class than the table's.
    """
    throughput = {h.index_name: throughput_of(h) for h in subject.holders if h.table_name == table}

    def load(each: DauDemand) -> TableLoad:
        demand = replace(each, table_class=table_class) if table_class else each
        stated = throughput.get(each.index)
        if stated is None:
            return on_demand_load(demand)
        return fixed_load(demand, rcu=stated.read_capacity_units, wcu=stated.write_capacity_units)

    return _usd(subject, table, load)


def undercut(
    subject: Subject,
    billing_mode: str,
    stated: Callable[[Subject, str], float],
    other: Callable[[Subject, str], float],
) -> Iterator[tuple[Path, float, float]]:
    """Yields the billing mode of each table that another mode would undercut, with both bills.

    Args:
        subject: The design with its measurement and prices.
        billing_mode: Mode that the tables have.
        stated: Returns the bill of a table as it is [USD per month].
        other: Returns its bill in the other mode [USD per month].
    """
    for name, table in subject.design.tables.items():
        if table.billing_mode == billing_mode:
            ours, theirs = stated(subject, name), other(subject, name)
            if theirs < ours:
                yield ("tables", name, "billing_mode"), ours, theirs


def throughput_of(holder: Holder) -> ProvisionedThroughput | None:
    """Returns the stated capacity of a table or index; None for on-demand and for local indexes."""
    return None if holder.local else holder.spec.provisioned_throughput


def most_capacity(holder: Holder) -> tuple[int, int] | None:
    """Returns the most that a table or index can have, scaled up [RCU and WCU]; None for on-demand."""
    stated, scaling = throughput_of(holder), None if holder.local else holder.spec.auto_scaling
    if stated is None:
        return None
    if scaling is None:
        return stated.read_capacity_units, stated.write_capacity_units
    return scaling.max_read_capacity_units, scaling.max_write_capacity_units


def _usd(subject: Subject, table: str, load: Callable[[DauDemand], TableLoad]) -> float:
    loads: Iterable[TableLoad] = [load(each) for each in subject.demands.values() if each.table == table]
    book = cast("PriceBook", subject.book)
    return float(dynamodb_bill(loads, book, subject.region, dau=subject.dau).total)
