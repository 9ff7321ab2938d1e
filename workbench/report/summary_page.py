"""What the summary for decision makers shows: the answer first, then what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.compare.case_costs import RELATIONAL
from workbench.report import latency_page
from workbench.report.cost_page import LEAST_DAU, MOST_DAU, price_note
from workbench.report.record import record
from workbench.report.tables import Column, Heading, Statement, Table

if TYPE_CHECKING:
    from workbench.compare import CostCurve
    from workbench.report.cost_page import Costing
    from workbench.report.decision import Answer
    from workbench.report.trial import Trial
    from workbench.spec import Case

CENTS_BELOW = 100
"""Amounts below this are told to the cent [USD]."""


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Summary", case.design.title)


def design_statement(case: Case) -> Statement:
    """Returns what the design says about itself."""
    return Statement(case.design.summary or "The design says nothing about itself.")


def verdict(costing: Costing, trial: Trial, dau: int, rival: Answer) -> Statement:
    """Returns the answer in one paragraph, and keeps it for the index.

    Args:
        costing: What the case costs.
        trial: The trial on real engines.
        dau: Daily active users.
        rival: How sure it is that DynamoDB is the cheaper side.
    """
    sure = f"Cheaper than every relational sizing: {rival.headline[0].lower()}{rival.headline[1:]}."
    text = f"{_money(costing, dau)} {sure} {_move(trial)} {same_answers(trial)}"
    record("summary", {"verdict": text, "provenance": provenance(costing, trial)})
    return Statement(text, "verdict")


def _money(costing: Costing, dau: int) -> str:
    best = costing.cheapest(dau)
    place = f"At {dau:,} daily active users the cheapest alternative is {best.name}"
    low, high = costing.ranges(dau)[best.name]
    text = f"{place}: {usd(best, dau)} USD a month, {low:,.2f} to {high:,.2f} over all assumptions' ranges"
    relational = costing.relational
    if relational is None or relational not in costing.curves_at(dau):
        return f"{text}."
    if best.name == RELATIONAL:
        ours = min((c for c in costing.curves_at(dau) if c.name != RELATIONAL), key=lambda c: c.usd(dau))
        return f"{text}; DynamoDB costs {usd(ours, dau)} at best ({ours.name})."
    return f"{text}; {relational.name} costs {usd(relational, dau)}."


def usd(curve: CostCurve, dau: int) -> str:
    """Returns the cost of an alternative, small amounts with their cents [USD per month]."""
    amount = curve.usd(dau)
    return f"{amount:,.2f}" if amount < CENTS_BELOW else f"{amount:,.0f}"


def _move(trial: Trial) -> str:
    found = trial.move.verification
    if not found.equal:
        return "The data did not arrive whole."
    return f"The data arrived whole: {found.items:,} items equal their rows."


def same_answers(trial: Trial) -> str:
    """Returns how many patterns answer alike on both sides."""
    equal, patterns = trial.replay.equal_patterns, len(trial.replay.rows)
    return f"{equal} of {patterns} access patterns give the same answer as SQL."


def provenance(costing: Costing, trial: Trial) -> dict[str, str]:
    """Returns what the reports rest on, by name."""
    return {
        "Prices": f"snapshot {costing.book.snapshot}, {costing.region}",
        "Engines": f"{latency_page.engine(trial.replay)}, {trial.replay.postgres}",
        "Machine": trial.replay.machine,
        "Samples": f"at most {trial.replay.samples:,} a pattern, {trial.move.verification.items:,} items",
        "Data": f"{trial.settings.users:,} generated users, seed {trial.settings.seed}",
    }


def provenance_table(costing: Costing, trial: Trial) -> Table:
    """Returns what the reports rest on."""
    columns = [Column("name", "What"), Column("value", "Value", wide=True)]
    rows = [{"name": name, "value": value} for name, value in provenance(costing, trial).items()]
    return Table("What this rests on", columns, rows)


def cost_comparison(costing: Costing) -> Table:
    """Returns the cost of every alternative over the whole range, cheapest named."""
    columns = [Column("dau", "Users", "DAU", digits=0), Column("cheapest", "Cheapest")]
    columns += [Column(curve.name, curve.name, "USD a month", digits=2) for curve in costing.costs.curves]
    rows = [
        {
            "dau": dau,
            "cheapest": costing.cheapest(dau).name,
            **{curve.name: curve.usd(dau) for curve in costing.curves_at(dau)},
        }
        for dau in (LEAST_DAU, 1_000, 10_000, MOST_DAU)
    ]
    return Table("Monthly cost", columns, rows, price_note(costing))
