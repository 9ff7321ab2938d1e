"""Table that would cost less in the other table class.

What: At the case's users, a table and its indexes would cost at least 5 % less a month in the other class.

Why: Standard-IA stores at 40 % of the price and charges a quarter more for requests. What is stored much
    and read little belongs there, and the reverse.

Example:
    table_class: STANDARD   # 2 TB of old orders, a few reads a day

Instead: Change the class; it works without downtime, twice in 30 days.

Source: prices-ia-pattern, dg-table-classes
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.bills import designed_usd
from workbench.lint.rule import Found, Need, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number, usd
from workbench.pricing.dynamodb import TableClass

SHARE = 0.95
_OTHER = {
    "STANDARD": ("STANDARD_INFREQUENT_ACCESS", TableClass.STANDARD_IA),
    "STANDARD_INFREQUENT_ACCESS": ("STANDARD", TableClass.STANDARD),
}


def check(subject: Subject) -> Iterator[Found]:
    """Finds tables that the other class would make cheaper."""
    for name, table in subject.design.tables.items():
        words, other = _OTHER[table.table_class]
        stated, changed = designed_usd(subject, name), designed_usd(subject, name, other)
        if changed < SHARE * stated:
            message = f"costs {usd(stated)} a month, as {words} {usd(changed)} at {number(subject.dau)} DAU"
            yield Found(("tables", name), message)


NEEDS = frozenset({Need.MEASUREMENT, Need.PRICES})
RULE = Rule("table-class", Severity.NOTE, check, __doc__, NEEDS)
