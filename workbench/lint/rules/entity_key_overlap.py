"""Two kinds of item that can get the same key.

What: The keys of two entities of a table begin alike, so that for some values both are the same.

Why: A put of the one silently replaces the other, and queries return both.

Example:
    entities:
      User: {table: Main, keys: {PK: "{email}", SK: METADATA}}
      Team: {table: Main, keys: {PK: "{name}", SK: METADATA}}

Instead: Begin keys with the kind of the item: `USER#{email}`, `TEAM#{name}`.

Source: dg-data-modeling
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from workbench.lint.keys import may_be_equal
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject


def check(subject: Subject) -> Iterator[Found]:
    """Finds pairs of entities of a table whose keys can be equal."""
    for (first, one), (second, other) in combinations(subject.design.entities.items(), 2):
        if one.table != other.table:
            continue
        if all(may_be_equal(text, other.keys.get(key, "")) for key, text in one.keys.items()):
            keys = ", ".join(f'{key} "{text}"' for key, text in one.keys.items())
            others = ", ".join(f'"{text}"' for text in other.keys.values())
            message = f"{keys} of {first} can equal {others} of {second}"
            yield Found(("entities", second, "keys"), message)


RULE = Rule("entity-key-overlap", Severity.ERROR, check, __doc__)
