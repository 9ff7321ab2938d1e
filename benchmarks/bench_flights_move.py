"""The move of real flights against a plain loop, and against what the engine takes and gives at most.

In one run and on one engine: the backfill beside a loop with boto3's `batch_writer` that does the same job,
and beside prepared requests that are sent with nothing else to do; the verification beside a scan with
nothing else to do. Each is measured in every round on tables of its own; what counts is the best round of
each. The first argument is the number of users, 40 flights each; the second the number of rounds.

On a machine that does other work as well, speeds say little; the processor time of an item, ours and the
engine's, still says what a quiet one would do, and is printed beside them.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import boto3
import psutil
from bench_backfill import made, moved, scanned, timed

from workbench.engines import DynamoEngine, PostgresEngine, open_dynamodb, open_postgres
from workbench.engines.client import SECRET
from workbench.engines.prepared import Signer, body_of, endpoint_of
from workbench.engines.raw_http import Pool
from workbench.items import Item
from workbench.migrate import ensure_schema, load_source, verify
from workbench.migrate.backfill import THREADS
from workbench.migrate.rows import mapped_entities, snapshot
from workbench.migrate.scans import SCANS, SEGMENTS, wire_part
from workbench.migrate.writer import batches
from workbench.spec import Case, load_case
from workbench.spec.design import Entity

USERS, ROUNDS = 1_000, 3
WAIT_SECONDS = 10.0

AIMS = (
    ("backfill", "batch_writer loop", 2.0),
    ("backfill", "prepared requests", 0.8),
    ("verification", "scan", 0.5),
    ("verification", "scan past boto3", 0.0),
)
"""What is measured, beside what, and the least ratio of their speeds, 0 where the other is a limit alone."""


@dataclass
class Trial:
    """The measured speeds.

    Args:
        case: The case.
        postgres: The source.
        engine: The engine; each part gets a database of its own.
        items: Items of each table, ready.
        speeds: Part to its speed in each round [items/s].
        costs: Part to the processor time of an item in each round, the engine's included [us].
    """

    case: Case
    postgres: PostgresEngine
    engine: DynamoEngine
    items: dict[str, list[Item]]
    speeds: dict[str, list[float]] = field(default_factory=dict)
    costs: dict[str, list[float]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def count(self) -> int:
        """Items of all tables."""
        return sum(map(len, self.items.values()))

    def measure(self, part: str, work: Callable[[], Any]) -> Any:
        """Times a part and returns its result."""
        ours, engines = time.process_time(), self.engine_seconds()
        done = timed(work)
        ours, engines = time.process_time() - ours, self.engine_seconds() - engines
        self.speeds.setdefault(part, []).append(self.count / done.seconds)
        self.costs.setdefault(part, []).append((ours + engines) / self.count * 1e6)
        print(
            f"  {part}: {self.speeds[part][-1]:.0f} items/s; processor time of an item: "
            f"ours {ours / self.count * 1e6:.0f} us, the engine's {engines / self.count * 1e6:.0f} us",
            flush=True,
        )
        return done.result

    def engine_seconds(self) -> float:
        """Returns the processor time that the engine has used [s]."""
        times = psutil.Process(self.engine.pid).cpu_times()
        return float(times.user + times.system)

    def fresh(self) -> DynamoEngine:
        """Returns the engine with a new database that has the tables of the design."""
        name = f"trial{next(self.numbers)}"
        engine = replace(self.engine, client=self.engine.connect(name), database=name)
        ensure_schema(self.case, engine)
        return engine

    def drop(self, engine: DynamoEngine) -> None:
        """Gives the memory of a database back."""
        for table in self.case.design.tables:
            engine.client.update_table(TableName=table, DeletionProtectionEnabled=False)
            engine.client.delete_table(TableName=table)

    def best(self, part: str) -> float:
        """Returns the speed of the fastest round [items/s]."""
        return max(self.speeds[part])


def prepared(engine: DynamoEngine, items: dict[str, list[Item]]) -> list[bytes]:
    """Returns the requests that write all items, signed."""
    signer = Signer(endpoint_of(engine))
    bodies = (
        body_of({"RequestItems": {table: [{"PutRequest": {"Item": item}} for item in batch]}})
        for table, some in items.items()
        for batch in batches(some)
    )
    return [signer("BatchWriteItem", body) for body in bodies]


def send(engine: DynamoEngine, payloads: list[bytes]) -> None:
    """Sends prepared requests, as many at a time as the backfill."""
    pool, waiting, flying = Pool(endpoint_of(engine), THREADS), iter(payloads), 0
    free = [*pool.idle]
    while True:
        for channel, payload in zip(free, waiting, strict=False):
            pool.send(channel, payload)
            flying += 1
        if not flying:
            break
        answers = pool.wait(WAIT_SECONDS)
        if any(answer.status != 200 for _, answer in answers):
            raise SystemExit(f"a prepared request failed: {answers[0][1].body[:200]!r}")
        flying -= len(answers)
        free = [channel for channel, _ in answers]
    pool.close()


def counted(client: Any, tables: list[str]) -> int:
    """Returns how many items tables have, read as cheaply as the verification reads them."""

    def segment(part: tuple[str, int]) -> int:
        return sum(1 for _ in wire_part(client, *part))

    with ThreadPoolExecutor(SCANS) as pool:
        return sum(pool.map(segment, itertools.product(tables, range(SEGMENTS))))


def loop(case: Case, postgres: PostgresEngine, engine: DynamoEngine) -> None:
    """Moves all rows as a script of thirty lines would: a query, a dictionary, `put_item`."""
    resource = boto3.resource(
        "dynamodb",
        endpoint_url=engine.endpoint_url,
        region_name=engine.region,
        aws_access_key_id=engine.database,
        aws_secret_access_key=SECRET,
    )
    with snapshot(postgres) as connection:
        for name, mapping in mapped_entities(case).items():
            entity = case.design.entities[name]
            cursor = connection.execute(mapping.query.replace("%", "%%"))
            columns = [column.name for column in cursor.description]
            with resource.Table(entity.table).batch_writer() as writer:
                for values in cursor:
                    writer.put_item(Item=plain(entity, dict(zip(columns, values, strict=True))))


def plain(entity: Entity, row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the item of a row in Python's own types."""
    texts = {name: text(value) for name, value in row.items()}
    item = {
        name: texts[name] for name, one in entity.attributes.items() if one.stored and row[name] is not None
    }
    keys = dict(entity.keys)
    for index in entity.index_keys.values():
        if all(row[name] == value for name, value in index.when.items()):
            keys |= index.keys
    for name, template in keys.items():
        item[name] = int(texts[name]) if name == "delay_rank" else template.format_map(texts)
    if row.get("tailnum") is None:
        item.pop("aircraft", None)
    return {**item, **entity.constants}


def text(value: Any) -> Any:
    """Returns a value as boto3 takes it, moments and days as text."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return Decimal(str(value)) if isinstance(value, float) else value


def one_round(trial: Trial) -> bool:
    """Measures every part once; returns whether loop and backfill both moved everything."""
    engine = trial.fresh()
    payloads = prepared(engine, trial.items)
    trial.measure("prepared requests", lambda: send(engine, payloads))
    trial.drop(engine)
    engine = trial.fresh()
    trial.measure("batch_writer loop", lambda: loop(trial.case, trial.postgres, engine))
    equal = verify(trial.case, trial.postgres, engine).equal
    trial.drop(engine)
    engine = trial.fresh()
    trial.measure("backfill", lambda: moved(trial.case, trial.postgres, engine))
    trial.measure("scan", lambda: scanned(engine.client, list(trial.case.design.tables)))
    trial.measure("scan past boto3", lambda: counted(engine.client, list(trial.case.design.tables)))
    equal &= trial.measure("verification", lambda: verify(trial.case, trial.postgres, engine)).equal
    trial.drop(engine)
    return equal


def main(users: int, rounds: int) -> int:
    """Runs the comparison; the exit code is 1 when a ratio misses its aim or something was not moved."""
    case = load_case("flights")
    with open_postgres() as postgres, open_dynamodb(long_run=True) as engine:
        load_source(case, postgres, users, 1)
        trial = Trial(case, postgres, engine, made(case, postgres)[0])
        print(f"{trial.count} items of {40 * users} flights, on {engine.name} {engine.version}")
        equal = min([one_round(trial) for _ in range(rounds)])
    missed = not equal
    print(f"loop and backfill moved everything: {equal}; best of {rounds} rounds:")
    for part, beside, least in AIMS:
        ratio = trial.best(part) / trial.best(beside)
        cost_ratio = min(trial.costs[beside]) / min(trial.costs[part])
        missed |= ratio < least
        print(
            f"{part} {trial.best(part):.0f} items/s, {beside} {trial.best(beside):.0f}: "
            f"x{ratio:.2f}, aim {least}; by processor time x{cost_ratio:.2f}"
        )
    return int(missed)


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(arguments + [USERS, ROUNDS][len(arguments) :])))
