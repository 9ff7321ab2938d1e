"""Update of an attribute that an index key is made of, without that key.

What: An update sets or removes an attribute that fills the key of an index, or decides whether the item is
    in a sparse one, and leaves the index key as it was.

Why: DynamoDB knows the key attribute only. The item stays under its old key: lists show it where it no
    longer belongs and miss it where it does.

Example:
    set: {status: "{next_status}"}   # while status_key is "STATUS#{status}"

Instead: Set or remove the index key in the same update.

Source: dg-gsi
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Operation, Subject
from workbench.lint.wording import names
from workbench.spec.design import IndexKeys
from workbench.spec.templates import placeholders


def check(subject: Subject) -> Iterator[Found]:
    """Finds updates that leave an index key behind."""
    for operation in subject.writes:
        entity = subject.design.entities[operation.entity]
        changed = _changed(operation)
        for index, index_keys in entity.index_keys.items() if changed else ():
            for name in sorted(changed & _decides(index_keys)):
                left = [key for key, text in index_keys.keys.items() if _depends(index_keys, text, name)]
                stale = [key for key in left if key not in changed]
                if stale:
                    message = (
                        f"changes {name} and not {names(stale)}, so the entry in {index} stays as it was"
                    )
                    yield Found(operation.path, message)


def _changed(operation: Operation) -> set[str]:
    action = operation.action
    if action.operation != "UpdateItem":
        return set()
    return {name for field in ("set", "add", "remove") for name in getattr(action, field, ())}


def _decides(index_keys: IndexKeys) -> set[str]:
    """Returns the attributes that decide where an item is in an index."""
    inside = {name for text in index_keys.keys.values() for name in placeholders(text)}
    return inside | set(index_keys.when)


def _depends(index_keys: IndexKeys, text: str, name: str) -> bool:
    return name in index_keys.when or name in placeholders(text)


RULE = Rule("stale-index-key", Severity.ERROR, check, __doc__)
