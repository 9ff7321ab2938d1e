"""The backfill and the verification against the limits that engine and client set in the same run.

The backfill is compared with sending ready batches and nothing else, the verification with scanning the
tables and nothing else. Also prints the time to make an item, and the peak memory. The first argument is the
number of users.
"""

from __future__ import annotations

import itertools
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from workbench.engines import DynamoEngine, PostgresEngine, open_dynamodb, open_postgres
from workbench.items import Item, ItemMaker, Unrepresentable
from workbench.migrate import Ledger, backfill, ensure_schema, load_source, verify
from workbench.migrate.backfill import THREADS
from workbench.migrate.rows import RowReader, mapped_entities, snapshot
from workbench.migrate.scans import SCANS, SEGMENTS
from workbench.migrate.writer import batches
from workbench.spec import Case, load_case

USERS = 1000
LEAST_RATIO = 0.4


@dataclass
class Work:
    """A part of the job and what it took.

    Args:
        seconds: Elapsed time [s].
        result: What it gave.
    """

    seconds: float
    result: Any


def timed(work: Callable[[], Any]) -> Work:
    """Returns how long a call takes, and its result."""
    started = time.perf_counter()
    result = work()
    return Work(time.perf_counter() - started, result)


def made(case: Case, postgres: PostgresEngine) -> tuple[dict[str, list[Item]], float]:
    """Returns the items of each table, and the processor time to make one [us]."""
    items: dict[str, list[Item]] = {name: [] for name in case.design.tables}
    rows, spent = 0, 0.0
    with snapshot(postgres) as connection:
        for entity, mapping in mapped_entities(case).items():
            maker = ItemMaker(case.design, entity)
            for chunk in RowReader(connection, entity, mapping).chunks():
                started = time.thread_time()
                items[case.design.entities[entity].table] += [_made(maker, row) for _, row in chunk.rows]
                spent += time.thread_time() - started
                rows += len(chunk.rows)
    return items, spent / rows * 1e6


def _made(maker: ItemMaker, row: dict[str, Any]) -> Item:
    try:
        return maker.item(row)
    except Unrepresentable as reason:
        raise SystemExit(f"the population is not hostile, yet {reason}") from reason


def sent(client: Any, items: dict[str, list[Item]]) -> None:
    """Sends ready batches, as many at a time as the backfill."""

    def send(table: str, batch: list[Item]) -> None:
        client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in batch]})

    with ThreadPoolExecutor(THREADS) as pool:
        jobs = [pool.submit(send, table, batch) for table, some in items.items() for batch in batches(some)]
        for job in jobs:
            job.result()


def scanned(client: Any, tables: list[str]) -> int:
    """Returns how many items tables have, read as the verification reads them."""

    def segment(part: tuple[str, int]) -> int:
        table, number = part
        pages = client.get_paginator("scan").paginate(
            TableName=table, ConsistentRead=True, Segment=number, TotalSegments=SEGMENTS
        )
        return sum(len(page["Items"]) for page in pages)

    with ThreadPoolExecutor(SCANS) as pool:
        return sum(pool.map(segment, itertools.product(tables, range(SEGMENTS))))


def moved(case: Case, postgres: PostgresEngine, engine: DynamoEngine) -> Work:
    """Returns the backfill with a ledger of its own."""
    with Ledger() as ledger:
        return timed(lambda: backfill(case, postgres, engine, ledger))


def main(users: int) -> int:
    """Runs the comparison; the exit code is 1 when a figure misses its aim."""
    case = load_case("algoitny")
    with open_postgres() as postgres, open_dynamodb() as engine:
        load = timed(lambda: load_source(case, postgres, users, 1))
        items, make_microseconds = made(case, postgres)
        count = sum(map(len, items.values()))
        limit_engine = replace(engine, client=engine.connect("limit"), database="limit")
        for target in (limit_engine, engine):
            ensure_schema(case, target)
        limit = timed(lambda: sent(limit_engine.client, items))
        items.clear()
        move = moved(case, postgres, engine)
        scan = timed(lambda: scanned(engine.client, list(case.design.tables)))
        check = timed(lambda: verify(case, postgres, engine))
    ratio = limit.seconds / move.seconds
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{users} users, {count} items; load {load.seconds:.1f} s; making an item {make_microseconds:.1f} us"
    )
    print(f"ready batches {count / limit.seconds:.0f} items/s")
    print(f"backfill {count / move.seconds:.0f} items/s in {move.seconds:.1f} s: x{ratio:.2f} of the limit")
    print(f"plain scan {count / scan.seconds:.0f} items/s")
    print(f"verification {count / check.seconds:.0f} items/s in {check.seconds:.1f} s")
    print(f"equal {check.result.equal}; peak memory of this process {peak_mib:.0f} MiB")
    return int(not check.result.equal or ratio < LEAST_RATIO)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else USERS))
