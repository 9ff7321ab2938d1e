"""Attribute named like a reserved word.

What: An attribute has one of the 573 names that expressions cannot use as they are.

Why: Code that writes `status = :s` works in no environment; each expression needs an alias (`#status`). It
    is found at run time, by the request that fails.

Example:
    attributes:
      status: {type: S}

Instead: Choose another name (`order_status`), or send all requests through code that always aliases.

Source: dg-reserved-words
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import names, several


@cache
def reserved_words() -> frozenset[str]:
    """Returns the reserved words, in lower case."""
    return frozenset((files("workbench.lint") / "reserved_words.txt").read_text(encoding="utf-8").split())


def check(subject: Subject) -> Iterator[Found]:
    """Finds entities with attributes named like reserved words."""
    for name, entity in subject.design.entities.items():
        found = [each for each in (*entity.keys, *entity.attributes) if each.lower() in reserved_words()]
        if found:
            message = f"{several(len(found), 'attribute needs', 'attributes need')} an alias: {names(found)}"
            yield Found(("entities", name, "attributes"), message)


RULE = Rule("reserved-word", Severity.NOTE, check, __doc__)
