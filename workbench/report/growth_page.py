"""What the notebook of sensitivity shows of growth: two futures over 36 months, and when a move has paid."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.compare.payback import DauForecast, MovePlan, move_bill
from workbench.compare.priced_case import PricedCase
from workbench.report.figures import Figure, Line
from workbench.report.sensitivity_figures import future_chart
from workbench.report.sensitivity_page import against, rows_of, with_both
from workbench.report.tables import Column, Table

if TYPE_CHECKING:
    from workbench.pricing import Bill
    from workbench.report.sensitivity_page import Study

DUAL_MONTHS = 3
"""Months in which both databases run and are paid."""


@dataclass(frozen=True)
class Growth:
    """A forecast of users and what the move costs.

    Args:
        study: The comparison.
        monthly_growth: Growth of the users, such as 0.05 a month.
        people_usd: Cost of the people who make the move [USD].
    """

    study: Study
    monthly_growth: float
    people_usd: int

    @property
    def forecast(self) -> DauForecast:
        """Users month by month."""
        return DauForecast(self.study.dau, Decimal(str(self.monthly_growth)))

    @cached_property
    def loading(self) -> Bill:
        """What loading and checking the items costs once."""
        study = self.study
        plan = MovePlan(dual_months=DUAL_MONTHS)
        priced = PricedCase.of(study.case, study.measurement, study.book, study.region)
        return move_bill(priced, dau=study.dau, plan=plan)

    @property
    def one_off(self) -> float:
        """What the move costs once [USD]."""
        return float(self.loading.total) + self.people_usd

    @property
    def words(self) -> str:
        """The forecast and the move in a sentence."""
        users = self.forecast.dau()
        return (
            f"From {users[0]:,} to {users[-1]:,} users at {self.monthly_growth:.0%} a month; loading and "
            f"checking {self.loading.total:,.2f} USD, people {self.people_usd:,} USD, "
            f"{DUAL_MONTHS} months of both."
        )


@with_both
def growth_figure(study: Study, monthly_growth: float, people_usd: int) -> Figure:
    """Returns what staying and moving have cost month by month, at the assumed values."""
    growth, rival = Growth(study, monthly_growth, people_usd), against(study)
    found = study.both.futures(rival, growth.forecast, growth.one_off, DUAL_MONTHS)
    months = found["month"].tolist()
    lines = [
        Line(f"stay with {rival}", months, found["stay_usd"].tolist()),
        Line("move to DynamoDB", months, found["move_usd"].tolist()),
    ]
    saved = (found["stay_usd"] - found["move_usd"]).dropna()
    last = found["month"][saved.index[-1]]
    verb = "saved" if saved.iloc[-1] >= 0 else "cost more by"
    caption = f"{growth.words} After {last} months the move has {verb} {abs(saved.iloc[-1]):,.2f} USD."
    return future_chart("Two futures", caption, lines, ("month", "spent so far [USD]"))


@with_both
def payback_table(study: Study, monthly_growth: float, people_usd: int) -> Table:
    """Returns when a move away from each relational alternative has paid for itself."""
    growth = Growth(study, monthly_growth, people_usd)
    found = study.both.paybacks(study.values, growth.forecast, growth.one_off, DUAL_MONTHS)
    columns = [
        Column("theirs", "Moving away from"),
        Column("month", "Paid back in", "month", digits=0),
        Column("saving_usd", "Saved after 36 months", "USD", digits=2),
        Column("share", "Draws that pay back", "%", digits=1),
        *(Column(f"month_p{level}", f"p{level}", "month", digits=0) for level in (5, 50, 95)),
    ]
    rows = [{**row, "share": 100 * row["share"]} for row in rows_of(found)]
    note = (
        f"{growth.words} Month and saving at the assumed values, the rest over the draws that pay back. "
        f"{study.note}"
    )
    return Table("Payback within 36 months", columns, rows, note)
