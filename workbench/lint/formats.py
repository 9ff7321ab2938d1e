"""A result as text, as JSON and as SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from pathlib import PurePath
from typing import Any, NamedTuple

from workbench.lint.registry import UNUSED_SUPPRESSION, all_rules
from workbench.lint.rule import Finding, Need, Rule, Severity
from workbench.lint.run import LintResult
from workbench.spec.case import named
from workbench.spec.findings import Path

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
PROJECT = "workbench"


class Place(NamedTuple):
    """The design file that was linted.

    Args:
        case: Name of the case.
        file: Path of the design, as shown.
        line: Returns the line of a path in it; 0 when unknown.
    """

    case: str
    file: str
    line: Callable[[Path], int]


def as_text(result: LintResult, place: Place) -> str:
    """Returns a line for each finding, then what was accepted or not run, then the counts."""
    return "\n".join([*_finding_lines(result, place), *_rest_lines(result, place)])


def _finding_lines(result: LintResult, place: Place) -> Iterator[str]:
    order = {severity: number for number, severity in enumerate(Severity)}
    for finding in sorted(result.findings, key=lambda each: (order[each.severity], place.line(each.path))):
        at = f"{place.file}:{place.line(finding.path)}"
        yield f"{at}: {finding.where}: {finding.severity} {finding.rule}: {finding.message}"


def _rest_lines(result: LintResult, place: Place) -> Iterator[str]:
    for finding, by in result.suppressed:
        at = f"{place.file}:{place.line(finding.path)}"
        yield f"{at}: {finding.where}: accepted {finding.rule}: {' '.join(by.reason.split())}"
    if result.not_run:
        ids = ", ".join(rule.id for rule, _ in result.not_run)
        yield f"{place.case}: not run: {ids}. {_advice(result, named(FilePath(place.file).parent))}"
    counts = ", ".join(f"{count} {severity}s" for severity, count in _counts(result).items())
    yield f"{place.case}: {counts}; {len(result.suppressed)} accepted"


def _advice(result: LintResult, case: str) -> str:
    needs = {need for _, missing in result.not_run for need in missing}
    steps = {
        Need.MEASUREMENT: f"Run `workbench measure {case}` for sizes and units.",
        Need.PRICES: "Name a region with a price of every component.",
    }
    return " ".join(steps[need] for need in sorted(needs))


def _counts(result: LintResult) -> Mapping[str, int]:
    return {
        severity.value: sum(finding.severity is severity for finding in result.findings)
        for severity in Severity
    }


def as_json(result: LintResult, place: Place) -> str:
    """Returns everything that the text says, as one JSON object."""
    return _dump(
        {
            "case": place.case,
            "file": place.file,
            "findings": [_plain(finding, place) for finding in result.findings],
            "accepted": [_plain(each, place) | {"reason": by.reason} for each, by in result.suppressed],
            "not_run": [{"rule": rule.id, "missing": sorted(missing)} for rule, missing in result.not_run],
            "counts": _counts(result),
        }
    )


def _plain(finding: Finding, place: Place) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "line": place.line(finding.path),
        "path": finding.where,
        "message": finding.message,
    }


def as_sarif(result: LintResult, place: Place) -> str:
    """Returns the result as SARIF 2.1.0, the form that code hosts and editors read.

    Source: sarif-2.1.0
    """
    rules = [*map(_sarif_rule, all_rules()), _UNUSED]
    index = {rule["id"]: position for position, rule in enumerate(rules)}
    found = [_sarif_result(finding, place, index) for finding in result.findings]
    accepted = [
        _sarif_result(finding, place, index)
        | {"suppressions": [{"kind": "inSource", "justification": by.reason}]}
        for finding, by in result.suppressed
    ]
    driver = {"name": PROJECT, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": found + accepted}
    return _dump({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


_UNUSED: dict[str, Any] = {
    "id": UNUSED_SUPPRESSION,
    "shortDescription": {"text": "Suppression that accepts nothing."},
    "defaultConfiguration": {"level": Severity.WARNING.value},
}


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.sections['What']} {rule.sections['Why']}"},
        "help": {"text": rule.sections["Instead"]},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _sarif_result(finding: Finding, place: Place, index: Mapping[str, int]) -> dict[str, Any]:
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": PurePath(place.file).as_posix()},
            "region": {"startLine": max(1, place.line(finding.path))},
        },
        "logicalLocations": [{"fullyQualifiedName": finding.where}],
    }
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": finding.severity.value,
        "message": {"text": finding.message},
        "locations": [location],
    }


def _dump(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


FORMATS: Mapping[str, Callable[[LintResult, Place], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
}
"""Name of each form to the function that gives it."""
