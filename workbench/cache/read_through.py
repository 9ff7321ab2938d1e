"""The access patterns of a case behind a cache: reads are kept as its policy says, writes void answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from workbench.access.repository import BoundPattern, Repository
from workbench.cache.memory import Cache
from workbench.items.codec import Item
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.cache_policy import CachePolicy, KeptAnswer


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """What a pattern answered.

    Args:
        items: Items in DynamoDB JSON.
        asked: Answers that it is made of: one, or one for each element of a batch.
        kept: Those of them that came from the cache.
    """

    items: tuple[Item, ...]
    asked: int = 0
    kept: int = 0


class ReadThrough:
    """Calls patterns, and keeps what they answer.

    A version is taken before the table is read, and tags are made void after it was written, whatever became
    of the write: so a read that begins after a write was acknowledged never gets what was there before, as
    long as the cache can be reached.

    Args:
        repository: The patterns on an engine.
        policy: What is kept and what makes it void.
        cache: Keeps it.
    """

    def __init__(self, repository: Repository, policy: CachePolicy, cache: Cache) -> None:
        self._repository, self._policy, self._cache = repository, policy, cache

    def call(self, name: str, parameters: Mapping[str, Any]) -> CachedAnswer:
        """Returns a pattern's answer.

        Args:
            name: The pattern.
            parameters: Relational values by its parameters' names.

        Raises:
            InputError: Parameters are missing, unknown or cannot be attribute values.
            RequestRefusedError: DynamoDB answered with an error.
        """
        bound = self._repository.patterns[name]
        kept = self._policy.answers.get(name)
        if kept is not None:
            return self._read(bound, kept, parameters)
        if bound.maker.pattern.operation in READ_OPERATIONS:
            return CachedAnswer(bound(**parameters).items)
        try:
            return CachedAnswer(bound(**parameters).items)
        finally:
            tags = self._policy.voids.get(name, ())
            self._cache.invalidate(tag.format_map(parameters) for tag in tags)

    def warm(self, name: str, many: Iterable[Mapping[str, Any]], *, progress: bool = False) -> int:
        """Asks for answers before anybody needs them, and returns how many were not kept yet.

        Args:
            name: The pattern.
            many: Parameters of each answer.
            progress: Whether to show a progress bar on standard error, where that is a terminal.
        """
        bar = tqdm(many, desc=f"warm {name}", unit="answer", disable=None if progress else True)
        answers = (self.call(name, parameters) for parameters in bar)
        return sum(answer.asked - answer.kept for answer in answers)

    def _read(self, bound: BoundPattern, kept: KeptAnswer, parameters: Mapping[str, Any]) -> CachedAnswer:
        bound.maker.check(parameters)
        names: tuple[str, ...] = getattr(bound.maker.pattern, "for_each", ())
        if names:
            return self._read_elements(bound, kept, parameters, names)
        tag, key = kept.tag.format_map(parameters), _key(bound.maker.pattern_id, parameters)
        version = self._cache.version(tag)
        found = self._cache.get(tag, version, key)
        if found is not None:
            return CachedAnswer(_unpacked(found), 1, 1)
        items = bound(**parameters).items
        self._cache.put(tag, version, key, _packed(items))
        return CachedAnswer(items, 1)

    def _read_elements(
        self, bound: BoundPattern, kept: KeptAnswer, parameters: Mapping[str, Any], names: Sequence[str]
    ) -> CachedAnswer:
        """Returns the answer of a batch, of which only the elements that are not kept are asked for."""
        elements = bound.maker.elements(parameters)
        slots = [_Slot.of(self._cache, bound, kept, element) for element in elements]
        missing = [number for number, slot in enumerate(slots) if slot.found is None]
        if missing:
            asked = {name: [elements[number][name] for number in missing] for name in names}
            answered = dict(_by_key(bound, {**parameters, **asked}))
            for number in missing:
                items = answered.get(_element_key(bound, elements[number], names), ())
                slots[number] = slots[number].keep(self._cache, items)
        items = tuple(item for slot in slots for item in slot.found or ())
        return CachedAnswer(items, len(slots), len(slots) - len(missing))


@dataclass(frozen=True, slots=True)
class _Slot:
    """One element of a batch in the cache."""

    tag: str
    version: str
    key: str
    found: tuple[Item, ...] | None

    @classmethod
    def of(cls, cache: Cache, bound: BoundPattern, kept: KeptAnswer, element: Mapping[str, Any]) -> _Slot:
        tag, key = kept.tag.format_map(element), _key(bound.maker.pattern_id, element)
        version = cache.version(tag)
        found = cache.get(tag, version, key)
        return cls(tag, version, key, None if found is None else _unpacked(found))

    def keep(self, cache: Cache, items: tuple[Item, ...]) -> _Slot:
        cache.put(self.tag, self.version, self.key, _packed(items))
        return _Slot(self.tag, self.version, self.key, items)


def _by_key(bound: BoundPattern, parameters: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """Yields the items of a batch by the text of their keys."""
    table = bound.maker.design.entity_table(bound.maker.pattern.entity)
    names = [key.name for key in (table.partition_key, table.sort_key) if key]
    for item in bound(**parameters).items:
        yield _text({name: item[name] for name in names}), (item,)


def _element_key(bound: BoundPattern, element: Mapping[str, Any], names: Sequence[str]) -> str:
    (request,) = bound.maker.requests({**element, **{name: [element[name]] for name in names}})
    (asked,) = request.arguments["RequestItems"].values()
    return _text(asked["Keys"][0])


def _key(pattern: str, parameters: Mapping[str, Any]) -> str:
    """Returns one key for equal questions, in whatever order their parameters come."""
    return f"{pattern}:{json.dumps(parameters, sort_keys=True, default=str)}"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=_bytes_to_text)


def _packed(items: Sequence[Item]) -> bytes:
    return json.dumps(items, default=_bytes_to_text).encode()


def _unpacked(text: bytes) -> tuple[Item, ...]:
    return tuple(json.loads(text, object_hook=_text_to_bytes))


def _bytes_to_text(value: object) -> dict[str, str]:
    if not isinstance(value, bytes | bytearray):
        raise TypeError(f"no attribute value: {value!r}")
    return {"__bytes__": base64.b64encode(value).decode()}


def _text_to_bytes(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["__bytes__"]) if value.keys() == {"__bytes__"} else value
