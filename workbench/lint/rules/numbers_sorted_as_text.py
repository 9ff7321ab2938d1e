"""Number in a text key, which sorts as text.

What: A sort key of type S holds a number that is not padded with zeros.

Why: As text 10 comes before 9. Ranges and the newest-first order are wrong, from the tenth item on.

Example:
    keys: {PK: "GAME#{game_id}", SK: "SCORE#{score}"}   # score: {type: N}

Instead: Pad it (`SCORE#{score:010d}`), or use a sort key of type N.

Source: dg-sort-keys, dg-naming-types
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.keys import key_path, key_template
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Holder, Subject
from workbench.spec.design import Entity
from workbench.spec.templates import Placeholder, parse_template


def check(subject: Subject) -> Iterator[Found]:
    """Finds unpadded numbers in sort keys of text."""
    for holder in subject.holders:
        sort = holder.spec.sort_key
        for name, entity in subject.entities_of(holder.table_name).items():
            template = key_template(holder, entity, sort.name) if sort and sort.type == "S" else None
            for number in _unpadded(template or "", entity):
                path = key_path(holder, name, entity, sort.name if sort else "")
                message = (
                    f'"{template}" sorts {{{number}}} as text, 10 before 9{_readers(subject, holder, name)}'
                )
                yield Found(path, message)


def _unpadded(template: str, entity: Entity) -> Iterator[str]:
    for part in parse_template(template):
        attribute = entity.attributes.get(part.name) if isinstance(part, Placeholder) else None
        if isinstance(part, Placeholder) and attribute and attribute.type == "N" and not part.width:
            yield part.name


def _readers(subject: Subject, holder: Holder, entity: str) -> str:
    queries = [
        each.id
        for each in subject.reads
        if each.action.operation == "Query" and each.entity == entity and subject.holder(each) is holder
    ]
    return f", in the order that {', '.join(queries)} returns" if queries else ""


RULE = Rule("numbers-sorted-as-text", Severity.ERROR, check, __doc__)
