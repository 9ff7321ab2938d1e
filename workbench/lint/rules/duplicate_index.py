"""Index that is sorted like its table or like another index.

What: Two indexes of a table, or an index and its table, are filled with the same keys for every entity in
    them.

Why: Each write pays for both, and either would answer the queries.

Example:
    global_secondary_indexes:
      ByOwner: {partition_key: {name: owner, type: S}, projection: {type: ALL}}
      ByUser: {partition_key: {name: owner, type: S}, projection: {type: KEYS_ONLY}}

Instead: Keep the one whose projection serves all queries, and delete the other.

Source: dg-indexes-general
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from workbench.lint.keys import key_template, members
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Holder, Subject
from workbench.lint.wording import names


def check(subject: Subject) -> Iterator[Found]:
    """Finds pairs of a table and its indexes with the same entities under the same keys."""
    for first, second in combinations(subject.holders, 2):
        keys = _keys(subject, first)
        if first.table_name == second.table_name and keys and keys == _keys(subject, second):
            message = f"holds {names(sorted(keys))} under the same keys as {first.label}"
            yield Found(second.path, message)


def _keys(subject: Subject, holder: Holder) -> dict[str, list[str | None]]:
    found = members(subject, holder)
    return {name: [key_template(holder, entity, key) for key in holder.key_names] for name, entity in found}


RULE = Rule("duplicate-index", Severity.WARNING, check, __doc__)
