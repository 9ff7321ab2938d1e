"""Fingerprints of items: equal exactly when key or content are equal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import orjson

from workbench.engines.prepared import base64_text
from workbench.items import Item, canonical

DIGEST_BYTES = 16

_lenient = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=base64_text)


def key_digest(table: str, key_names: Iterable[str], item: Mapping[str, Any]) -> bytes:
    """Returns the fingerprint of a table and the primary key of an item in it [16 bytes]."""
    return _digest([table, *(_plain(item[name]) for name in key_names)])


def content_digest(item: Item) -> bytes:
    """Returns the fingerprint of everything in an item [16 bytes]."""
    return _digest({name: value if "S" in value else canonical(value) for name, value in item.items()})


def made_digest(item: Item) -> bytes:
    """Returns the fingerprint of an item in canonical form, which is how an `ItemMaker` makes it.

    Binary values may be bytes, or base64 as they go over the wire.
    """
    return _digest(item)


def _plain(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return canonical(dict(value)) if "N" in value else value


def _digest(value: Any) -> bytes:
    return blake2b(_encoded(value), digest_size=DIGEST_BYTES).digest()


def _encoded(value: Any) -> bytes:
    try:
        return orjson.dumps(value, base64_text, orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # half a surrogate pair, which UTF-8 cannot express
        return _lenient.encode(value).encode("utf-8", "surrogatepass")


def differing(one: Item, other: Item) -> tuple[str, ...]:
    """Returns the names of the attributes that two items do not share, sorted."""
    names = one.keys() | other.keys()
    return tuple(sorted(name for name in names if _form(one, name) != _form(other, name)))


def _form(item: Item, name: str) -> Any:
    return canonical(item[name]) if name in item else None
