"""What a move costs and how long it takes, for the notebook of the five phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.compare.move_cost import WEEKS, MoveCost, move_cost
from workbench.compare.priced_case import PricedCase
from workbench.pricing import PriceBook, book_for
from workbench.report.figures import Figure, Span, timeline
from workbench.report.tables import Column, Table
from workbench.report.trial import measurement_of
from workbench.spec.plans import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.spec import Case


def price_move(case: Case, dau: int, region: str) -> MoveCost:
    """Returns what the move of a case costs and how long its phases take.

    Args:
        case: A measured case.
        dau: Daily active users whose data is moved.
        region: AWS region code.

    Raises:
        InputError: A price is missing, or the case was not measured.
    """
    effort = case.migration.effort if case.migration else None
    weeks = (round(effort.low), round(effort.high)) if effort else WEEKS
    measured, plan = measurement_of(case), plan_of(case.name, case.migration)
    book = book_for(region)
    return move_cost(PricedCase.of(case, measured, book, region), dau=dau, plan=plan, weeks=weeks)


def cost_table(cost: MoveCost) -> Table:
    """Returns the ways to load the tables, and both databases for the documented time."""
    columns = [
        Column("what", "What", wide=True),
        Column("write_units", "Write units", digits=0),
        Column("hours", "Time at least", "h", digits=2),
        Column("usd", "Cost", "USD", digits=2),
        Column("note", "Note", wide=True),
    ]
    ways = [
        {
            "what": way.name,
            "write_units": way.write_units,
            "hours": way.hours,
            "usd": way.usd,
            "note": way.note,
        }
        for way in cost.ways
    ]
    both = [
        {
            "what": f"Both databases for {running.weeks} weeks",
            "usd": running.usd,
            "note": f"relational {_usd(running.relational_usd)}, on demand {_usd(running.dynamodb_usd)}",
        }
        for running in cost.dual_running
    ]
    note = (
        f"{cost.dau:,} daily active users, {cost.region}, indexes included; list prices of snapshot "
        f"{PriceBook.newest().snapshot}. Both databases: for the time that the documents expect."
    )
    return Table("Cost and time of the move", columns, [*ways, *both], note)


def _usd(value: object) -> str:
    return "not priced" if value is None else f"{value:,.2f} USD"


def calendar_figure(cost: MoveCost) -> Figure:
    """Returns the phases as days: documented, and by the time of the load and what is watched."""
    end = cost.spans[-1]
    ours = f"{end.expected[1]:.0f} days, {end.shortest[1]:.0f} to {end.longest[1]:.0f}"
    reasons = " ".join(f"{span.title}: {span.why}" for span in cost.spans)
    caption = f"Documented: {end.documented[1]:.0f} days. By load and watching: {ours}. Assumed: {reasons}"
    return timeline("Days of the move", caption, list(_bars(cost)), "time [days]")


def _bars(cost: MoveCost) -> Iterator[Span]:
    for span in cost.spans:
        for kind, days in (("documented", span.documented), ("computed", span.expected)):
            yield Span(f"{span.title}, {kind}", float(days[0]), float(days[1]), kind)
