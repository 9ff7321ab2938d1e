"""Continuation tokens: a position that only who holds the keys can make, for one caller and question.

The position is the key of an item that the caller need not be allowed to see, where a filter follows the key.
So tokens are sealed and not only signed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from workbench.errors import WorkbenchError
from workbench.items.codec import Item

SECONDS_PER_MINUTE = 60


class RefusedTokenError(WorkbenchError):
    """A continuation token was altered, has expired, or continues something else."""


class TokenBook:
    """Makes and opens continuation tokens.

    Args:
        secrets: Keys of `Fernet`: the first seals, all open, so that one can take the place of another.
        minutes: How long a token is valid [min].
        clock: Gives the time [s since 1970].
    """

    def __init__(self, secrets: Sequence[bytes], minutes: float, clock: Callable[[], float]) -> None:
        self._sealers = [Fernet(secret) for secret in secrets]
        self._openers = MultiFernet(self._sealers)
        self._seconds, self._clock = int(minutes * SECONDS_PER_MINUTE), clock

    def seal(self, position: Item, caller: str, digest: str) -> str:
        """Returns the token of a position.

        Args:
            position: Key behind which the next page begins.
            caller: Who may use the token.
            digest: What the token continues.
        """
        content = json.dumps([caller, digest, position], separators=(",", ":"))
        return self._sealers[0].encrypt_at_time(content.encode(), int(self._clock())).decode().rstrip("=")

    def open(self, token: str, caller: str, digest: str) -> Item:
        """Returns the position of a token.

        Args:
            token: What the caller gave.
            caller: Who gave it.
            digest: What it should continue.

        Raises:
            RefusedTokenError: It was altered, has expired, or belongs to another caller or question.
        """
        try:
            padded = _padded(token)
            content = self._openers.decrypt_at_time(padded, self._seconds, int(self._clock()))
        except (InvalidToken, ValueError):
            raise RefusedTokenError("It was altered or has expired. Ask for the first page again.") from None
        owner, continued, position = json.loads(content)
        if owner != caller or continued != digest:
            raise RefusedTokenError("It belongs to another question or caller. Ask for the first page again.")
        known: Item = position
        return known


def _padded(token: str) -> bytes:
    """Returns a token with its padding, if it is the only way to write what it holds.

    Raises:
        ValueError: Other texts would stand for the same token.
    """
    text = token.encode("ascii")
    padded = text + b"=" * (-len(text) % 4)
    if text.endswith(b"=") or base64.urlsafe_b64encode(base64.urlsafe_b64decode(padded)) != padded:
        raise ValueError("not the canonical text")
    return padded
