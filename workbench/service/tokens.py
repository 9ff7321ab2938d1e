"""Continuation tokens of the service: how their keys are given, and what a caller is told of a bad one."""

from __future__ import annotations

from cryptography.fernet import Fernet

from workbench.access import tokens
from workbench.access.tokens import RefusedTokenError
from workbench.errors import InputError, Problem
from workbench.items.codec import Item
from workbench.service.refusals import BadToken


def token_secrets(text: str | None) -> tuple[bytes, ...]:
    """Returns the keys that seal continuation tokens.

    Args:
        text: Fernet keys, comma between; None for a new one, which other processes do not know.

    Raises:
        InputError: One of them is no key; none is shown.
    """
    if text is None:
        return (Fernet.generate_key(),)
    try:
        return tuple(_secret(part) for part in text.split(","))
    except ValueError:
        message = "one is no Fernet key, which is 32 bytes in URL-safe base64"
        step = "Make one with cryptography.fernet.Fernet.generate_key()"
        raise InputError([Problem("--token-secrets", 0, "", message, step)]) from None


def _secret(text: str) -> bytes:
    secret = text.strip().encode()
    Fernet(secret)
    return secret


class TokenBook(tokens.TokenBook):
    """Makes and opens continuation tokens."""

    def open(self, token: str, caller: str, digest: str) -> Item:
        """Returns the position of a token.

        Args:
            token: What the caller gave.
            caller: Who gave it.
            digest: What it should continue.

        Raises:
            BadToken: It was altered, has expired, or belongs to another caller or question.
        """
        try:
            return super().open(token, caller, digest)
        except RefusedTokenError as error:
            raise BadToken([str(error)]) from None
