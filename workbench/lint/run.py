"""Runs the rules on a subject and sorts out what its architect accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workbench.lint.registry import UNUSED_SUPPRESSION, all_rules
from workbench.lint.rule import Finding, Need, Rule, Severity
from workbench.lint.subject import Subject
from workbench.spec.design import Suppression


@dataclass(frozen=True)
class LintResult:
    """What came of a run.

    Args:
        findings: What stands against the design, in the order of the rules.
        suppressed: What the design accepts, with its suppression.
        not_run: Rules that were not run, with what they lacked.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[tuple[Finding, Suppression], ...]
    not_run: tuple[tuple[Rule, frozenset[Need]], ...]

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def lint(subject: Subject, rules: Iterable[Rule] | None = None) -> LintResult:
    """Returns what the rules find.

    Args:
        subject: What they look at.
        rules: All rules when None.
    """
    chosen = all_rules() if rules is None else tuple(rules)
    ready = [rule for rule in chosen if not rule.missing(subject)]
    found = [finding for rule in ready for finding in rule.findings(subject)]
    accepted = {finding: by for finding in found if (by := _suppression(finding, subject))}
    unused = _unused(subject, {rule.id for rule in ready}, list(accepted.values()))
    return LintResult(
        findings=(*(finding for finding in found if finding not in accepted), *unused),
        suppressed=tuple(accepted.items()),
        not_run=tuple((rule, missing) for rule in chosen if (missing := rule.missing(subject))),
    )


def _suppression(finding: Finding, subject: Subject) -> Suppression | None:
    stated = (each for each in subject.design.suppressions if each.rule == finding.rule)
    return next((each for each in stated if _covers(each.where, finding.where)), None)


def _covers(where: str, place: str) -> bool:
    """Returns whether a suppression of a place holds for another place, which may lie inside it."""
    return where in ("", place) or place.startswith((f"{where}.", f"{where}["))


def _unused(subject: Subject, ready: set[str], used: list[Suppression]) -> Iterator[Finding]:
    """Yields suppressions that accept nothing; those of rules that were not run may be needed."""
    known = {rule.id for rule in all_rules()}
    for position, stated in enumerate(subject.design.suppressions):
        if stated not in used and (stated.rule in ready or stated.rule not in known):
            place = f" at {stated.where}" if stated.where else ""
            reason = "finds nothing there" if stated.rule in known else "does not exist"
            message = f"accepts {stated.rule}{place}, but that rule {reason}; delete the suppression"
            path = ("suppressions", position)
            yield Finding(UNUSED_SUPPRESSION, Severity.WARNING, path, message)
