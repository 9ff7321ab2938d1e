"""Parameters as text that keeps their types."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from workbench.access.values import Parameters

KINDS: dict[str, Callable[[str], Any]] = {
    "moment": dt.datetime.fromisoformat,
    "day": dt.date.fromisoformat,
    "decimal": Decimal,
    "bytes": bytes.fromhex,
}
"""Mark of a value to the function that makes it of its text."""


def dump(parameters: Parameters) -> str:
    """Returns parameters as JSON text.

    >>> dump({"a": Decimal("1.50")})
    '{"a": {"<decimal>": "1.50"}}'
    """
    return json.dumps(dict(parameters), ensure_ascii=False, sort_keys=True, default=_marked)


def load(text: str) -> dict[str, Any]:
    """Returns parameters from their text.

    >>> load('{"a": {"<decimal>": "1.50"}}')
    {'a': Decimal('1.50')}
    """
    found: dict[str, Any] = json.loads(text, object_hook=_plain)
    return found


def _marked(value: Any) -> dict[str, str]:
    if isinstance(value, dt.datetime):
        return {"<moment>": value.isoformat()}
    if isinstance(value, dt.date):
        return {"<day>": value.isoformat()}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"<bytes>": bytes(value).hex()}
    return {"<decimal>": str(value)}


def _plain(value: Mapping[str, Any]) -> Any:
    if len(value) == 1:
        ((mark, text),) = value.items()
        if mark[1:-1] in KINDS and mark[0] == "<":
            return KINDS[mark[1:-1]](text)
    return value
