"""Scan that runs often.

What: A Scan is asked more than 24 times a day, once an hour, at the case's users.

Why: A scan reads the whole table or index. As both the table and the number of scans grow with the users,
    its cost grows with their square, and it takes capacity from everything else.

Example:
    operation: Scan
    filter: [{attribute: status, operator: "=", value: OPEN}]

Instead: Give the question an index whose partition key is what the filter compares, sparse if few items
    match.

Source: dg-scan-practices
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.scans import scan_cost, scans
from workbench.lint.subject import Subject

MOST_PER_DAY = 24


def check(subject: Subject) -> Iterator[Found]:
    """Finds scans that are asked more than `MOST_PER_DAY` times a day."""
    for scan in scans(subject):
        if subject.rate(scan.id) * subject.dau > MOST_PER_DAY:
            yield Found(scan.path, f"scans {subject.holder(scan).label} {scan_cost(subject, scan)}")


RULE = Rule("scan-on-hot-path", Severity.ERROR, check, __doc__)
