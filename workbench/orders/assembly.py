"""Puts the order processor together from a case, an engine and its callers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from workbench.orders.app import Parts, create_order_app
from workbench.orders.conditional import ConditionalOrders
from workbench.orders.lists import Lists
from workbench.orders.metrics import OrderMetrics
from workbench.orders.service import OrderService
from workbench.orders.settings import OrderServiceSettings
from workbench.orders.table import OrderTable
from workbench.orders.transactional import TransactionalOrders
from workbench.orders.trial import Strategy
from workbench.service.admission import Doorkeeper
from workbench.service.grants import KeyRing
from workbench.service.house import House
from workbench.service.logs import log_to
from workbench.service.options import Options
from workbench.service.tokens import TokenBook
from workbench.spec.case import Case

STRATEGIES: dict[str, Callable[[OrderTable], Strategy]] = {
    "transactional": TransactionalOrders,
    "conditional": ConditionalOrders,
}
"""Name to the way in which orders are carried out."""


def assemble_orders(  # noqa: PLR0913, PLR0917 - what it is made of
    case: Case,
    settings: OrderServiceSettings,
    engine: Any,
    strategy: str,
    options: Options,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ASGIApp:
    """Returns the order processor of a case as an ASGI application.

    Args:
        case: The case, whose tables exist.
        settings: What the service takes.
        engine: An open DynamoDB engine, or anything with a boto3 `client`.
        strategy: One of `STRATEGIES`.
        options: What is decided at the start.
        now: Gives the time.
    """
    table = OrderTable(case, engine)
    tokens = TokenBook(options.secrets, settings.page.token_minutes, time.time)
    service = OrderService(case, table, Lists(case, engine, tokens), STRATEGIES[strategy], now)
    metrics = OrderMetrics(table)
    door = Doorkeeper(KeyRing(options.callers), settings.limits)

    async def ready() -> bool:
        return await run_in_threadpool(service.ready)

    house = House(case.design.title, door, settings.limits, metrics, ready, log_to(options.log))
    return create_order_app(Parts(house, case.design, service, settings, metrics))
