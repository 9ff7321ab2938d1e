"""Question that no table or index serves, so that it scans and filters.

What: A Scan filters by equality with an attribute, and no index of the table begins with it.

Why: An index would read the matching items only. The scan reads all of them and throws the rest away.

Example:
    operation: Scan
    filter: [{attribute: email, operator: "=", value: "{email}"}]

Instead: Add an index with that attribute, or a template over it, as partition key; or say why the scan may
    stay.

Source: dg-scan-practices, dg-indexes-general
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.keys import key_template
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.scans import scan_cost, scans
from workbench.lint.subject import Operation, Subject
from workbench.lint.wording import names
from workbench.spec.templates import placeholders


def check(subject: Subject) -> Iterator[Found]:
    """Finds scans with a filter by equality that a key could answer."""
    for scan in scans(subject):
        wanted = [each.attribute for each in getattr(scan.action, "filter", ()) if each.operator == "="]
        missing = [attribute for attribute in wanted if attribute not in _served(subject, scan)]
        if missing:
            cost = scan_cost(subject, scan)
            message = f"no partition key is made of {names(missing)}, so the pattern scans {cost}"
            yield Found(scan.path, message)


def _served(subject: Subject, scan: Operation) -> set[str]:
    """Returns the attributes that fill a partition key for the scan's entity."""
    entity = subject.design.entities[scan.entity]
    here = [holder for holder in subject.holders if holder.table_name == entity.table]
    templates = (key_template(holder, entity, holder.spec.partition_key.name) for holder in here)
    return {name for template in templates if template for name in placeholders(template)}


RULE = Rule("unserved-pattern", Severity.WARNING, check, __doc__)
