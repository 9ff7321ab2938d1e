"""Projected attributes that no pattern reads from the index.

What: An index copies attributes that none of its patterns asks for, filters by or sorts by; it is told from
    patterns that name their attributes.

Why: Each projected attribute makes entries larger, and each change of it is a write of the entry.

Example:
    projection: {type: INCLUDE, non_key_attributes: [title, view_count]}

Instead: Project what the patterns read; an item has the rest.

Source: dg-gsi
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.keys import members
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Holder, Operation, Subject
from workbench.lint.wording import names, several
from workbench.spec.design import SecondaryIndex


def check(subject: Subject) -> Iterator[Found]:
    """Finds indexes that copy attributes which no pattern on them names, or which none of their items has."""
    for holder in subject.indexes:
        unused, reason = unused_attributes(subject, holder)
        if unused:
            shown = f"{several(len(unused), 'copied attribute')} that {reason}: {names(sorted(unused))}"
            yield Found((*holder.path, "projection"), shown)


def unused_attributes(subject: Subject, holder: Holder) -> tuple[set[str], str]:
    """Returns the attributes that an index copies for nobody, and why that is said; none without a reader."""
    copied = _copied(subject, holder)
    readers = [each for each in subject.reads if subject.holder(each) is holder]
    if not readers:
        return set(), ""
    if all(_asked(reader) for reader in readers):
        asked = {name for reader in readers for name in _asked(reader)}
        return copied - asked, f"no pattern on {holder.label} names"
    return copied - _present(subject, holder), f"no item in {holder.label} has"


def _present(subject: Subject, holder: Holder) -> set[str]:
    return {
        name for _, entity in members(subject, holder) for name in (*entity.attributes, *entity.constants)
    }


def _copied(subject: Subject, holder: Holder) -> set[str]:
    """Returns the attributes that an index copies beside its keys and those of the table."""
    spec = holder.spec
    if not isinstance(spec, SecondaryIndex) or spec.projection.type == "KEYS_ONLY":
        return set()
    if spec.projection.type == "INCLUDE":
        return set(spec.projection.non_key_attributes)
    stored = {
        name
        for _, entity in members(subject, holder)
        for name, attribute in entity.attributes.items()
        if attribute.stored
    }
    return stored - set(holder.key_names)


def _asked(reader: Operation) -> set[str]:
    """Returns the attributes that a read names; none when it takes all or only counts."""
    action = reader.action
    filtered = {condition.attribute for condition in getattr(action, "filter", ())}
    asked = set(getattr(action, "attributes", ()))
    return asked | filtered if asked else set()


RULE = Rule("projection-unused", Severity.WARNING, check, __doc__)
