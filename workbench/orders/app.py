"""The order processor's HTTP interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp

from workbench.orders.asked import Asked, Parameters, Wanted, described, read, turn_model
from workbench.orders.contract import VALUED, entity_schema, page_schema, says
from workbench.orders.metrics import OrderMetrics
from workbench.orders.service import OrderService, Part
from workbench.orders.settings import USERNAME, OrderServiceSettings
from workbench.orders.wish import Wish
from workbench.service.house import VERSION, House, parsed
from workbench.service.openapi import JSON, Schema
from workbench.service.refusals import Forbidden, Refusal
from workbench.spec.design import Design

USERS = f"/v{VERSION}/users"
USER = f"{USERS}/{{username}}"
ASSET = f"/v{VERSION}/assets/{{asset_id}}"

Work = Callable[[Asked], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the interface is put together from.

    Args:
        house: Lets callers in and watches.
        design: The design.
        service: Does what is asked.
        settings: Sizes of pages.
        metrics: What is counted.
    """

    house: House
    design: Design
    service: OrderService
    settings: OrderServiceSettings
    metrics: OrderMetrics


def create_order_app(parts: Parts) -> ASGIApp:
    """Returns the order processor as an ASGI application.

    Args:
        parts: What it is put together from.
    """
    app = parts.house.application()
    interface = _Interface(app, parts)
    interface.add_items()
    interface.add_lists()
    interface.add_prices()
    interface.add_trade()
    return parts.house.guarded(app)


class _Interface:
    """The operations."""

    def __init__(self, app: FastAPI, parts: Parts) -> None:
        self._app, self._parts, self._service = app, parts, parts.service
        self._turn = turn_model(parts.settings)

    def add_items(self) -> None:
        """Adds what answers with one item."""
        service = self._service
        self._reading("user", USER, "User", lambda a: service.one("get_user", a.names, "user"))
        self._reading(
            "balance", f"{USER}/balance", "Balance", lambda a: service.one("get_balance", a.names, "user")
        )
        self._reading("asset", ASSET, "Asset", lambda a: service.one("get_asset", a.names, "asset"))
        self._reading("order", f"{USER}/orders/{{order_id}}", "Order", lambda a: service.order(**a.names))

    def _reading(self, name: str, path: str, entity: str, work: Work) -> None:
        self._get(name, path, Parameters, work, entity_schema(self._parts.design, entity))

    def add_lists(self) -> None:
        """Adds what answers with a page."""
        self._list("holdings", f"{USER}/holdings", "Holding")
        self._list("orders", f"{USER}/orders", "Order")
        self._list("orders_of_asset", f"{USER}/assets/{{asset_id}}/orders", "Order")
        self._list("transactions", f"{USER}/transactions", "LedgerEntry")
        self._list("users", USERS, "User")
        self._list("assets", f"/v{VERSION}/categories/{{category}}/assets", "Asset")
        valued = entity_schema(self._parts.design, "Balance", "Holding", more=VALUED)
        self._get("portfolio", f"{USER}/portfolio", self._turn, self._portfolio, page_schema(valued), 400)

    def _list(self, name: str, path: str, entity: str) -> None:
        schema = page_schema(entity_schema(self._parts.design, entity))
        self._get(name, path, self._turn, lambda asked: self._page(name, asked), schema, 400)

    def _page(self, name: str, asked: Asked) -> dict[str, Any]:
        if name == "users" and USERNAME in asked.caller.granted:
            raise Forbidden(["This key does not grant seeing all users."])
        turn = asked.parameters
        return self._told(
            name, self._service.page(name, asked.names, asked.caller.name, turn.limit, turn.token)
        )

    def _portfolio(self, asked: Asked) -> dict[str, Any]:
        turn = asked.parameters
        part = self._service.portfolio(asked.names[USERNAME], asked.caller.name, turn.limit, turn.token)
        return self._told("portfolio", part)

    def _told(self, name: str, part: Part) -> dict[str, Any]:
        self._parts.metrics.records.labels(name).inc(len(part.items))
        return {"items": part.items, "next": part.next}

    def add_prices(self) -> None:
        """Adds the last prices of some assets."""
        price = entity_schema(self._parts.design, "AssetPrice")
        prices = {"type": "object", "additionalProperties": price}
        self._get("prices", f"/v{VERSION}/prices", Wanted, self._prices, prices)

    def _prices(self, asked: Asked) -> dict[str, Any]:
        return self._service.prices(asked.parameters.asset_id)

    def add_trade(self) -> None:
        """Adds what buys and sells."""
        path, answer = f"{USER}/orders", entity_schema(self._parts.design, "Order")
        body = {"required": True, "content": {JSON: {"schema": Wish.model_json_schema()}}}
        told = says("trade", path, described(path, Parameters), answer, 400, 409, 413, ok=201)
        told["openapi_extra"]["requestBody"] = body
        self._app.add_api_route(path, self.trade, methods=["POST"], **told)

    async def trade(self, request: Request) -> Response:
        """Buys or sells at the last price; sent again with the same order_id it is carried out once."""
        asked = read(self._parts.house, request, Parameters)
        asked.caller.check_write(asked.names)
        wish = parsed(Wish, await request.body())
        outcomes = self._parts.metrics.outcomes
        try:
            order = await run_in_threadpool(self._service.trade, asked.names[USERNAME], wish)
        except Refusal as refusal:
            outcomes.labels(wish.side, type(refusal).__name__).inc()
            raise
        outcomes.labels(wish.side, "Done").inc()
        return JSONResponse(order, 201)

    def _get(
        self, name: str, path: str, model: type[Parameters], work: Work, schema: Schema, *refusals: int
    ) -> None:
        async def operation(request: Request) -> Response:
            asked = read(self._parts.house, request, model)
            return JSONResponse(await run_in_threadpool(work, asked))

        told = says(name, path, described(path, model), schema, *refusals)
        self._app.add_api_route(path, operation, **told)
