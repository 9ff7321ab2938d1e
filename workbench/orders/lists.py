"""Every list of the order processor, page by page, continued by sealed tokens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from workbench.access.calls import Request
from workbench.access.execution import Exchange, Result, Sender, Units, result_of
from workbench.access.requests import RequestMaker
from workbench.access.tokens import TokenBook
from workbench.errors import InputError, Problem
from workbench.items.codec import Item
from workbench.spec.access import SortCondition
from workbench.spec.case import Case
from workbench.spec.design import Design

PAGE_SIZE, MOST_PAGE_SIZE = 20, 100
"""Items of a page where nobody says how many, and at most."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list: a pattern of the design that begins at the beginning and ends where a page ends.

    Args:
        pattern: The pattern.
        sort: Its condition on the sort key: the pattern's own where there is none here.
        whole: Whether it has no condition on the sort key at all.
    """

    pattern: str
    sort: SortCondition | None = None
    whole: bool = False

    def changes(self) -> dict[str, Any]:
        """Returns what differs from the pattern."""
        changed: dict[str, Any] = {"limit": None}
        if self.sort or self.whole:
            changed["sort"] = self.sort
        return changed


def _beginning(attribute: str, template: str) -> SortCondition:
    return SortCondition(attribute=attribute, operator="begins_with", value=template)


LISTS: Mapping[str, ListOf] = MappingProxyType(
    {
        "users": ListOf("list_users", whole=True),
        "assets": ListOf("list_assets", _beginning("DIRECTORY_KEY", "{category}#")),
        "portfolio": ListOf("get_portfolio"),
        "holdings": ListOf("list_holdings", _beginning("SK", "HOLDING#")),
        "orders": ListOf("list_order_history", whole=True),
        "orders_of_asset": ListOf("list_orders_of_asset"),
        "orders_before": ListOf("list_order_history"),
        "open_orders": ListOf("list_open_orders"),
        "asks": ListOf("list_best_asks"),
        "bids": ListOf("list_best_bids"),
        "transactions": ListOf("list_transactions", _beginning("SK", "TXN#")),
        "transactions_of_type": ListOf("list_transactions_by_type"),
        "performance": ListOf("list_performance"),
    }
)
"""Name to list."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list.

    Args:
        items: Items in DynamoDB JSON; fewer than asked for where a filter drops some.
        token: What continues the list; None at its end.
        consumed: Capacity by table and `table/index` [units].
    """

    items: tuple[Item, ...]
    token: str | None
    consumed: Units = field(default_factory=dict)


class Lists:
    """The lists of a case on one engine.

    Args:
        case: The order processor.
        engine: An open DynamoDB engine, or anything with a boto3 `client`.
        tokens: Seals where a page ended.
    """

    def __init__(self, case: Case, engine: Any, tokens: TokenBook) -> None:
        design = _listing(case.design)
        self._makers = {name: RequestMaker(design, name) for name in LISTS}
        self._sender = Sender(engine.client)
        self._tokens = tokens

    def page(
        self,
        name: str,
        parameters: Mapping[str, Any],
        *,
        size: int = PAGE_SIZE,
        token: str | None = None,
        caller: str = "",
    ) -> Page:
        """Returns the next part of a list.

        Args:
            name: One of `LISTS`.
            parameters: Relational values by the list's parameters' names.
            size: Items of the page at most, 1 to 100.
            token: What the page before gave; None for the first page.
            caller: Who asks; nobody else can go on.

        Raises:
            InputError: Name, size or parameters are wrong.
            RefusedTokenError: The token was altered, has expired, or continues another list.
            RequestRefusedError: DynamoDB answered with an error.
        """
        _check(name, size)
        (request,) = self._makers[name].requests(parameters)
        digest = _digest(name, parameters)
        start = {} if token is None else {"ExclusiveStartKey": self._tokens.open(token, caller, digest)}
        result = self._ask(request, {**start, "Limit": size + 1})
        position = self._position(name, result, size)
        following = self._tokens.seal(position, caller, digest) if position else None
        return Page(result.items[:size], following, result.consumed)

    def pages(self, name: str, parameters: Mapping[str, Any], *, size: int = PAGE_SIZE) -> Iterator[Page]:
        """Yields a whole list page by page.

        Raises:
            InputError: Name, size or parameters are wrong.
        """
        page = self.page(name, parameters, size=size)
        yield page
        while page.token:
            page = self.page(name, parameters, size=size, token=page.token)
            yield page

    def _ask(self, request: Request, changes: Mapping[str, Any]) -> Result:
        """Returns one page of DynamoDB; one item more than wanted tells whether there is another page."""
        return result_of([self._sender.call(replace(request, arguments={**request.arguments, **changes}))])

    def _position(self, name: str, result: Result, size: int) -> Item | None:
        """Returns the key behind which the next page begins, None at the end."""
        if len(result.items) > size:
            return {key: result.items[size - 1][key] for key in self._keys(name)}
        last: Exchange = result.exchanges[-1]
        return last.response.get("LastEvaluatedKey")

    def _keys(self, name: str) -> list[str]:
        maker = self._makers[name]
        table = maker.design.tables[maker.table_name]
        holders = [table, table.global_secondary_indexes.get(getattr(maker.pattern, "index", None) or "")]
        keys = [key for holder in holders if holder for key in (holder.partition_key, holder.sort_key)]
        return list(dict.fromkeys(key.name for key in keys if key))


def _listing(design: Design) -> Design:
    """Returns a design whose patterns are the lists."""
    patterns = {
        name: design.patterns[one.pattern].model_copy(update=one.changes()) for name, one in LISTS.items()
    }
    return design.model_copy(update={"patterns": patterns})


def _check(name: str, size: int) -> None:
    problems = []
    if name not in LISTS:
        message = f"no such list; got {name!r}, allowed {', '.join(LISTS)}"
        problems.append(Problem("lists", 0, "name", message, "Ask for one of them."))
    if not 1 <= size <= MOST_PAGE_SIZE:
        message = f"a page cannot be that large; got {size}, allowed 1 to {MOST_PAGE_SIZE}"
        problems.append(Problem("lists", 0, "size", message, "Ask for several pages."))
    if problems:
        raise InputError(problems)


def _digest(name: str, parameters: Mapping[str, Any]) -> str:
    """Returns what tells a list with its parameters from every other."""
    text = json.dumps([name, sorted(parameters.items())], default=str)
    return hashlib.sha256(text.encode()).hexdigest()
