"""Key template whose parts can run into each other, so that two items get one key.

What: In a key, text that can be anything is followed by another part: without a separator, or with one that
    the text itself may contain.

Why: `A#B` with `C` and `A` with `B#C` become the same key. One item overwrites the other, and who can
    choose the text can aim at the items of someone else.

Example:
    keys: {PK: "TEAM#{team_name}#{user_name}", SK: METADATA}

Instead: Put free text last, use ids of a fixed form, or refuse or encode the separator where values come
    in.

Source: dg-sort-keys, cwe-74
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.keys import attribute_domain, entity_keys
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.spec.design import Entity
from workbench.spec.templates import Placeholder, parse_template


def check(subject: Subject) -> Iterator[Found]:
    """Finds keys in which free text is followed by another part."""
    for name, entity in subject.design.entities.items():
        for path, _, template in entity_keys(subject, name, entity):
            for part, separator in _open_parts(subject, entity, template):
                cause = f'may contain "{separator}"' if separator else "has no end"
                message = (
                    f'in "{template}" the text of {{{part.name}}} {cause}, so two items can have one key'
                )
                yield Found(path, message)


def _open_parts(subject: Subject, entity: Entity, template: str) -> Iterator[tuple[Placeholder, str]]:
    """Yields each part of free text that another placeholder follows, with the separator between."""
    parts = parse_template(template)
    for position, part in enumerate(parts):
        rest = parts[position + 1 :]
        if isinstance(part, Placeholder) and any(isinstance(other, Placeholder) for other in rest):
            separator = rest[0] if isinstance(rest[0], str) else ""
            if _is_free(subject, entity, part, separator):
                yield part, separator


def _is_free(subject: Subject, entity: Entity, part: Placeholder, separator: str) -> bool:
    """Returns whether the text of a part can hold the separator, or has no end without one."""
    attribute = entity.attributes.get(part.name)
    if part.form or attribute is None or attribute.format in {"timestamp", "date"}:
        return False
    domain = attribute_domain(subject, entity, part.name)
    if separator and domain and domain.texts:
        return any(separator in text for text in domain.texts)
    return not separator or attribute.type == "S"


RULE = Rule("key-collision", Severity.ERROR, check, __doc__)
