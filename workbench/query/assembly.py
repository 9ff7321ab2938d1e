"""Puts a service together from a case, an engine and a file of keys."""

from __future__ import annotations

import time

from starlette.types import ASGIApp

from workbench.access.calls import Request
from workbench.errors import EngineError
from workbench.query.answers import QueryService
from workbench.query.app import Parts, create_app
from workbench.query.calls import CallMaker
from workbench.query.capacity import Shaper
from workbench.query.kept import PageCache, unreachable
from workbench.query.metrics import Metrics
from workbench.query.reading import PageReader
from workbench.query.settings import ServiceSettings
from workbench.query.store import Client, Store
from workbench.service.admission import Doorkeeper
from workbench.service.grants import KeyRing
from workbench.service.house import House
from workbench.service.logs import log_to
from workbench.service.options import Options
from workbench.service.tokens import TokenBook
from workbench.spec.case import Case


def assemble(
    case: Case, settings: ServiceSettings, client: Client, options: Options, cache: PageCache | None
) -> ASGIApp:
    """Returns the query service of a case as an ASGI application.

    Args:
        case: The case, whose tables exist.
        settings: What the service takes.
        client: Sends calls to the tables.
        options: What is decided at the start.
        cache: Keeps pages; None keeps none.
    """
    metrics = Metrics()
    metrics.cache_unreachable.set_function(lambda: unreachable(cache))
    store = Store(client, settings.capacity, metrics.throttled.inc)
    reader = PageReader(
        store,
        CallMaker(case.design, settings),
        Shaper(settings.capacity, metrics.waits.inc),
        settings,
        metrics,
    )
    tokens = TokenBook(list(options.secrets), settings.page.token_minutes, time.time)
    service = QueryService(case.design, settings, store, reader, cache, tokens)
    door = Doorkeeper(KeyRing(options.callers), settings.limits)
    table = case.design.entities[settings.entity].table
    ready = _Readiness(client, table)
    house = House(case.design.title, door, settings.limits, metrics, ready, log_to(options.log))
    return create_app(Parts(house, case.design, service, metrics))


class _Readiness:
    """Asks the table for an item that does not exist, as cheaply as can be."""

    def __init__(self, client: Client, table: str) -> None:
        self._client = client
        self._request = Request("Scan", {"TableName": table, "Limit": 1, "Select": "COUNT"})

    async def __call__(self) -> bool:
        try:
            await self._client.call(self._request)
        except (EngineError, OSError):
            return False
        return True
