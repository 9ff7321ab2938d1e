"""Transactions that all change the same item.

What: A member of a transaction has a whole primary key with one or few values, so many transactions meet
    there.

Why: While a transaction holds an item, others on it are cancelled, and cancelled ones are paid for. The
    more arrive in a second, the more of them are repeated.

Example:
    members:
      - {operation: UpdateItem, entity: Counter, key: {PK: TOTALS, SK: ORDERS}, add: {count: 1}}

Instead: Count outside of the transaction from the stream, or spread the counter over shards and add them
    when read.

Source: dg-transaction-apis
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.lint.keys import over_attributes, template_domain
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Operation, Subject
from workbench.lint.wording import number

LEAST_PER_SECOND = 1.0
"""Transactions a second on one item from which on they often meet."""


def check(subject: Subject) -> Iterator[Found]:
    """Finds members of transactions on items that many transactions share."""
    for operation in subject.writes:
        share = _share(subject, operation) if operation.transactional else None
        rate = subject.peak(subject.rate(operation.id) * share) if share else 0.0
        if rate >= LEAST_PER_SECOND:
            message = (
                f"{number(rate)} transactions a second meet on the busiest item at the peak of "
                f"{number(subject.dau)} DAU"
            )
            yield Found(operation.path, message)


def _share(subject: Subject, operation: Operation) -> float | None:
    """Returns the share of the requests on the busiest item; None when items are many or not known."""
    entity = subject.design.entities[operation.entity]
    stated: Mapping[str, str] = getattr(operation.action, "key", None) or entity.keys
    texts = [over_attributes(text, operation) for text in stated.values()]
    domain = template_domain(subject, "".join(texts), entity)
    return domain.top_share if domain else None


RULE = Rule("transaction-contention", Severity.ERROR, check, __doc__)
