"""The service itself, without HTTP: callers ask, pages come back, records are added."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.access.calls import Request
from workbench.access.execution import RequestRefusedError
from workbench.items.codec import Item, Unrepresentable
from workbench.items.maker import ItemMaker
from workbench.query.kept import PageCache
from workbench.query.narrowing import narrowed
from workbench.query.planner import Plan, Planner
from workbench.query.question import Asked, Question
from workbench.query.reading import PageReader, SingleFlight
from workbench.query.refusals import Exists, Unstorable
from workbench.query.rendering import item_json
from workbench.query.settings import ServiceSettings
from workbench.query.store import Store
from workbench.service.grants import Caller
from workbench.service.refusals import Busy
from workbench.service.tokens import TokenBook
from workbench.spec.design import Design

MAYBE_STORED = "It may be stored. Send it again: it is stored once, and 409 says that it was."


@dataclass(frozen=True, slots=True)
class Kept:
    """What a cache keeps of a page: nothing that depends on the caller.

    Args:
        count: Records.
        position: Where the next page begins; None at the end.
        items: The records as a JSON array.
    """

    count: int
    position: Item | None
    items: bytes

    def packed(self) -> bytes:
        """Returns the page as bytes."""
        return json.dumps([self.count, self.position]).encode() + b"\n" + self.items

    @classmethod
    def unpacked(cls, packed: bytes) -> Kept:
        """Returns the page that bytes hold."""
        head, _, items = packed.partition(b"\n")
        count, position = json.loads(head)
        return cls(count, position, items)


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as a caller gets it.

    Args:
        page: Its records.
        next: Continuation token; empty at the end.
        plan: How it was read.
        from_cache: Whether it had been kept.
    """

    page: Kept
    next: str
    plan: Plan
    from_cache: bool

    def body(self, *, explain: bool) -> bytes:
        """Returns the page as JSON.

        Args:
            explain: Whether it tells its plan.
        """
        told = b',"explain":' + json.dumps(self.plan.explained()).encode() if explain else b""
        token = json.dumps(self.next or None).encode()
        return b'{"items":%b,"count":%d,"next":%b%b}' % (self.page.items, self.page.count, token, told)


class QueryService:
    """Answers questions to the records of one entity.

    Args:
        design: The design.
        settings: What the service takes.
        store: Sends calls to the table.
        reader: Reads pages through it.
        cache: Keeps pages; None keeps none.
        tokens: Makes and opens continuation tokens.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - its parts, each with a protocol of its own
        self,
        design: Design,
        settings: ServiceSettings,
        store: Store,
        reader: PageReader,
        cache: PageCache | None,
        tokens: TokenBook,
    ) -> None:
        self.settings, self.cache = settings, cache
        self.planner = Planner(design, settings)
        self._table = design.entities[settings.entity].table
        self._partition_key = design.entity_table(settings.entity).partition_key.name
        self._attributes = tuple(design.entities[settings.entity].attributes)
        self._maker = ItemMaker(design, settings.entity)
        self._store, self._reader, self._tokens = store, reader, tokens
        self._flights = SingleFlight()

    async def page(self, caller: Caller, asked: Asked) -> Answer:
        """Returns one page.

        Args:
            caller: Who asks.
            asked: What is asked.

        Raises:
            Refusal: The question, the grant, the token or the table's capacity forbids it.
        """
        question = narrowed(caller, asked.question)
        plan = self.planner.plan(question)
        start = self._tokens.open(asked.token, caller.name, question.digest) if asked.token else None
        page, from_cache = await self._page(caller, plan, question, start)
        token = self._tokens.seal(page.position, caller.name, question.digest) if page.position else ""
        return Answer(page, token, plan, from_cache)

    async def _page(
        self, caller: Caller, plan: Plan, question: Question, start: Item | None
    ) -> tuple[Kept, bool]:
        """Returns a page, and whether it had been kept."""
        if self.cache is None:
            return await self._read(caller, plan, question, start), False
        tag, key = _tag(plan), json.dumps([question.digest, question.limit, start])
        version, kept = await self.cache.find(tag, key)
        if kept is not None:
            return Kept.unpacked(kept), True
        page = await self._flights.run((tag, version, key), lambda: self._read(caller, plan, question, start))
        await self.cache.keep(tag, version, key, page.packed())
        return page, False

    async def _read(self, caller: Caller, plan: Plan, question: Question, start: Item | None) -> Kept:
        rows = await self._reader.read(plan, question, start)
        seen = [item for item in rows.items if caller.sees(item)]
        shown = question.fields or self._attributes
        items = "[" + ",".join([item_json(item, shown) for item in seen]) + "]"
        return Kept(len(seen), rows.position, items.encode())

    async def export(self, caller: Caller, asked: Asked) -> AsyncIterator[Answer]:
        """Yields page after page until the end, or until the cap is reached.

        Args:
            caller: Who asks.
            asked: What is asked, and how many records at most.
        """
        left = asked.most
        for _ in range(self.settings.concatenation.most_pages):
            question = replace(asked.question, limit=min(asked.question.limit, left))
            answer = await self.page(caller, replace(asked, question=question))
            yield answer
            left -= answer.page.count
            asked = replace(asked, token=answer.next)
            if not answer.next or not left:
                return

    async def add(self, caller: Caller, row: Mapping[str, Any]) -> Item:
        """Adds a record and makes void what the cache keeps of its user and system; returns its item.

        Args:
            caller: Who adds it.
            row: Attribute to value.

        Raises:
            Refusal: It is not granted, cannot be an item, exists already, or no answer told of it.
        """
        caller.check_write({field: str(row[field]) for field in self.settings.granted})
        try:
            item = self._maker.item(row)
        except Unrepresentable as reason:
            raise Unstorable([str(reason)]) from reason
        arguments = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": self._partition_key},
        }
        try:
            await self._store.call(Request("PutItem", arguments))
        except RequestRefusedError as error:
            if error.condition_failed:
                raise Exists(["A record with this key exists; it was not changed."]) from error
            raise
        except Busy as busy:
            raise Busy([*busy.problems, MAYBE_STORED], busy.headers) from busy
        finally:
            await self._forget(item)
        return item

    async def _forget(self, item: Item) -> None:
        """Makes void what was kept of the partitions that an item is in, whatever became of its write."""
        if self.cache is not None:
            tags = {
                f"{p.partition}={item[p.partition]['S']}" for p in self.planner.places if p.partition in item
            }
            await self.cache.forget([*sorted(tags), "scan"])


def _tag(plan: Plan) -> str:
    return "scan" if plan.scans else f"{plan.place.partition}={plan.partition}"
