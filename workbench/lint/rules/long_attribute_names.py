"""Attribute names that make up much of an item.

What: The names of an entity's attributes take at least 30 % of its mean item.

Why: Every item stores every name. Names are read, written and billed like values.

Example:
    attributes:
      number_of_failed_login_attempts_since_last_success: {type: N}

Instead: Shorten the names of the most frequent entity, and keep the long ones in code; or store one map as
    JSON.

Source: dg-capacity-units
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Need, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import number, percent
from workbench.spec.design import Entity

SHARE = 0.3


def check(subject: Subject) -> Iterator[Found]:
    """Finds entities whose names take at least `SHARE` of an item."""
    for name, entity in subject.design.entities.items():
        sizes = subject.sizes(name)
        taken = sum(len(each.encode()) for each in _names(entity))
        if sizes and taken >= SHARE * sizes.mean_bytes:
            message = (
                f"names take {number(taken)} of {number(sizes.mean_bytes)} bytes, "
                f"{percent(taken / sizes.mean_bytes)}; an item without absent attributes"
            )
            yield Found(("entities", name, "attributes"), message)


def _names(entity: Entity) -> set[str]:
    stored = [name for name, attribute in entity.attributes.items() if attribute.stored]
    indexed = [key for index_keys in entity.index_keys.values() for key in index_keys.keys]
    return {*entity.keys, *entity.constants, *stored, *indexed}


RULE = Rule("long-attribute-names", Severity.NOTE, check, __doc__, frozenset({Need.MEASUREMENT}))
