"""Scan that is rare today and dearer with every item.

What: A Scan without a limit is asked at most 24 times a day at the case's users.

Why: Its cost and its duration grow with the table, and nobody notices until it throttles the others.

Example:
    operation: Scan
    filter: [{attribute: is_active, operator: "=", value: false}]

Instead: Keep it where an administrator can wait, with the number as the reason; else use a sparse index, or
    an export to S3 for analysis.

Source: dg-scan-practices
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.rules.scan_on_hot_path import MOST_PER_DAY
from workbench.lint.scans import scan_cost, scans
from workbench.lint.subject import Subject


def check(subject: Subject) -> Iterator[Found]:
    """Finds scans that are asked at most `MOST_PER_DAY` times a day."""
    for scan in scans(subject):
        often = subject.rate(scan.id) * subject.dau > MOST_PER_DAY
        if not often and getattr(scan.action, "limit", None) is None:
            yield Found(scan.path, f"scans {subject.holder(scan).label} {scan_cost(subject, scan)}")


RULE = Rule("scan-grows", Severity.NOTE, check, __doc__)
