"""Steps that may lower a bill: each changes the case, and only the price of the changed case is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from workbench.finops.edits import (
    SHORT_NAME_BYTES,
    days_kept,
    eventually_consistent,
    expiring,
    with_narrower,
    with_short_names,
    with_table,
    without_index,
)
from workbench.finops.operated import Operated, Payment, Pricer
from workbench.lint.registry import all_rules
from workbench.lint.rule import Finding
from workbench.lint.rules.projection_unused import unused_attributes
from workbench.lint.run import LintResult, lint
from workbench.lint.subject import Subject
from workbench.lint.wording import names, number
from workbench.pricing.mix import MixOption, Mode, TableUse

RETENTION_DAYS = 90
"""Days that an expiring item is kept in the advice [days]."""

_OTHER_CLASS = {
    "STANDARD": ("STANDARD_INFREQUENT_ACCESS", "Standard-IA"),
    "STANDARD_INFREQUENT_ACCESS": ("STANDARD", "Standard"),
}


class Kind(StrEnum):
    """What a step takes beside the work."""

    BILLING = "bill only"
    """The application sees no difference."""
    BEHAVIOUR = "behaviour"
    """The application reads, keeps or writes something else."""
    COMMITMENT = "commitment"
    """Paid for years, used or not."""


_MODES = {
    Mode.ON_DEMAND: "Bill {table} on demand",
    Mode.FIXED: "Provision {table} for the peak",
    Mode.SCALED: "Provision {table} with auto scaling",
    Mode.MIXED: "Provision {table}, each capacity the cheaper of fixed and scaled",
}


@dataclass(frozen=True)
class Step:
    """One change that may lower the bill.

    Args:
        kind: What it takes.
        subject: What it changes; of the steps on one subject at most one can be taken.
        action: What to do.
        assumption: What the saving rests on.
        risk: What may go wrong, or is given up.
        change: Makes the changed case.
        rule: The rule of the linter that says the same; empty for none.
    """

    kind: Kind
    subject: str
    action: str
    assumption: str
    risk: str
    change: Callable[[Operated], Operated]
    rule: str = ""


@dataclass(frozen=True)
class Steps:
    """What could be done, and what the architect has ruled out.

    Args:
        offered: Steps to price.
        declined: Rule, place and the architect's reason for leaving it as it is.
    """

    offered: tuple[Step, ...]
    declined: tuple[tuple[str, str, str], ...]


def possible_steps(operated: Operated, pricer: Pricer, retention_days: int = RETENTION_DAYS) -> Steps:
    """Returns every step that the commercial modes and the linter suggest.

    Args:
        operated: The case as it is run.
        pricer: Prices and number of users.
        retention_days: Days that items would be kept where expiry is suggested [days].
    """
    subject = _subject(operated, pricer)
    makers: dict[str, Callable[[Finding], Step | None]] = {
        "consistent-read": _relax,
        "long-attribute-names": _shorten,
        "projection-unused": partial(_narrow, subject),
        "unbounded-collection": partial(_expire, subject, retention_days),
        "unused-index": _drop,
    }
    found = lint(subject, [rule for rule in all_rules() if rule.id in makers])
    of_rules = (makers[finding.rule](finding) for finding in _once(found) if finding.rule in makers)
    offered = [*_payments(operated, pricer), *_classes(operated), *(step for step in of_rules if step)]
    return Steps(tuple(offered), tuple((each.rule, each.where, by.reason) for each, by in found.suppressed))


def _once(found: LintResult) -> list[Finding]:
    """Returns the findings, those of one rule on one part of the design once."""
    return list({(each.rule, each.path[:4]): each for each in found.findings}.values())


def _subject(operated: Operated, pricer: Pricer) -> Subject:
    return Subject(
        operated.design,
        operated.workload,
        pricer.dau,
        measurement=operated.measured,
        book=pricer.book,
        region=pricer.region,
    )


def _payments(operated: Operated, pricer: Pricer) -> Iterator[Step]:
    for use in operated.uses(pricer.dau):
        options = pricer.mix(use).options
        for option in sorted(options, key=lambda each: each.bill.total):
            if _applies(operated, use.table, option):
                yield _payment(use, option)


def _applies(operated: Operated, table: str, option: MixOption) -> bool:
    """Returns whether an option is another way to pay than the present one."""
    on_demand = operated.design.tables[table].billing_mode == "PAY_PER_REQUEST"
    same = on_demand and option.mode is Mode.ON_DEMAND
    empty = option.term is not None and not any(one.blocks for one in option.reserved)
    return option.table_class is operated.table_class(table) and not same and not empty


def _payment(use: TableUse, option: MixOption) -> Step:
    table = use.table
    payment = Payment(option.mode, option.term)
    blocks = " and ".join(f"{one.units} {one.kind.upper()}" for one in option.reserved if one.blocks)
    held = f", {blocks} reserved for {option.term} year{'s' if option.term != 1 else ''}" if blocks else ""
    return Step(
        kind=Kind.COMMITMENT if option.term else Kind.BILLING,
        subject=f"capacity of {table}",
        action=f"{_MODES[option.mode].format(table=table)}{held}",
        assumption=_payment_assumption(option),
        risk=_payment_risk(option, use.burst),
        change=lambda operated: operated.paying(table, payment),
    )


def _payment_assumption(option: MixOption) -> str:
    if option.mode is Mode.ON_DEMAND:
        return "Requests as modelled; idle hours cost nothing."
    held = ", and the traffic lasts for the whole term" if option.term else ""
    return f"Traffic has the modelled shape of a week, and capacity is kept at 70 % use{held}."


def _payment_risk(option: MixOption, burst: float) -> str:
    if option.mode is Mode.ON_DEMAND:
        return "Nothing caps the bill when traffic or a loop runs away; the alarms have to."
    if option.term:
        return "Blocks are paid for whether used or not, cannot be sold, and fit one region."
    if option.mode is Mode.FIXED:
        return "What exceeds the capacity is throttled once the saved-up units of five minutes are gone."
    return (
        f"Scaling lags by minutes and refuses {option.refused:.2%} of the units in the model, which has no "
        f"bursts: seconds of {burst:g} times the mean live on saved-up units."
    )


def _classes(operated: Operated) -> Iterator[Step]:
    for name, table in operated.design.tables.items():
        value, words = _OTHER_CLASS[table.table_class]
        yield Step(
            kind=Kind.BILLING,
            subject=f"class of {name}",
            action=f"Move {name} to table class {words}",
            assumption="Stored bytes and requests keep their proportion.",
            risk="The class can change twice in 30 days; reserved capacity does not cover Standard-IA.",
            change=partial(with_table, name=name, table_class=value),
            rule="table-class",
        )


def _relax(finding: Finding) -> Step:
    pattern = str(finding.path[1])
    return Step(
        kind=Kind.BEHAVIOUR,
        subject=f"consistency of {pattern}",
        action=f"Let {pattern} read with eventual consistency",
        assumption="An eventually consistent read takes half the units, by AWS's rule.",
        risk="The read can miss a change of the last moment; decide with whoever relies on its answer.",
        change=lambda operated: eventually_consistent(operated, pattern),
        rule=finding.rule,
    )


def _shorten(finding: Finding) -> Step:
    entity = str(finding.path[1])
    return Step(
        kind=Kind.BEHAVIOUR,
        subject=f"names of {entity}",
        action=f"Shorten the attribute names of {entity} to {SHORT_NAME_BYTES} letters",
        assumption="Every item has all attributes. Requests and index entries are left as measured.",
        risk="Items read worse in consoles and exports; code needs a dictionary, and old items a rewrite.",
        change=lambda operated: with_short_names(operated, entity),
        rule=finding.rule,
    )


def _drop(finding: Finding) -> Step:
    table, index = str(finding.path[1]), str(finding.path[3])
    return Step(
        kind=Kind.BILLING,
        subject=f"index {table}/{index}",
        action=f"Drop index {index} of {table}, which no pattern reads",
        assumption="The declared patterns are all readers there are.",
        risk="A reader outside the design would fail; building the index again is billed as writes.",
        change=lambda operated: without_index(operated, table, index),
        rule=finding.rule,
    )


def _narrow(subject: Subject, finding: Finding) -> Step | None:
    table, kind, index = (str(part) for part in finding.path[1:4])
    if kind == "local_secondary_indexes":
        return None
    holder = next(each for each in subject.holders if each.path == finding.path[:4])
    dropped = tuple(sorted(unused_attributes(subject, holder)[0]))
    return Step(
        kind=Kind.BILLING,
        subject=f"index {table}/{index}",
        action=f"Project from {table} into {index} without {names(dropped)}",
        assumption="Entries lose only the names, so at least this; reads of the index are left as measured.",
        risk="A reader that wants them back has to fetch the item; a projection changes by a new index.",
        change=lambda operated: with_narrower(operated, table, index, dropped),
        rule=finding.rule,
    )


def _expire(subject: Subject, retention_days: int, finding: Finding) -> Step | None:
    entity = str(finding.path[1])
    kept = days_kept(subject, entity)
    if kept <= retention_days:
        return None
    return Step(
        kind=Kind.BEHAVIOUR,
        subject=f"retention of {entity}",
        action=f"Let {entity} items expire after {retention_days} days",
        assumption=f"The model keeps {number(kept)} days of writes; deleting by expiry is free.",
        risk="Older items are gone; export them first if anybody may ask for them.",
        change=lambda operated: expiring(operated, entity, retention_days / kept),
        rule=finding.rule,
    )
