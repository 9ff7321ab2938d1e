"""Every way to pay for the tables of a case at numbers of daily active users."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, groupby
from typing import TYPE_CHECKING

import pandas as pd

from workbench.pricing.dynamodb import TableLoad
from workbench.pricing.mix import TOLERATED, TableUse, cheapest_mix
from workbench.pricing.savings import with_savings_plan
from workbench.pricing.shape import weekly_shape
from workbench.pricing.switch import switch_points

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workbench.compare.demand import DauDemand
    from workbench.errors import Problem
    from workbench.pricing.book import PriceBook
    from workbench.pricing.mix import MixOption
    from workbench.pricing.reserved import Term
    from workbench.pricing.savings import SavingsPlan
    from workbench.spec.workload import Workload

COLUMNS = ("dau", "table", "option", "usd_per_month", "refused", "cheapest")
LINE_COLUMNS = (
    "dau",
    "table",
    "option",
    "component",
    "index",
    "quantity",
    "unit",
    "price_usd",
    "usd_per_month",
    "strength",
    "source",
    "source_date",
)
SWITCH_COLUMNS = ("table", "dau", "before", "after")

_FACTORS = tuple(Decimal(10) ** (Decimal(step) / 2) for step in range(4, 17))


@dataclass(frozen=True, slots=True)
class CaseMix:
    """Every option of every table.

    Args:
        options: Number of users, table and option; for each table the cheapest first.
        missing: Prices that the region lacks; options that need one are left out.
    """

    options: tuple[tuple[int, str, MixOption], ...]
    missing: tuple[Problem, ...]

    def table(self) -> pd.DataFrame:
        """One row an option; `refused` is the share of the units that its capacity refuses."""
        rows: dict[tuple[int, str, str], tuple[object, ...]] = {}
        for dau, table, option in self.options:
            first = not any(key[:2] == (dau, table) for key in rows)
            total = float(option.bill.total)
            rows.setdefault(
                (dau, table, option.name), (dau, table, option.name, total, option.refused, first)
            )
        return pd.DataFrame(rows.values(), columns=list(COLUMNS))

    def lines(self) -> pd.DataFrame:
        """The bill of the cheapest option of each table, one row a line, with the source of each price."""
        rows = [row for dau, table, option in self._cheapest() for row in _line_rows(dau, table, option)]
        return pd.DataFrame(rows, columns=list(LINE_COLUMNS))

    def with_plan(self, plan: SavingsPlan) -> CaseMix:
        """The same options under a savings plan, ordered anew.

        Args:
            plan: Shares that it takes off; reserved blocks keep their prices.
        """
        planned = [
            (dau, table, replace(option, bill=with_savings_plan(option.bill, plan)))
            for dau, table, option in self.options
        ]
        ordered = (
            sorted(group, key=lambda row: (row[2].refused > TOLERATED, row[2].bill.total))
            for _, group in groupby(planned, key=lambda row: row[:2])
        )
        return CaseMix(tuple(chain.from_iterable(ordered)), self.missing)

    def _cheapest(self) -> Iterator[tuple[int, str, MixOption]]:
        for _, group in groupby(self.options, key=lambda row: row[:2]):
            yield next(group)


def table_uses(workload: Workload, demands: Iterable[DauDemand], dau: int) -> tuple[TableUse, ...]:
    """The tables of a case with their loads at a number of users, and the shape of the traffic.

    Args:
        workload: Shape of day and week, and the busiest second over its hour.
        demands: What a user asks of each table and index, the table before its indexes.
        dau: Daily active users.
    """
    shape = weekly_shape(workload.diurnal, workload.weekly)
    burst = workload.assumptions[workload.peak_to_average].value
    groups = groupby(demands, key=lambda demand: demand.table)
    return tuple(
        TableUse(tuple(_load(demand, dau) for demand in group), shape, burst=burst) for _, group in groups
    )


def case_mix(
    workload: Workload, demands: Sequence[DauDemand], dau: Iterable[int], book: PriceBook, region: str
) -> CaseMix:
    """Every way to pay for each table at numbers of users.

    Args:
        workload: Shape of the traffic.
        demands: What a user asks of each table and index.
        dau: Numbers of daily active users.
        book: Prices.
        region: AWS region code.

    Raises:
        InputError: A table has no option that can be priced.
    """
    options: list[tuple[int, str, MixOption]] = []
    missing: dict[Problem, None] = {}
    for users in dau:
        for use in table_uses(workload, demands, users):
            mix = cheapest_mix(use, book, region)
            options.extend((users, use.table, option) for option in mix.options)
            missing |= dict.fromkeys(mix.left_out)
    return CaseMix(tuple(options), tuple(missing))


def case_switches(
    workload: Workload, demands: Sequence[DauDemand], book: PriceBook, region: str, terms: Sequence[Term]
) -> pd.DataFrame:
    """The numbers of users, from 100 to 100 million, at which another way to pay becomes the cheapest.

    Args:
        workload: Shape of the traffic.
        demands: What a user asks of each table and index.
        book: Prices.
        region: AWS region code.
        terms: Reservations that may be bought; none to leave them out.

    Raises:
        InputError: A table has no option that can be priced.
    """
    rows = [
        (use.table, round(switch.until), _words(switch.before), _words(switch.after))
        for use in table_uses(workload, demands, 1)
        for switch in switch_points(use, _FACTORS, book, region, terms=terms)
    ]
    return pd.DataFrame(rows, columns=list(SWITCH_COLUMNS))


def _load(demand: DauDemand, dau: int) -> TableLoad:
    return TableLoad(
        demand.table,
        demand.index,
        demand.read_units_per_dau * dau,
        demand.write_units_per_dau * dau,
        demand.fixed_bytes + demand.bytes_per_dau * dau,
        pitr=demand.pitr,
        local=demand.local,
    )


def _words(choice: tuple[str, str, Term | None]) -> str:
    mode, table_class, term = choice
    held = f", reserved for {term} yr" if term else ""
    return f"{mode}, {table_class.replace('_', '-')}{held}"


def _line_rows(dau: int, table: str, option: MixOption) -> Iterator[tuple[object, ...]]:
    for line in option.bill.lines:
        price = line.price
        yield (
            dau,
            table,
            option.name,
            line.component,
            line.index,
            float(line.quantity),
            line.unit,
            float(price.usd),
            float(line.usd),
            price.strength.value,
            price.source,
            price.source_date,
        )
