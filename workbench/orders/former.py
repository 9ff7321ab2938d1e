"""The order entity before and after its redesign, as designs of their own with the same questions.

The document says what changes: the sort key, the keys of the index, and a name. What the index of users was
before it does not say; the assumption is `user_id` and `created_at`. Orders alone are in these designs, in
a table that is billed by requests, so that what is compared is the entity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.spec.access import Condition, PutItem, Query, SortCondition, UpdateItem
from workbench.spec.base import Source
from workbench.spec.case import Case
from workbench.spec.design import Design, Entity, KeyAttribute, SecondaryIndex, Table

TABLE, BY_USER, BY_TIME, BOOK = "OrderProcessor", "UserOrdersIndex", "UserOrderTimeIndex", "OrderBookIndex"
PAGE = 20
SOURCE = Source(reconstructed="The document names the change of the entity, and this is its other side.")

QUESTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "find": ("one order by its id, its time unknown", ("get_order",)),
    "asset": ("a user's newest 20 orders in one asset", ("list_orders_of_asset",)),
    "history": ("a user's newest 20 orders in all assets", ("list_order_history",)),
    "open": ("a user's open orders of 30 days", ("list_open_orders",)),
    "place": ("a new order at the market", ("execute_buy", "execute_sell")),
    "place_limit": ("a new order at a limit", ("place_limit_order",)),
    "change": ("a new status for an order known by its id", ("cancel_order", "fill_order")),
}
"""Question to its words and the patterns of the case whose requests ask it."""


@dataclass(frozen=True)
class OrderDesign:
    """One way to store orders.

    Args:
        name: What it is called.
        states: Its keys, and what is assumed.
        design: The design, orders alone.
        owner: Attribute that holds the user's name.
        steps: Question to the patterns that answer it, one after the other.
    """

    name: str
    states: str
    design: Design
    owner: str
    steps: Mapping[str, tuple[str, ...]]


def order_designs(case: Case) -> tuple[OrderDesign, OrderDesign, OrderDesign]:
    """Returns orders as they were, as the document asks for them, and as this case has them."""
    return _former(case), _asked_for(case), _chosen(case)


def _former(case: Case) -> OrderDesign:
    stored = case.design.entities["Order"]
    attributes = {"user_id": stored.attributes["username"], **stored.attributes}
    del attributes["username"]
    entity = stored.model_copy(
        update={
            "keys": {"PK": "ORDER#{order_id}", "SK": "{created_at}"},
            "index_keys": {BOOK: stored.index_keys[BOOK]},
            "attributes": attributes,
        }
    )
    index = _index(case, BY_USER, "user_id", "created_at")
    patterns = {
        "find": _query({"PK": "ORDER#{order_id}"}, limit=1),
        "asset": _query(_of_user("user_id"), BY_USER, filter=(_is("asset_id", "{asset_id}"),)),
        "history": _query(_of_user("user_id"), BY_USER, limit=PAGE),
        "open": _query(
            _of_user("user_id"), BY_USER, sort=_since("created_at"), filter=(_is("status", "PENDING"),)
        ),
        "change": _change("{created_at}"),
        **_puts(),
    }
    states = "SK is created_at; UserOrdersIndex is assumed to be user_id, created_at"
    steps = {name: (name,) for name in QUESTIONS} | {"change": ("find", "change")}
    return OrderDesign("before", states, _design(case, entity, {BY_USER: index}, patterns), "user_id", steps)


def _asked_for(case: Case) -> OrderDesign:
    stored = case.design.entities["Order"]
    kept = {name: stored.index_keys[name] for name in (BY_USER, BOOK)}
    indexes = {BY_USER: case.design.tables[TABLE].global_secondary_indexes[BY_USER]}
    patterns = {
        **_by_id(case),
        "history": _query(_of_user("username"), BY_USER),
        "open": _query(_of_user("username"), BY_USER, filter=(*_open(), _is("status", "PENDING"))),
    }
    design = _design(case, stored.model_copy(update={"index_keys": kept}), indexes, patterns)
    states = "SK is ORDER; UserOrdersIndex is username, ASSET_ID; no index by time, so clients sort"
    return OrderDesign(
        "as the document asks", states, design, "username", {name: (name,) for name in QUESTIONS}
    )


def _chosen(case: Case) -> OrderDesign:
    stored, table = case.design.entities["Order"], case.design.tables[TABLE]
    indexes = {name: table.global_secondary_indexes[name] for name in (BY_USER, BY_TIME)}
    patterns = {
        **_by_id(case),
        "history": _query(_of_user("username"), BY_TIME, limit=PAGE),
        "open": _query(
            _of_user("username"), BY_TIME, sort=_since("ORDER_TIME"), filter=(_is("status", "PENDING"),)
        ),
    }
    states = "as the document asks, and UserOrderTimeIndex of username, ORDER_TIME keeps the lists by time"
    design = _design(case, stored, indexes, patterns)
    return OrderDesign("this case", states, design, "username", {name: (name,) for name in QUESTIONS})


def _by_id(case: Case) -> dict[str, Any]:
    """Returns the patterns that the two designs after the change have in common."""
    by_asset = SortCondition(attribute="ASSET_ID", operator="begins_with", value="{asset_id}#")
    return {
        "find": case.design.patterns["get_order"],
        "asset": _query(_of_user("username"), BY_USER, sort=by_asset, limit=PAGE),
        "change": _change("ORDER"),
        **_puts(),
    }


def _design(
    case: Case, entity: Entity, indexes: Mapping[str, SecondaryIndex], patterns: Mapping[str, Any]
) -> Design:
    table = case.design.tables[TABLE]
    used = {**indexes, BOOK: table.global_secondary_indexes[BOOK]}
    return case.design.model_copy(
        update={
            "tables": {TABLE: _by_requests(table, used)},
            "entities": {"Order": entity},
            "patterns": dict(patterns),
        }
    )


def _by_requests(table: Table, indexes: Mapping[str, SecondaryIndex]) -> Table:
    without = {"provisioned_throughput": None, "auto_scaling": None}
    return table.model_copy(
        update={
            **without,
            "billing_mode": "PAY_PER_REQUEST",
            "point_in_time_recovery": False,
            "deletion_protection": False,
            "global_secondary_indexes": {
                name: index.model_copy(update=without) for name, index in indexes.items()
            },
        }
    )


def _index(case: Case, like: str, partition: str, sort: str) -> SecondaryIndex:
    """Returns an index with other keys than one of the case and the same attributes."""
    index = case.design.tables[TABLE].global_secondary_indexes[like]
    shown = tuple(name for name in index.projection.non_key_attributes if name != sort)
    return index.model_copy(
        update={
            "partition_key": KeyAttribute(name=partition, type="S"),
            "sort_key": KeyAttribute(name=sort, type="S"),
            "projection": index.projection.model_copy(update={"non_key_attributes": shown}),
        }
    )


def _of_user(owner: str) -> dict[str, str]:
    return {owner: f"{{{owner}}}"}


def _since(attribute: str) -> SortCondition:
    return SortCondition(attribute=attribute, operator=">=", value="{since}")


def _open() -> tuple[Condition, ...]:
    return (Condition(attribute="created_at", operator=">=", value="{since}"),)


def _is(attribute: str, value: str) -> Condition:
    return Condition(attribute=attribute, operator="=", value=value)


def _query(partition: Mapping[str, str], index: str | None = None, **fields: Any) -> Query:
    return Query(
        operation="Query",
        description="Asked of each way to store orders.",
        entity="Order",
        source=SOURCE,
        draw="",
        sql="",
        index=index,
        partition=dict(partition),
        parameters={"since": "created_at"} if "since" in repr(fields) else {},
        ascending=False,
        **fields,
    )


def _puts() -> dict[str, PutItem]:
    put = PutItem(
        operation="PutItem",
        description="A new order, refused if its key is taken.",
        entity="Order",
        source=SOURCE,
        draw="",
        sql="",
        condition=(Condition(attribute="PK", operator="attribute_not_exists"),),
    )
    return {"place": put, "place_limit": put}


def _change(sort: str) -> UpdateItem:
    return UpdateItem(
        operation="UpdateItem",
        description="An open order is over, refused if it was before.",
        entity="Order",
        source=SOURCE,
        draw="",
        sql="",
        key={"PK": "ORDER#{order_id}", "SK": sort},
        parameters={"now": "updated_at"},
        set={"status": "CANCELLED", "updated_at": "{now}"},
        remove=("BOOK", "BOOK_PRICE"),
        condition=(_is("status", "PENDING"),),
    )
