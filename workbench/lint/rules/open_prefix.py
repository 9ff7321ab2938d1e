"""Query by a prefix that ends inside a value.

What: A `begins_with` ends with a placeholder of text and no separator behind it.

Why: The prefix for `run` also matches `runner`: one owner reads the items of another whose name begins
    alike.

Example:
    sort: {attribute: SK, operator: begins_with, value: "ACTION#{action}"}   # items: ACTION#{action}#{id}

Instead: End the prefix with the separator that the key has there: `ACTION#{action}#`.

Source: dg-sort-keys
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.keys import key_template, over_attributes
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Operation, Subject
from workbench.spec.access import Query
from workbench.spec.templates import Placeholder, parse_template


def check(subject: Subject) -> Iterator[Found]:
    """Finds prefixes that stop inside a value while the key goes on."""
    for operation in subject.reads:
        query = operation.action
        if isinstance(query, Query) and query.sort and query.sort.operator == "begins_with":
            prefix = over_attributes(str(query.sort.value), operation)
            sort_key = _sort_key(subject, operation, query.sort.attribute)
            separator = _separator(prefix, sort_key)
            if separator:
                message = (
                    f'"{prefix}" also matches longer values, as the key goes on with "{separator}"; '
                    f'end the prefix with "{separator}"'
                )
                yield Found((*operation.path, "sort", "value"), message)


def _sort_key(subject: Subject, operation: Operation, attribute: str) -> str:
    entity = subject.design.entities[operation.entity]
    return key_template(subject.holder(operation), entity, attribute) or ""


def _separator(prefix: str, sort_key: str) -> str:
    """Returns the literal with which the key goes on after a prefix that ends with a value; else empty."""
    parts, key = parse_template(prefix), parse_template(sort_key)
    if not parts or not isinstance(parts[-1], Placeholder) or parts[-1].form:
        return ""
    rest = key[len(parts) :]
    return str(rest[0]) if key[: len(parts)] == parts and rest and isinstance(rest[0], str) else ""


RULE = Rule("open-prefix", Severity.ERROR, check, __doc__)
