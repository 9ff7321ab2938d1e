"""Checks that ask the linter: what stands against a design at a load."""

from __future__ import annotations

import re

from workbench.claims.evidence import Evidence, Ours, check, plain
from workbench.lint.registry import all_rules
from workbench.lint.rule import Finding, Severity
from workbench.lint.run import lint
from workbench.lint.subject import Subject

_BREAKS_AT = re.compile(r"breaks at ([\d,]+) DAU")


@check
def rules_clear(evidence: Evidence, *, rules: tuple[str, ...], dau: int) -> Ours:
    """Returns whether rules of the linter find nothing worse than a note at a number of users.

    Args:
        evidence: The case.
        rules: Names of the rules.
        dau: Daily active users.
    """
    found = _findings(evidence, rules, dau)
    serious = [finding for finding in found if finding.severity is not Severity.NOTE]
    names = " and ".join(rules)
    if serious:
        return Ours(value=False, working=f"at {plain(dau)} DAU the rules {names} find: {serious[0].message}")
    nearest = min(found, key=_breaks_at, default=None)
    note = f"; nearest to its limit is {nearest.where}: {nearest.message}" if nearest else ""
    return Ours(
        value=True, working=f"at {plain(dau)} DAU the rules {names} find nothing worse than a note{note}"
    )


def _findings(evidence: Evidence, rules: tuple[str, ...], dau: int) -> tuple[Finding, ...]:
    case = evidence.case
    subject = Subject(
        case.design, case.workload, dau, case.population, evidence.measured, evidence.book, evidence.region
    )
    return tuple(
        finding
        for finding in lint(subject, [rule for rule in all_rules() if rule.id in rules]).findings
        if finding.rule in rules
    )


def _breaks_at(finding: Finding) -> float:
    """Returns the users at which a note says that a limit is reached; infinity where it says none."""
    match = _BREAKS_AT.search(finding.message)
    return float(match[1].replace(",", "")) if match else float("inf")
