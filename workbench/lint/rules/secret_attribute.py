"""Secret in a plain attribute.

What: The name of a stored text attribute says that it is a password, a key, a token or the number of a
    card, and not that it is hashed or encrypted.

Why: DynamoDB encrypts its disks, not the answers: whoever may read the item, an export or a backup reads
    the secret.

Example:
    attributes:
      api_key: {type: S}

Instead: Store a salted hash, encrypt on the client, or keep it in Secrets Manager and store its name.

Source: dg-client-side-encryption
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Subject

SECRET = re.compile(
    r"password|passwd|(^|_)pwd|secret|(^|_)token$|api_?key|access_?key|private_?key|credentials?$"
    r"|card_?number|(^|_)cvv|(^|_)iban$|(^|_)ssn$",
    re.IGNORECASE,
)
HARMLESS = re.compile(r"hash|digest|encrypted|cipher|_arn$|_id$|_count$|_name$|expires", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Found]:
    """Finds stored texts with the name of a secret."""
    for entity_name, entity in subject.design.entities.items():
        for name, attribute in entity.attributes.items():
            plain = attribute.stored and attribute.type in {"S", "M", "L", "SS"}
            if plain and SECRET.search(name) and not HARMLESS.search(name):
                message = (
                    f"{name} is stored as plain {attribute.type}, readable with the item and its backups"
                )
                yield Found(("entities", entity_name, "attributes", name), message)


RULE = Rule("secret-attribute", Severity.ERROR, check, __doc__)
