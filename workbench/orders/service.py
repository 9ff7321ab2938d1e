"""The order processor itself, without HTTP: accounts, assets, lists in pages, orders once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from workbench.access.execution import RequestRefusedError
from workbench.engines.failures import DYNAMODB_SILENT
from workbench.errors import EngineError
from workbench.items.codec import Item
from workbench.orders.attempts import OutcomeUnknownError, again
from workbench.orders.instructions import CENT, COMPLETED, PENDING, IdTakenError, Order, Side, value_usd
from workbench.orders.lists import Lists
from workbench.orders.refusals import NotExecuted, Worthless
from workbench.orders.stored import StoredOrder
from workbench.orders.table import OrderTable, balance_key
from workbench.orders.trial import Strategy
from workbench.orders.wish import Wish
from workbench.service.refusals import Busy, Forbidden, NotFound
from workbench.spec.case import Case

SUSPENDED = "SUSPENDED"
SECRET = frozenset({"password_hash"})
"""Attributes that no answer shows."""

REFUSED = {
    Side.BUY: "There was not enough cash for it.",
    Side.SELL: "There was not enough of the asset for it.",
}
FOR_GOOD = "An order is refused for good: choose a new order_id to try again."
TAKEN = "order_id: it is that of another order. Choose a new one."
SAME_ID = "Send it again with the same order_id: it is carried out once."


@dataclass(frozen=True, slots=True)
class Part:
    """A page of a list.

    Args:
        items: Its entries, as JSON shows them.
        next: Continuation token; None at the end.
    """

    items: tuple[dict[str, Any], ...]
    next: str | None


class OrderService:
    """What callers can ask for.

    Args:
        case: The order processor.
        table: Its table on an engine.
        lists: Its lists there.
        strategy: Carries out orders on a table.
        now: Gives the time.
    """

    def __init__(
        self,
        case: Case,
        table: OrderTable,
        lists: Lists,
        strategy: Callable[[OrderTable], Strategy],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.table, self._lists, self._strategy, self._now = table, lists, strategy(table), now
        entities = case.design.entities.values()
        self._shown = frozenset(name for one in entities for name in one.attributes) - SECRET

    def one(self, pattern: str, parameters: Mapping[str, Any], what: str) -> dict[str, Any]:
        """Returns the item of a pattern that reads one.

        Args:
            pattern: The pattern.
            parameters: Relational values by its parameters' names.
            what: What it is, for the caller.

        Raises:
            NotFound: There is none.
            Busy: DynamoDB does not answer.
        """
        found = self._items(pattern, parameters)
        if not found:
            raise NotFound([f"There is no {what} of this name."])
        return self._json(found[0])

    def order(self, username: str, order_id: str) -> dict[str, Any]:
        """Returns an order of a user.

        Raises:
            NotFound: There is none, or it is another user's.
            Busy: DynamoDB does not answer.
        """
        found = self._items("get_order", {"order_id": order_id})
        if not found or found[0]["username"]["S"] != username:
            raise NotFound(["This user has no order of this id."])
        return self._json(found[0])

    def prices(self, asset_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Returns the last prices of assets by their ids; one without a price is missing.

        Raises:
            Busy: DynamoDB does not answer.
        """
        wanted = list(dict.fromkeys(asset_ids))
        found = self._items("get_prices", {"asset_id": wanted}) if wanted else ()
        by_id = {item["PK"]["S"].partition("#")[2]: item for item in found}
        return {name: self._json(by_id[name]) for name in wanted if name in by_id}

    def page(
        self, name: str, parameters: Mapping[str, str], caller: str, size: int, token: str | None
    ) -> Part:
        """Returns a page of a list.

        Args:
            name: The list.
            parameters: Relational values by its parameters' names.
            caller: Who asks; nobody else can go on.
            size: Entries at most.
            token: What the page before gave; None for the first.

        Raises:
            BadToken: It continues another list or caller's, was altered, or has expired.
            Busy: DynamoDB does not answer.
        """
        with _answered():
            page = self._lists.page(name, parameters, size=size, token=token, caller=caller)
        self.table.spent(page.consumed)
        return Part(tuple(map(self._json, page.items)), page.token)

    def portfolio(self, username: str, caller: str, size: int, token: str | None) -> Part:
        """Returns a page of a user's cash and holdings, each holding with its last price and value [USD].

        Raises:
            BadToken: It continues another list or caller's, was altered, or has expired.
            Busy: DynamoDB does not answer.
        """
        page = self.page("portfolio", {"username": username}, caller, size, token)
        prices = self.prices([item["asset_id"] for item in page.items if "asset_id" in item])
        return Part(tuple(_valued(item, prices) for item in page.items), page.next)

    def trade(self, username: str, wish: Wish) -> dict[str, Any]:
        """Buys or sells at the last price, once however often it is asked for, and returns the order.

        Raises:
            NotExecuted: Cash, assets or another order under the id forbid it; no money has moved.
            NotFound: There is no such user, or the asset has no price.
            Forbidden: The user is suspended.
            Busy: Nobody knows what became of it; sent again, it is carried out once.
        """
        with _answered():
            known = self.table.stored_order(wish.order_id)
            _check_same(known, username, wish)
            if known is None or known.status == PENDING:
                self._strategy.execute(known.order if known else self._new(username, wish))
                known = self.table.stored_order(wish.order_id)
                _check_same(known, username, wish)
        if known is None or known.status != COMPLETED:
            raise NotExecuted([REFUSED[Side(wish.side)], FOR_GOOD])
        return self._json(known.item)

    def _new(self, username: str, wish: Wish) -> Order:
        user = self._items("get_user", {"username": username})
        if not user:
            raise NotFound(["There is no user of this name."])
        if user[0]["status"]["S"] == SUSPENDED:
            raise Forbidden(["The user is suspended and cannot trade."])
        prices = self.prices([wish.asset_id])
        if not prices:
            raise NotFound(["asset_id: there is no price of this asset."])
        price = Decimal(prices[wish.asset_id]["price"])
        if Decimal(wish.quantity) * price < CENT:
            raise Worthless([f"quantity: the order is worth less than {CENT} USD. Ask for more."])
        return wish.order(username, price, self._now())

    def _items(self, pattern: str, parameters: Mapping[str, Any]) -> tuple[Item, ...]:
        with _answered():
            return self.table.pattern(self.table.attempts(), pattern, parameters)

    def _json(self, item: Item) -> dict[str, Any]:
        """Returns an item as JSON shows it; numbers are texts, so that no digit is lost."""
        return {name: next(iter(value.values())) for name, value in item.items() if name in self._shown}

    def ready(self) -> bool:
        """Returns whether the table answers."""
        try:
            self.table.get(balance_key("-"))
        except EngineError:
            return False
        return True


def _valued(item: dict[str, Any], prices: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    price = prices.get(item.get("asset_id", ""))
    if price is None:
        return item
    value = value_usd(Decimal(item["quantity"]), Decimal(price["price"]), ROUND_HALF_EVEN)
    return {**item, "price": price["price"], "value_usd": str(value)}


def _check_same(stored: StoredOrder | None, username: str, wish: Wish) -> None:
    if stored and not stored.asks_for(wish.order(username, stored.order.price, stored.order.at)):
        raise NotExecuted([TAKEN])


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """Tells the caller to come back where DynamoDB is silent, throttles, or others are always faster."""
    try:
        yield
    except DYNAMODB_SILENT as error:
        raise Busy(["DynamoDB does not answer."], {"Retry-After": "1"}) from error
    except IdTakenError as error:
        raise NotExecuted([TAKEN]) from error
    except OutcomeUnknownError as error:
        raise Busy([f"DynamoDB does not answer. {SAME_ID}"], {"Retry-After": "1"}) from error
    except EngineError as error:
        if isinstance(error, RequestRefusedError) and not again(error):
            raise
        raise Busy([f"DynamoDB has no capacity now. {SAME_ID}"], {"Retry-After": "1"}) from error
