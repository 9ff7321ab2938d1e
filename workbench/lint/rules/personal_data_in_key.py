"""Personal data in a key.

What: A key template holds an attribute that names a person: an email address, a telephone number, a name, a
    number of identity.

Why: Keys appear in logs, metrics and error messages, and cannot be changed: whoever changes the address
    gets a new item, and every item below the old key has to be copied.

Example:
    keys: {PK: "USER#{email}", SK: METADATA}

Instead: Use an id without a meaning as key, and an item or index entry that leads from the address to it.

Source: dg-contributor-insights, dg-api-cloudtrail
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.lint.keys import entity_keys
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject
from workbench.lint.wording import several
from workbench.spec.templates import placeholders

PERSONAL = re.compile(
    r"e_?mail|phone|mobile_?number|(^|_)ssn$|national_id|passport|tax_id|(first|last|full)_?name|birth",
    re.IGNORECASE,
)


def check(subject: Subject) -> Iterator[Found]:
    """Finds key templates over personal data."""
    for name, entity in subject.design.entities.items():
        for path, label, template in entity_keys(subject, name, entity):
            for found in filter(PERSONAL.search, placeholders(template)):
                below = sum(f"{{{found}" in text for text in _keys_of_all(subject))
                message = (
                    f'"{template}" puts {found} into the key of {label}; a change of {found} '
                    f"moves the items under {several(below, 'table key')}"
                )
                yield Found(path, message)


def _keys_of_all(subject: Subject) -> Iterator[str]:
    for entity in subject.design.entities.values():
        yield from entity.keys.values()


RULE = Rule("personal-data-in-key", Severity.WARNING, check, __doc__)
