"""Reads the records of one page: follows DynamoDB's pages until it is full, done, or out of budget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.items.codec import Item
from workbench.query.calls import CallMaker
from workbench.query.capacity import Shaper
from workbench.query.metrics import Metrics
from workbench.query.planner import Plan
from workbench.query.question import Question
from workbench.query.settings import ServiceSettings
from workbench.query.store import Store

FILTERED_CHUNKS = (60, 1000)
"""Items read at once at least and at most, where a filter drops some."""
EXPECTED_SHARE = 4
"""Items read for each record that is missing from a filtered page."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The records of a page.

    Args:
        items: Items in the order of the answer.
        position: Key behind which the next page begins; None at the end.
    """

    items: list[Item]
    position: Item | None


class _Page:
    """A page in the making."""

    def __init__(self, limit: int, start: Item | None) -> None:
        self.limit = limit
        self.items: list[Item] = []
        self.position = start
        self.reads = self.scanned = 0
        self.finished = False

    @property
    def missing(self) -> int:
        return self.limit - len(self.items)

    def add(self, answer: Any, keys: tuple[str, ...]) -> float:
        """Takes what fits of an answer and returns what it consumed [read units]."""
        found: list[Item] = answer["Items"]
        rest = len(found) - self.missing
        self.position = answer.get("LastEvaluatedKey")
        if rest > 0:
            found = found[:-rest]
            self.position = {name: found[-1][name] for name in keys}
        self.items += found
        self.reads += 1
        self.scanned += answer["ScannedCount"]
        self.finished = self.position is None or not self.missing
        return float(answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0))


class PageReader:
    """Reads pages.

    Args:
        store: Sends the calls.
        calls: Makes them.
        shaper: Holds them below the table's capacity.
        settings: Sizes and budgets.
        metrics: What is counted.
        clock: Gives the time [s].
    """

    def __init__(  # noqa: PLR0913, PLR0917 - its parts, each with a protocol of its own
        self,
        store: Store,
        calls: CallMaker,
        shaper: Shaper,
        settings: ServiceSettings,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._calls, self._shaper = store, calls, shaper
        self._settings, self._metrics, self._clock = settings, metrics, clock

    async def read(self, plan: Plan, question: Question, start: Item | None) -> Rows:
        """Returns the next page of a question.

        Args:
            plan: How it is answered.
            question: What is asked.
            start: Position behind which the page begins; None for the first.

        Raises:
            Busy: The table has no capacity.
        """
        page = _Page(question.limit, start)
        deadline = self._clock() + self._settings.page.budget_ms / 1000
        while not page.finished and page.reads < self._settings.page.most_reads:
            chunk = self._chunk(plan, page)
            if chunk < 1 or (page.reads and self._clock() >= deadline):
                break
            await self._shaper.admit(plan.partition)
            answer = await self._store.call(self._calls.read(plan, question, page.position, chunk))
            self._account(plan, page.add(answer, plan.place.keys))
        return Rows(page.items, page.position)

    def _account(self, plan: Plan, read_units: float) -> None:
        self._shaper.charge(plan.partition, read_units)
        self._metrics.reads.labels(plan.place.name).inc()
        self._metrics.read_units.labels(plan.place.name).inc(read_units)

    def _chunk(self, plan: Plan, page: _Page) -> int:
        """Returns how many items to read next."""
        least, most = FILTERED_CHUNKS
        chunk = min(max(page.missing * EXPECTED_SHARE, least), most) if plan.filters else page.missing
        return min(chunk, self._settings.scan.most_items - page.scanned) if plan.scans else chunk


class SingleFlight:
    """Lets callers who ask the same at the same time share one read."""

    def __init__(self) -> None:
        self._flying: dict[Any, asyncio.Future[Any]] = {}

    async def run(self, key: Any, read: Callable[[], Any]) -> Any:
        """Returns the result of a read, which is run unless one with the same key is on its way.

        Args:
            key: What is read.
            read: Makes the coroutine that reads it.
        """
        flight = self._flying.get(key)
        if flight is None:
            flight = asyncio.ensure_future(read())
            self._flying[key] = flight
            flight.add_done_callback(lambda _: self._flying.pop(key, None))
        return await asyncio.shield(flight)
