"""The order processor over HTTP: balance, lists in pages, and orders that can be sent again."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from workbench.access.tokens import RefusedTokenError, TokenBook
from workbench.items.codec import Item
from workbench.orders.attempts import OutcomeUnknownError
from workbench.orders.instructions import Order, Outcome, Side
from workbench.orders.lists import MOST_PAGE_SIZE, PAGE_SIZE, Lists, Page
from workbench.orders.table import OrderTable, balance_key
from workbench.orders.trial import Strategy
from workbench.spec.case import Case

KEY = APIKeyHeader(name="X-API-Key", auto_error=False)
NAME = r"^[A-Za-z0-9_.-]{1,64}$"
OF_USERS = ("portfolio", "holdings", "orders", "transactions")
"""Lists that need a user alone."""

HIDDEN = frozenset({"PK", "SK", "password_hash"})
"""Attributes that no answer shows."""

Name = Annotated[str, Field(pattern=NAME)]
Size = Annotated[int, Query(ge=1, le=MOST_PAGE_SIZE)]


class Wish(BaseModel):
    """An order as a client sends it."""

    model_config = ConfigDict(extra="forbid")

    order_id: Name
    """Chosen by the client; sent again, the order is carried out once."""
    side: Side
    """BUY or SELL."""
    asset_id: Name
    """What."""
    quantity: Decimal = Field(gt=0, le=10**9, max_digits=18, decimal_places=8)
    """How much."""


class OrderService:
    """What the paths do.

    Args:
        case: The order processor.
        engine: An open DynamoDB engine with its tables.
        strategy: Carries out orders on a table of its own.
        tokens: Seals where pages ended.
        now: Gives the time.
    """

    def __init__(
        self,
        case: Case,
        engine: Any,
        strategy: Callable[[OrderTable], Strategy],
        tokens: TokenBook,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._table = OrderTable(case, engine)
        self._strategy, self._lists, self._now = strategy(self._table), Lists(case, engine, tokens), now

    def balance(self, username: str) -> dict[str, Any]:
        """Returns a user's cash [USD]."""
        found = self._table.get(balance_key(username))
        if found is None:
            raise HTTPException(404, f"no user {username}")
        return shown(found)

    def page(self, name: str, parameters: Mapping[str, str], size: int, token: str | None) -> dict[str, Any]:
        """Returns a page of a list."""
        page: Page = self._lists.page(name, parameters, size=size, token=token)
        return {"items": [shown(item) for item in page.items], "next": page.token}

    def order(self, username: str, wish: Wish) -> dict[str, Any]:
        """Buys or sells at the last price, and returns what became of it."""
        price = self._price(wish.asset_id)
        order = Order(wish.order_id, username, wish.side, wish.asset_id, wish.quantity, price, self._now())
        outcome = self._strategy.execute(order)
        if outcome is not Outcome.DONE:
            raise HTTPException(409, "not enough cash or assets, or the id is that of a refused order")
        return {"order_id": order.order_id, "outcome": outcome.value}

    def _price(self, asset_id: str) -> Decimal:
        found = self._table.pattern(self._table.attempts(), "get_prices", {"asset_id": [asset_id]})
        if not found:
            raise HTTPException(404, f"no price of {asset_id}")
        return Decimal(found[0]["price"]["N"])


def shown(item: Item) -> dict[str, Any]:
    """Returns an item as JSON shows it; numbers are texts, so that no digit is lost."""
    return {name: next(iter(value.values())) for name, value in item.items() if name not in HIDDEN}


def order_app(service: OrderService, key: str) -> FastAPI:
    """Returns the application.

    Args:
        service: What the paths do.
        key: What callers send as `X-API-Key`; it acts for every user.
    """

    def known(given: Annotated[str | None, Security(KEY)]) -> None:
        if not secrets.compare_digest((given or "").encode(), key.encode()):
            raise HTTPException(401, "send the key as X-API-Key")

    application = FastAPI(title="Order processor", version="1", dependencies=[Depends(known)], redoc_url=None)
    _add_paths(application, service)
    for error, status in ((RefusedTokenError, 400), (OutcomeUnknownError, 503)):
        application.add_exception_handler(error, _answer(status))
    return application


def _add_paths(application: FastAPI, service: OrderService) -> None:
    def balance(username: Name) -> dict[str, Any]:
        return service.balance(username)

    def orders_of_asset(
        username: Name, asset_id: Name, size: Size = PAGE_SIZE, token: str | None = None
    ) -> dict[str, Any]:
        return service.page("orders_of_asset", {"username": username, "asset_id": asset_id}, size, token)

    def assets(category: Name, size: Size = PAGE_SIZE, token: str | None = None) -> dict[str, Any]:
        return service.page("assets", {"category": category}, size, token)

    def order(username: Name, wish: Wish) -> dict[str, Any]:
        return service.order(username, wish)

    application.get("/v1/users/{username}/balance")(balance)
    application.get("/v1/users/{username}/orders/{asset_id}")(orders_of_asset)
    application.get("/v1/assets/{category}")(assets)
    application.post("/v1/users/{username}/orders")(order)
    for name in OF_USERS:
        application.get(f"/v1/users/{{username}}/{name}", name=name)(_listed(service, name))


def _listed(service: OrderService, name: str) -> Callable[..., dict[str, Any]]:
    def listed(username: Name, size: Size = PAGE_SIZE, token: str | None = None) -> dict[str, Any]:
        return service.page(name, {"username": username}, size, token)

    return listed


def _answer(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(_: Request, error: Exception) -> Response:
        headers = {"Retry-After": "1"} if status == 503 else None  # noqa: PLR2004  as HTTP numbers it
        return JSONResponse({"detail": str(error)}, status, headers)

    return answer
