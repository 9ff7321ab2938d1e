"""The answers of the summary: one function a question, each from what another page shows in full."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from workbench.compare.case_costs import RELATIONAL
from workbench.compare.draws import assumed
from workbench.compare.uncertainty import crossings_of_draws
from workbench.finops.operated import Operated, Pricer
from workbench.lint.rule import Severity
from workbench.lint.run import LintResult, lint
from workbench.lint.subject import Subject
from workbench.lint.wording import names
from workbench.pricing.mix import TOLERATED
from workbench.report import latency_page, migration_page
from workbench.report.build import NOTEBOOKS, SUMMARY, reading_order
from workbench.report.decision import Answer, Answers, left_answers
from workbench.report.sensitivity_page import LEAST_DAU, MOST_DAU, rows_of
from workbench.report.summary_page import same_answers, usd
from workbench.report.tables import Column, Statement, Table
from workbench.spec.case import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.replay import ReplayResult
    from workbench.report.cost_page import Costing
    from workbench.report.sensitivity_page import Study
    from workbench.report.trial import Trial
    from workbench.spec import Case

SURE = 0.95
"""Share of the draws from which an answer counts as sure, 0 to 1."""

LIKELY = 0.8
"""Share of the draws from which an answer counts as likely, 0 to 1."""

LINT_ANCHOR = "What-the-linter-holds-against-it"
"""Heading on the summary below which the findings are."""

SHOWN_RULES = 3
SHOWN_CROSSINGS = 3


def decision(
    costing: Costing, trial: Trial, study: Study, dau: int, pages: Iterable[str] | None = None
) -> Answers:
    """Returns the answers that a decision needs, and those that other pages of this run have left.

    Args:
        costing: What the case costs.
        trial: The trial on real engines.
        study: The comparison under uncertainty.
        dau: Daily active users.
        pages: Names of the notebooks that may have left an answer; all notebooks when None.
    """
    stems = [path.stem for path in reading_order(NOTEBOOKS)] if pages is None else pages
    own = (
        cost_answer(costing, dau),
        rival_answer(study),
        design_answer(costing, dau),
        arrival_answer(trial),
        latency_answer(costing.case, trial.replay),
        swing_answer(study),
    )
    return Answers([*own, *left_answers(stems)])


def cost_answer(costing: Costing, dau: int) -> Answer:
    """Returns what the cheapest DynamoDB mode costs, its range, and the relational side."""
    ours = min((c for c in costing.curves_at(dau) if c.name != RELATIONAL), key=lambda curve: curve.usd(dau))
    low, high = costing.ranges(dau)[ours.name]
    relational = costing.relational
    beside = (
        f" {relational.name} costs {usd(relational, dau)}."
        if relational in costing.curves_at(dau) and relational
        else ""
    )
    return Answer(
        "What does it cost?",
        f"{usd(ours, dau)} USD a month",
        f"{ours.name} at {dau:,} daily active users; {low:,.2f} to {high:,.2f} over the ranges of all "
        f"assumptions.{beside}",
        "05_capacity_and_cost",
    )


def rival_answer(study: Study) -> Answer:
    """Returns how sure it is that DynamoDB is the cheaper side."""
    question, page = "Is DynamoDB cheaper, and how sure is that?", "06_sensitivity"
    if study.found is None:
        return Answer(question, "Not known", f"{study.region} lacks the prices of one side.", page)
    at = study.both.chances(study.values, np.array([float(study.dau)])).dropna()
    chances = dict(zip(at["theirs"], at["chance"], strict=True))
    hardest = min(chances, key=lambda name: chances[name])
    chance = chances[hardest]
    return Answer(
        question,
        f"{_side(chance)} {chance:.1%} of the draws",
        f"At {study.dau:,} users, against {hardest}, the hardest of {len(chances)} relational alternatives"
        f"{_sized(chances, hardest)}; {study.draws:,} draws. {_crossings(study, hardest)}",
        page,
        _tone(good=chance >= SURE, bad=chance <= 1 - SURE),
    )


def _side(chance: float) -> str:
    """Returns the answer in words that lead over to the share of the draws.

    >>> [_side(chance) for chance in (0.99, 0.9, 0.5, 0.1, 0.01)]
    ['Yes, in', 'Probably, in', 'Too close to say,', 'Probably not, only in', 'No, only in']
    """
    words = ((SURE, "Yes, in"), (LIKELY, "Probably, in"), (1 - LIKELY, "Too close to say,"))
    found = next((word for least, word in words if chance >= least), "")
    return found or ("Probably not, only in" if chance > 1 - SURE else "No, only in")


def _sized(chances: Mapping[str, float], hardest: str) -> str:
    if hardest == RELATIONAL or RELATIONAL not in chances:
        return ""
    return f"; in {chances[RELATIONAL]:.1%} against {RELATIONAL}"


def _crossings(study: Study, rival: str) -> str:
    """Returns where the cheaper side changes at the assumed values, in a sentence."""
    costs = study.both.costs
    values = assumed(costs.model.assumptions)
    found = crossings_of_draws(costs, study.both.ours, rival, values, study.grid)
    ends = f"from {LEAST_DAU:,} to {MOST_DAU:,} users"
    if found.empty:
        return f"At the assumed values no side changes {ends}."
    told = [
        f"{row['dau']:,.0f} users on {'DynamoDB' if row['ours_cheaper_above'] else 'it'}"
        for row in rows_of(found.sort_values("dau"))
    ]
    if len(told) > SHOWN_CROSSINGS:
        return f"At the assumed values the cheaper side changes {len(told)} times {ends}."
    return f"At the assumed values the cheaper side is, from {', from '.join(told)}."


def design_answer(costing: Costing, dau: int) -> Answer:
    """Returns what the linter holds against the design, and up to which load its capacity lasts."""
    found = _linted(costing, dau)
    refused = _refused(costing, dau)
    counts = Counter(str(finding.severity) for finding in found.findings)
    rules = Counter(finding.rule for finding in found.findings if finding.severity != "note")
    named = ", ".join(name for name, _ in rules.most_common(SHOWN_RULES))
    most = f" Most often: {named}." if named else ""
    return Answer(
        "Does the design hold?",
        ", ".join(f"{counts[name]} {name}s" for name in ("error", "warning")),
        f"By the linter at {dau:,} users, with {counts['note']} notes and {len(found.suppressed)} accepted."
        f"{most} {_throttling(refused)}",
        SUMMARY,
        _tone(good=not rules and refused <= TOLERATED, bad=counts["error"] > 0 or refused > TOLERATED),
        LINT_ANCHOR,
    )


def finding_table(costing: Costing, dau: int) -> Table | Statement:
    """Returns the errors and warnings of the linter; a statement when there are none."""
    found = _linted(costing, dau)
    rows = [
        {
            "rule": each.rule,
            "severity": each.severity,
            "where": each.where,
            "message": each.message,
        }
        for each in found.findings
        if each.severity is not Severity.NOTE
    ]
    if not rows:
        return Statement("No error, no warning.", "good")
    columns = [
        Column("severity", "Severity"),
        Column("rule", "Rule", code=True),
        Column("where", "Where", code=True),
        Column("message", "Finding", wide=True),
    ]
    accepted = "; ".join(f"{each.rule} at {each.where}: {by.reason}" for each, by in found.suppressed)
    note = f"Notes: `workbench lint {named(costing.case.directory)} --dau {dau}`."
    told = f"{note} Accepted by the architect: {accepted}" if accepted else note
    return Table(f"Errors and warnings at {dau:,} daily active users", columns, rows, told)


def _linted(costing: Costing, dau: int) -> LintResult:
    return lint(
        Subject(
            costing.case.design,
            costing.case.workload,
            dau,
            population=costing.case.population,
            measurement=costing.measurement,
            book=costing.book,
            region=costing.region,
        )
    )


def _refused(costing: Costing, dau: int) -> float:
    """Returns the largest share of its units that a table refuses in the modelled week, 0 to 1."""
    pricer = Pricer(costing.book, costing.region, dau)
    parts = pricer.parts(Operated.of(costing.case, costing.measurement))
    return max((part.refused for part in parts or ()), default=0.0)


def _throttling(refused: float) -> str:
    if not refused:
        return "Over the modelled week its capacity refuses nothing."
    return f"Over the modelled week a table refuses up to {refused:.2%} of its units for want of capacity."


def arrival_answer(trial: Trial) -> Answer:
    """Returns whether the move lost anything."""
    moved, after = trial.move.verification, trial.after
    whole = moved.equal and after.equal
    return Answer(
        "Did the move lose anything?",
        f"No, {moved.items:,} items are equal" if whole else "Yes",
        f"{migration_page.arrival(trial).text} {migration_page.after_writes(trial).text} "
        f"{same_answers(trial)}",
        "03_migration",
        _tone(good=whole, bad=not whole),
    )


def latency_answer(case: Case, replay: ReplayResult) -> Answer:
    """Returns how many patterns with a documented target meet it on this machine."""
    question, page = "Are the latency targets met?", "04_latency"
    stated = [
        (row.dynamodb.p99_ms, target)
        for row in replay.rows
        if row.dynamodb.p99_ms is not None
        and (target := case.design.patterns[row.pattern].target_p99_ms) is not None
    ]
    slowest = max(replay.rows, key=lambda row: row.dynamodb.p50_ms or 0)
    told = (
        f"Times of {latency_page.engine(replay)} on this machine, not of AWS; {slowest.pattern} is the "
        f"slowest, median {slowest.dynamodb.p50_ms or 0:.1f} ms."
    )
    if not stated:
        asked = any(pattern.target_p99_ms for pattern in case.design.patterns.values())
        headline = "Too few samples to say" if asked else "No target is stated"
        return Answer(question, headline, told, page)
    met = sum(time <= target for time, target in stated)
    return Answer(
        question,
        f"{met} of {len(stated)}, on this machine",
        told,
        page,
        _tone(good=met == len(stated), bad=met == 0),
    )


def swing_answer(study: Study) -> Answer:
    """Returns the assumption that moves the decision most, and whether one alone turns it."""
    question, page = "What would change the decision?", "06_sensitivity"
    if study.found is None:
        return Answer(question, "Not known", f"{study.region} lacks the prices of one side.", page)
    found = study.tornado
    first = found.iloc[0]
    low, high = sorted((first["saving_at_low"], first["saving_at_high"]))
    turning = found[found["changes"]]["assumption"].tolist()
    alone = f"{names(turning)} can turn it alone" if turning else "No assumption alone turns it"
    return Answer(
        question,
        f"{len(turning)} assumptions, each alone" if len(turning) > 1 else alone,
        f"{first['assumption']} moves the saving against {study.rival} most: from {low:,.2f} to {high:,.2f} "
        f"USD a month. {alone}.",
        page,
        _tone(good=not turning, bad=False),
    )


def _tone(*, good: bool, bad: bool) -> str:
    return "good" if good else "bad" if bad else "plain"
