"""Who may ask, and for which values."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbench.errors import InputError, Problem
from workbench.items.codec import Item
from workbench.service.refusals import Forbidden, Unauthenticated
from workbench.spec.base import SpecModel
from workbench.spec.findings import Finding
from workbench.spec.loader import load_model

DIGEST = r"^[0-9a-f]{64}$"


class Grant(SpecModel):
    """One caller and what it may do."""

    sha256: str = Field(pattern=DIGEST)
    """Digest of the caller's key; the key itself is kept nowhere."""
    values: dict[str, tuple[str, ...]] = Field(default={})
    """Granted parameter to the values that the caller may ask for; one that is absent is not bounded."""
    write: bool = False
    """Whether the caller may add or change anything."""
    operate: bool = False
    """Whether the caller may read the metrics."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    """Requests that it may make; absent for the service's own number."""


class Grants(SpecModel):
    """Everything a file of keys says."""

    schema_version: Literal[1]
    """Version of this file format."""
    callers: dict[str, Grant]
    """Name of a caller, which logs and metrics show, to what it may do."""


def key_digest(key: str) -> str:
    """Returns what is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_key() -> str:
    """Returns a key that nobody can guess."""
    return secrets.token_urlsafe(32)


class Caller:
    """A caller that proved its key.

    Args:
        name: What logs and metrics show.
        grant: What it may do.
    """

    def __init__(self, name: str, grant: Grant) -> None:
        self.name, self.grant = name, grant
        self._granted = {field: frozenset(values) for field, values in grant.values.items()}

    @property
    def granted(self) -> Mapping[str, frozenset[str]]:
        """Granted parameter to the values that the caller may ask for; one that is absent is not bounded."""
        return self._granted

    def check(self, field: str, value: str) -> None:
        """Refuses a value that is not granted.

        Raises:
            Forbidden: The grant does not cover it.
        """
        if value not in self._granted.get(field, (value,)):
            raise Forbidden([f"{field}: this key does not grant the value that was asked for."])

    def sees(self, item: Item) -> bool:
        """Returns whether an item is one that the grant covers, whatever the question was."""
        return all(item.get(field, {}).get("S") in values for field, values in self._granted.items())

    def check_write(self, values: Mapping[str, str]) -> None:
        """Refuses what the caller may not write.

        Args:
            values: The value of each granted parameter.

        Raises:
            Forbidden: The grant does not cover it.
        """
        if not self.grant.write:
            raise Forbidden(["This key does not grant writing."])
        for field in self._granted:
            self.check(field, values[field])


class KeyRing:
    """Knows callers by their keys.

    Args:
        callers: Name to grant.
    """

    def __init__(self, callers: Mapping[str, Grant]) -> None:
        self._by_digest = {grant.sha256: Caller(name, grant) for name, grant in callers.items()}

    def caller(self, key: str) -> Caller:
        """Returns who has a key.

        Raises:
            Unauthenticated: There is no key, or nobody has it.
        """
        found = self._by_digest.get(key_digest(key)) if key else None
        if found is None:
            step = "Send a key that this service knows in the header X-API-Key."
            raise Unauthenticated([step], {"WWW-Authenticate": "ApiKey"})
        return found


def _check_grants(grants: Grants, granted: Mapping[str, str]) -> Iterable[Finding]:
    for name, grant in grants.callers.items():
        for field in sorted(grant.values.keys() - granted.keys()):
            message = f"no parameter that is granted; got {field}, allowed {', '.join(granted)}"
            yield Finding(("callers", name, "values"), message, "Name one of these.")
        for field in grant.values.keys() & granted.keys():
            for value in grant.values[field]:
                if not re.fullmatch(granted[field], value):
                    message = f"no value that anybody can ask for; got {value}, allowed {granted[field]}"
                    step = "Name each value whole, or leave the parameter out, which grants all."
                    yield Finding(("callers", name, "values", field), message, step)


def load_grants(path: Path, granted: Mapping[str, str]) -> dict[str, Grant]:
    """Returns the callers that a file of keys states.

    Args:
        path: The file.
        granted: The parameters that the service grants values of, and the pattern that a whole value matches.

    Raises:
        InputError: The file is wrong; all problems at once.
    """
    grants = load_model(path, Grants, lambda found: _check_grants(found, granted))
    digests = [grant.sha256 for grant in grants.callers.values()]
    if len(set(digests)) < len(digests):
        message = "two callers have the same key; got one digest twice"
        raise InputError([Problem(str(path), 0, "callers", message, "Give each caller a key of its own.")])
    return dict(grants.callers)
