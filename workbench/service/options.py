"""What is decided when a service starts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO

from workbench.service.grants import Grant
from workbench.service.tokens import token_secrets


@dataclass(frozen=True)
class Options:
    """What is decided when a service starts.

    Args:
        callers: Name to grant.
        secrets: Keys that seal continuation tokens, the newest first; by default one of this service's own.
        log: Where log lines go; None for nowhere.
    """

    callers: Mapping[str, Grant]
    secrets: tuple[bytes, ...] = field(default_factory=lambda: token_secrets(None))
    log: TextIO | None = sys.stderr
