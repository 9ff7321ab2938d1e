"""What the notebook of cost operations shows: steps that lower the bill, what is watched, what changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING

from workbench.finops.advice import MATERIAL, Advice, advise
from workbench.finops.alarms import Alarm, case_alarms
from workbench.finops.budgets import Budget, case_budgets
from workbench.finops.changes import Changes, changes
from workbench.finops.operated import Operated, Pricer
from workbench.finops.snapshot import snapshot
from workbench.pricing import PriceBook, book_for
from workbench.pricing.book import snapshots
from workbench.report.decision import Answer, leave_answer
from workbench.report.figures import Figure, stacked_bars
from workbench.report.record import record
from workbench.report.tables import Column, Heading, Statement, Table
from workbench.report.trial import measurement_of
from workbench.spec.case import named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.finops.advice import PricedStep
    from workbench.pricing import Bill
    from workbench.spec import Case

RECORD = "finops"

SHOWN_STEPS = 3

CENT = Decimal("0.01")
"""Least difference of a bill that the page tells [USD]."""


@dataclass(frozen=True)
class Operations:
    """What running a case costs and takes.

    Args:
        case: The case.
        operated: The case as it is run.
        pricer: Prices and number of users.
        growth: Growth of the users that is no reason for an alert.
        advice: What can be saved.
    """

    case: Case
    operated: Operated
    pricer: Pricer
    growth: Decimal
    advice: Advice

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """The budgets."""
        return case_budgets(self.case.name, self.operated, self.pricer, self.growth)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """The alarms."""
        return case_alarms(self.case.name, self.operated, self.pricer, self.growth)


def operate(case: Case, dau: int, region: str, growth: float) -> Operations:
    """Returns the operations of a case, and keeps its advice for the summary.

    Args:
        case: The case.
        dau: Daily active users.
        region: AWS region code.
        growth: Growth of the users that is no reason for an alert, such as 0.2.

    Raises:
        InputError: The case has not been measured, or the region lacks a price.
    """
    pricer = Pricer(book_for(region), region, dau)
    operated = Operated.of(case, measurement_of(case))
    found = Operations(case, operated, pricer, Decimal(str(growth)), advise(operated, pricer))
    record(RECORD, _kept(found.advice, dau))
    leave_answer(answer(found))
    return found


def answer(found: Operations) -> Answer:
    """Returns what to do next, for the summary."""
    advice = found.advice
    question, page = "What to do next?", "09_cost_operations"
    if not advice.together:
        told = "No step without a commitment would save a hundredth of the bill."
        return Answer(question, "Nothing about the bill", told, page, "good")
    steps = "; ".join(
        f"{each.step.action} ({each.saving or 0:,.2f})" for each in advice.together[:SHOWN_STEPS]
    )
    return Answer(
        question,
        f"Save {advice.bill.total - advice.best:,.2f} of {advice.bill.total:,.2f} USD a month",
        f"{steps}. Savings as priced one after another, auto scaling included in the bill.",
        page,
    )


def _kept(advice: Advice, dau: int) -> dict[str, object]:
    steps = [{"action": each.step.action, "saving": each.saving} for each in advice.together]
    usd = {"usd": advice.bill.total, "best": advice.best, "committed": advice.best_committed}
    return {"dau": dau, "steps": steps, **usd}


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Cost operations", case.design.title)


def verdict(found: Operations) -> Statement:
    """Returns what can be saved, in a sentence."""
    advice, dau = found.advice, found.pricer.dau
    now = f"At {dau:,} daily active users a month of the design costs {advice.bill.total:,.2f} USD"
    if not advice.together:
        return Statement(f"{now}; no step without a commitment saves a hundredth of it.", "verdict")
    count = len(advice.together)
    steps = "one step brings" if count == 1 else f"{count} steps bring"
    more = (
        f", {advice.best_committed:,.2f} with reserved capacity"
        if advice.best_committed < advice.best
        else ""
    )
    return Statement(f"{now}; {steps} it to {advice.best:,.2f} USD{more}.", "verdict")


def basis(found: Operations) -> Statement:
    """Returns how the amounts come about."""
    measured = found.operated.measured
    return Statement(
        "Each amount is the whole bill of the changed case less the bill before it; nothing is a share that "
        f"somebody typed. Auto scaling follows the week's traffic between the designed bounds. Units and "
        f"sizes: {measured.engine}, {measured.users:,} users, seed {measured.seed}. Prices: snapshot "
        f"{found.pricer.book.snapshot}, {found.pricer.region}."
    )


def order_table(found: Operations) -> Table | Statement:
    """Returns the steps to take one after another, with what each saves after those before it."""
    if not found.advice.together:
        return Statement("There is nothing to do that would be worth the work.")
    columns = [
        Column("step", "Step", wide=True),
        Column("saving", "Saves then", "USD a month", digits=2),
        Column("takes", "Changes"),
        Column("alone", "Alone", "USD a month", digits=2),
        Column("after", "Bill after", "USD a month", digits=2),
        Column("why", "Assumption and risk", wide=True),
    ]
    alone = {each.step.action: each.saving for each in found.advice.alone}
    rows = [
        {
            "step": each.step.action,
            "takes": each.step.kind,
            "saving": each.saving,
            "alone": alone[each.step.action],
            "after": each.after,
            "why": f"{each.step.assumption} Risk: {each.step.risk}",
        }
        for each in found.advice.together
    ]
    note = (
        f"Steps that save less than {MATERIAL:.0%} of the bill are left out; those that change only the bill "
        "come first. Savings do not add up: each counts after the ones above it."
    )
    return Table("What to do, in this order", columns, rows, note)


def order_figure(found: Operations) -> Figure | Statement:
    """Returns what the bill is made of today and after each step."""
    if not found.advice.together:
        return Statement("The bill stays as it is.")
    case, bills = found.operated, {"today": found.advice.bill}
    for number, each in enumerate(found.advice.together, start=1):
        case = each.step.change(case)
        bills[f"after step {number}"] = found.pricer.bill(case)
    parts = {name: _by_component(bill) for name, bill in bills.items()}
    first, last = parts["today"], parts[f"after step {len(found.advice.together)}"]
    falls = max(first, key=lambda name: first[name] - last.get(name, 0.0))
    caption = (
        f"{found.advice.bill.total:,.2f} USD a month become {found.advice.best:,.2f}; what falls most: "
        f"{falls}, from {first[falls]:,.2f} to {last.get(falls, 0.0):,.2f}."
    )
    return stacked_bars("What the bill is made of, step by step", caption, parts, "USD a month")


def _by_component(bill: Bill) -> dict[str, float]:
    names = dict.fromkeys(line.component for line in bill.lines)
    return {name: float(bill.subtotal(component=name)) for name in names}


def step_table(found: Operations) -> Table:
    """Returns every step that was priced, by itself."""
    columns = [
        Column("step", "Step", wide=True),
        Column("saving", "Saves alone", "USD a month", digits=2),
        Column("takes", "Changes"),
        Column("rule", "Linter", code=True),
        Column("risk", "Risk", wide=True),
    ]
    told = [each for each in found.advice.alone if each.saving is None or abs(each.saving) >= CENT]
    small = len(found.advice.alone) - len(told)
    note = f"{small} steps move the bill by less than a cent. {_declined(found.advice)}"
    return Table("Every step by itself", columns, [_step_row(each) for each in told], note)


def _step_row(each: PricedStep) -> dict[str, object]:
    step = each.step
    return {
        "step": step.action,
        "takes": step.kind,
        "saving": each.saving,
        "rule": step.rule,
        "risk": step.risk,
    }


def _declined(advice: Advice) -> str:
    note = "Below zero: it would cost more. No amount: its capacity would refuse over 1 % of the units."
    told = "; ".join(f"{rule} at {where} ({reason})" for rule, where, reason in advice.declined)
    return f"{note} Not offered, because the architect accepts it: {told}" if told else note


def budget_table(found: Operations) -> Table:
    """Returns the budgets with every alert and its reason."""
    columns = [
        Column("name", "Budget", code=True),
        Column("limit", "Limit", "USD", digits=2),
        Column("alert", "Alert"),
        Column("usd", "Rings at", "USD", digits=2),
        Column("reason", "Why", wide=True),
    ]
    rows = [
        {
            "name": budget.name,
            "limit": budget.limit_usd,
            "alert": f"{percent} % {kind.lower()}",
            "usd": budget.limit_usd * percent / 100,
            "reason": reason,
        }
        for budget in found.budgets
        for kind, percent, reason in budget.alerts
    ]
    limits = "; ".join(f"{budget.name}: {budget.reason}" for budget in found.budgets)
    note = (
        f"Limits. {limits}. As requests of AWS: `workbench finops budgets {named(found.case.directory)} "
        "--account NUMBER --notify ADDRESS --format json`."
    )
    return Table("Budgets", columns, rows, note)


def alarm_table(found: Operations) -> Table:
    """Returns the alarms; those with one threshold and one reason share a row."""
    columns = [
        Column("metric", "Metric", code=True),
        Column("where", "Watches"),
        Column("rings", "Rings"),
        Column("reason", "Why", wide=True),
    ]
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for alarm in found.alarms:
        groups[alarm.metric, _rings(alarm), alarm.reason].append(_where(alarm))
    rows = [
        {"metric": metric, "where": ", ".join(places), "rings": rings, "reason": reason}
        for (metric, rings, reason), places in groups.items()
    ]
    note = (
        f"{len(found.alarms)} alarms. A missing value is no alarm, as zeros are not sent. The price book "
        "holds no price of CloudWatch, so they are not on the bill."
    )
    return Table("Alarms", columns, rows, note)


def _where(alarm: Alarm) -> str:
    return "/".join(value for _, value in alarm.dimensions) or "the account"


def _rings(alarm: Alarm) -> str:
    sign = "above" if alarm.above else "at"
    often = "" if alarm.periods == 1 else f", {alarm.periods} times in a row"
    return f"{alarm.statistic} of {alarm.period} s {sign} {alarm.threshold:,.10g}{often}"


def what_changed(found: Operations) -> Changes:
    """Returns the differences from this design at former prices to the next month.

    The next month has the growth that the budgets allow and the first step taken; the former prices are
    those of the older snapshots, over today's where they have none.
    """
    before = Pricer(_former(found.pricer.book), found.pricer.region, found.pricer.dau)
    dau = int((found.pricer.dau * (1 + found.growth)).to_integral_value(rounding=ROUND_UP))
    after = Pricer(found.pricer.book, found.pricer.region, dau)
    changed = (
        found.advice.together[0].step.change(found.operated) if found.advice.together else found.operated
    )
    name = found.case.name
    earlier = snapshot(
        before.bill(found.operated), case=name, month="2024-10", dau=before.dau, prices=before.book.snapshot
    )
    later = snapshot(after.bill(changed), case=name, month="2026-11", dau=dau, prices=after.book.snapshot)
    return changes(earlier, later)


def _former(book: PriceBook) -> PriceBook:
    older = [price for each in snapshots()[:-1] for price in PriceBook.load(each)]
    return PriceBook.of([*book, *older])


def change_table(found: Changes) -> Table:
    """Returns every line that changed, told apart into usage, price and design."""
    columns = [
        Column("component", "Line"),
        Column("table", "Table", code=True),
        Column("index", "Index", code=True),
        *(Column(name, label, "USD", digits=2) for name, label in _PARTS),
    ]
    rows = [
        {
            "component": line.component,
            "table": line.table,
            "index": line.index,
            **{name: getattr(line, name) for name, _ in _PARTS},
        }
        for line in found.lines
        if line.difference
    ]
    total = {"component": "Total of all lines", **{name: found.total(name) for name, _ in _PARTS}}
    note = (
        "Usage: other quantities at the earlier price. Price: other prices on the later quantity. Design: "
        "lines that only one month has. They add up exactly. Two files of `workbench finops snapshot` are "
        "compared in the same way by `workbench finops changes`."
    )
    return Table(_change_title(found), columns, rows, note, total)


def _change_title(found: Changes) -> str:
    one, other = found.earlier, found.later
    return f"From {one.dau:,} users at prices of {one.month} to {other.dau:,} at those of {other.month}"


_PARTS = (
    ("before", "Before"),
    ("after", "After"),
    ("difference", "Difference"),
    ("usage", "Usage"),
    ("price", "Price"),
    ("design", "Design"),
)


def change_statement(found: Changes) -> Statement:
    """Returns the difference of two months in a sentence."""
    parts = _listed((name, found.total(name)) for name in ("usage", "price", "design"))
    return Statement(
        f"The bill goes from {found.total('before'):,.2f} to {found.total('after'):,.2f} USD: {parts}."
    )


def _listed(parts: Iterable[tuple[str, Decimal]]) -> str:
    return ", ".join(f"{name} {amount:+,.2f}" for name, amount in parts)
