"""The experiments: one factor each, at several levels, as requests that are prepared beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

import numpy as np

from workbench.engines.prepared import body_of
from workbench.model.item_size import item_bytes
from workbench.replay.load.tape import Pattern

READ_TABLE, INDEX, WRITE_TABLE = "FactorsRead", "ByGroup", "FactorsWrite"
INDEX_COUNTS = (0, 1, 2, 4)
LIST = "list"
LIST_ITEMS = 60
"""Items of the collection that queries read; every number of pages divides it."""
PAGES = (1, 2, 3, 6)
READ_AT_ONCE = (5, 20, 40, 60)
KEPT = 5
"""Items that a filter lets through, at every level."""
BATCHES = (1, 5, 15, 30)
TRANSACTIONS = (1, 2, 5, 10)
COMPARED_ITEMS = 10
SIZE_LEVELS = 4
SIZE_STEP = 10 * 1024
LEAST_SPAN = 40 * 1024
"""The largest item is at least so large, so that its effect shows [bytes]."""
LARGEST_BASE = 8 * 1024
"""So that the whole collection fits into one page [bytes]."""
SMALLEST, LARGEST = 100, 400 * 1024
KEY_SETS = 16
"""Items that writes overwrite in turn, so that tables stay small."""
CAPACITY = {"ReturnConsumedCapacity": "TOTAL"}


@dataclass(frozen=True, slots=True)
class Level:
    """One value of a factor.

    Args:
        x: The value.
        label: As it is shown.
        pattern: The requests.
    """

    x: float
    label: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Factor:
    """What one experiment varies.

    Args:
        name: Short name.
        title: What is varied, in words.
        axis: Label of its values, with the unit.
        step: What the slope is for, such as `10 KB`.
        step_size: How much of the value that is.
        held: What is the same at all levels.
        levels: Its levels, ascending.
    """

    name: str
    title: str
    axis: str
    step: str
    step_size: float
    held: str
    levels: tuple[Level, ...]


def make_item(key: str, number: int, size: int, group: str = LIST) -> dict[str, Any]:
    """Returns an item of an exact size.

    Args:
        key: Partition key.
        number: Sort key.
        size: What DynamoDB counts of it [bytes].
        group: Partition key in the indexes.

    >>> item_bytes(make_item("a", 1, 500))
    500
    """
    attributes: dict[str, Any] = {
        "pk": {"S": key},
        "sk": {"N": str(number)},
        "gpk": {"S": group},
        "gsk": {"N": str(number)},
        "n": {"N": str(number)},
        "pad": {"S": ""},
    }
    return {**attributes, "pad": {"S": "x" * (size - item_bytes(attributes))}}


def key_of(key: str, number: int) -> dict[str, Any]:
    """Returns the primary key of an item."""
    return {"pk": {"S": key}, "sk": {"N": str(number)}}


def base_bytes(sizes: Sequence[int]) -> int:
    """Returns the size of items in the experiments that do not vary it: the median, within bounds [bytes].

    >>> base_bytes([300, 900, 20_000])
    900
    """
    return min(max(median_low(sizes), SMALLEST), LARGEST_BASE)


def size_levels(sizes: Sequence[int]) -> tuple[int, ...]:
    """Returns evenly spaced sizes from the smallest to the largest given, at least 40 KB [bytes].

    >>> size_levels([400, 2000])
    (400, 13920, 27440, 40960)
    """
    low = min(max(min(sizes), SMALLEST), LARGEST_BASE)
    high = min(max(*sizes, LEAST_SPAN), LARGEST)
    return tuple(int(size) for size in np.linspace(low, high, SIZE_LEVELS))


def write_table(indexes: int) -> str:
    """Returns the name of the table with so many indexes that writes go to."""
    return f"{WRITE_TABLE}{indexes}"


def experiments(sizes: Sequence[int], fresh_keys: int) -> tuple[Factor, ...]:
    """Returns the experiments.

    Args:
        sizes: Item sizes of interest, such as those of a case [bytes].
        fresh_keys: Items that the experiments put that need a new key each time.
    """
    base = base_bytes(sizes)
    return (
        _pages(base),
        _read_sizes(size_levels(sizes)),
        _write_sizes(size_levels(sizes)),
        _index_reads(base),
        _index_writes(base, fresh_keys),
        _filters(base),
        _transactions(base),
        _batches(base),
    )


def _level(x: float, label: str, operation: str, bodies: Iterator[Mapping[str, Any]], **more: Any) -> Level:
    requests = tuple(((operation, body_of({**body, **CAPACITY})),) for body in bodies)
    return Level(x, label, Pattern(label, more.get("limit"), requests))


def _query(upto: int, **more: Any) -> dict[str, Any]:
    values = {":p": {"S": LIST}, ":s": {"N": str(upto)}, **more.pop("values", {})}
    condition = {"KeyConditionExpression": "pk = :p AND sk <= :s", "ExpressionAttributeValues": values}
    return {"TableName": READ_TABLE, **condition, **more}


def _put(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return {"TableName": table, "Item": item}


def _each(make: Callable[[int], Mapping[str, Any]], count: int = KEY_SETS) -> Iterator[Mapping[str, Any]]:
    return (make(number) for number in range(count))


def _pages(base: int) -> Factor:
    def level(pages: int) -> Level:
        bodies = iter([_query(LIST_ITEMS, Limit=LIST_ITEMS // pages)])
        return _level(pages, str(pages), "Query", bodies, limit=LIST_ITEMS)

    held = f"{LIST_ITEMS} items of {base:,} bytes in all, one page after another"
    levels = tuple(map(level, PAGES))
    return Factor("pages", "Pages of a query", "pages", "page", 1, held, levels)


def _read_sizes(sizes: Sequence[int]) -> Factor:
    def level(size: int) -> Level:
        body = {"TableName": READ_TABLE, "Key": key_of(f"size{size}", 0)}
        return _level(size, f"{size:,} bytes", "GetItem", iter([body]))

    levels = tuple(map(level, sizes))
    return Factor(
        "read_size",
        "Size of an item that is read",
        "item [bytes]",
        "10 KB",
        SIZE_STEP,
        "one GetItem",
        levels,
    )


def _write_sizes(sizes: Sequence[int]) -> Factor:
    def level(size: int) -> Level:
        puts = _each(lambda n: _put(write_table(0), make_item(f"w{size}", n, size)))
        return _level(size, f"{size:,} bytes", "PutItem", puts)

    held = "one PutItem over an item of the same size, no index"
    levels = tuple(map(level, sizes))
    title = "Size of an item that is written"
    return Factor("write_size", title, "item [bytes]", "10 KB", SIZE_STEP, held, levels)


def _index_reads(base: int) -> Factor:
    names = {"#p": "gpk", "#s": "gsk"}
    condition = {"KeyConditionExpression": "#p = :p AND #s <= :s", "ExpressionAttributeNames": names}
    index = {**_query(COMPARED_ITEMS), **condition, "IndexName": INDEX}
    levels = (
        _level(0, "table", "Query", iter([_query(COMPARED_ITEMS)])),
        _level(1, "index", "Query", iter([index])),
    )
    held = f"the same {COMPARED_ITEMS} items of {base:,} bytes, all projected, one page"
    return Factor("index_read", "Index instead of table", "", "query of an index", 1, held, levels)


def _index_writes(base: int, fresh: int) -> Factor:
    def level(count: int) -> Level:
        puts = _each(lambda n: _put(write_table(count), make_item(f"new{n}", n, base, f"g{n}")), fresh)
        return _level(count, str(count), "PutItem", puts)

    held = f"one PutItem of a new item of {base:,} bytes, which is in every index whole"
    levels = tuple(map(level, INDEX_COUNTS))
    return Factor("index_writes", "Indexes that a write maintains", "indexes", "index", 1, held, levels)


def _filters(base: int) -> Factor:
    def level(read: int) -> Level:
        kept = {":n": {"N": str(KEPT)}}
        body = _query(read, FilterExpression="n <= :n", values=kept)
        return _level(read - KEPT, f"{KEPT / read:.0%} kept", "Query", iter([body]))

    held = f"{KEPT} items of {base:,} bytes returned, one page"
    levels = tuple(map(level, READ_AT_ONCE))
    title = "Items that a filter drops"
    return Factor("filter", title, "items dropped", "10 items dropped", 10, held, levels)


def _transactions(base: int) -> Factor:
    def level(members: int) -> Level:
        def body(number: int) -> dict[str, Any]:
            items = (make_item(f"t{members}-{number}", n, base) for n in range(members))
            return {"TransactItems": [{"Put": _put(write_table(0), item)} for item in items]}

        return _level(members, str(members), "TransactWriteItems", _each(body))

    held = f"each member puts an item of {base:,} bytes, no index"
    levels = tuple(map(level, TRANSACTIONS))
    return Factor("transaction", "Members of a transaction", "members", "member", 1, held, levels)


def _batches(base: int) -> Factor:
    def level(size: int) -> Level:
        keys = [key_of(LIST, number) for number in range(1, size + 1)]
        body = {"RequestItems": {READ_TABLE: {"Keys": keys}}}
        return _level(size, str(size), "BatchGetItem", iter([body]))

    held = f"items of {base:,} bytes by their keys"
    levels = tuple(map(level, BATCHES))
    return Factor("batch", "Keys of a batch that reads", "keys", "key", 1, held, levels)
