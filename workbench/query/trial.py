"""Measures a service: the load of its case with the cache off and on, beside the same calls through boto3."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import psutil

from workbench.engines import DynamoEngine
from workbench.engines.lifetime import running_child
from workbench.query.calls import CallMaker
from workbench.query.kept import MEMORY, NONE
from workbench.query.load import LoadResult, get_request, run_load
from workbench.query.planner import Planner
from workbench.query.question import QuestionReader
from workbench.query.settings import ServiceSettings, load_settings
from workbench.service.grants import Grant, key_digest, new_key
from workbench.spec.case import Case

CHILD = "workbench.query.child"
UNLIMITED = 100_000_000
DRAWS = 5_000
"""Requests that are drawn; a longer load begins again with the first."""
WARM_UP_SECONDS = 1.0
DIRECT_CALLS = 300
DAY = "T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Stage:
    """One load on one service.

    Args:
        cache: Whether pages were kept.
        load: What became of the requests.
        service_seconds: Processor time of the service [s].
        engine_seconds: Processor time of DynamoDB Local [s].
        hit_ratio: Share of pages from the cache; None without one.
        read_units: Capacity consumed in the load [read units].
    """

    cache: bool
    load: LoadResult
    service_seconds: float
    engine_seconds: float
    hit_ratio: float | None
    read_units: float

    @property
    def per_core(self) -> float:
        """Requests for each second of the service's processor time [1/s]."""
        return self.load.statuses[200] / self.service_seconds if self.service_seconds else 0.0


@dataclass(frozen=True, slots=True)
class Direct:
    """The same calls through boto3, one after another.

    Args:
        calls: How many.
        seconds: Time that they took [s].
        processor_seconds: Processor time of the caller [s].
    """

    calls: int
    seconds: float
    processor_seconds: float

    @property
    def per_core(self) -> float:
        """Calls for each second of the caller's processor time [1/s]."""
        return self.calls / self.processor_seconds if self.processor_seconds else 0.0


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    """A service that runs in a process of its own.

    Args:
        url: Where it listens.
        key: API key that may do everything.
        pid: Its process.
    """

    url: str
    key: str
    pid: int

    def measured(self) -> dict[str, float]:
        """Returns its metrics, summed over labels, with the cache's results apart."""
        answer = httpx.get(f"{self.url}/metrics", headers={"X-API-Key": self.key}, timeout=30)
        found: dict[str, float] = {}
        for name, result, value in re.findall(
            r'^(query_\w+)(?:\{[^}]*?(?:result="(\w+)")?[^}]*\})? ([0-9.e+-]+)$', answer.text, re.MULTILINE
        ):
            place = f"{name}:{result}" if result else name
            found[place] = found.get(place, 0.0) + float(value)
        return found


@contextlib.contextmanager
def service_process(case: Case, engine: DynamoEngine, *, cache: str) -> Iterator[ServiceProcess]:
    """Runs the service of a case as a process that ends with the block.

    Args:
        case: The case.
        engine: The engine that has its tables.
        cache: Where pages are kept, see `page_cache`.
    """
    key = new_key()
    grant = Grant(sha256=key_digest(key), write=True, operate=True, requests_per_minute=UNLIMITED)
    given = {
        "case": str(case.directory.resolve()),
        "endpoint_url": engine.endpoint_url,
        "engine": engine.name,
        "database": engine.database,
        "callers": {"load": grant.model_dump_json()},
        "cache": cache,
        "log": True,
    }
    with running_child(CHILD, given, f"The service of {case.name}") as child:
        yield ServiceProcess(child.ready["url"], key, child.ready["pid"])


def questions(case: Case, engine: DynamoEngine, seed: int) -> list[str]:
    """Returns the parameters of requests, drawn from the records as often as the workload says.

    Args:
        case: The case.
        engine: The engine that has its records.
        seed: Chooses them.
    """
    settings = load_settings(case)
    rng = random.Random(seed)  # noqa: S311 - test data
    records = list(_records(case, settings, engine))
    names = list(settings.load)
    weights = [_share(case, name) for name in names]
    chosen = rng.choices(names, weights, k=DRAWS)
    return [_filled(settings, settings.load[name], rng.choice(records)) for name in chosen]


def _share(case: Case, pattern: str) -> float:
    """Returns how often the workload has a pattern, in its own unit."""
    return float(case.workload.rates[pattern].factor)


def _records(case: Case, settings: ServiceSettings, engine: DynamoEngine) -> Iterator[dict[str, str]]:
    table = case.design.entities[settings.entity].table
    names = [*settings.equal, settings.range.attribute]
    for page in engine.client.get_paginator("scan").paginate(TableName=table):
        yield from ({name: item[name]["S"] for name in names} for item in page["Items"])


def _filled(settings: ServiceSettings, template: str, record: dict[str, str]) -> str:
    day = record[settings.range.attribute][:10]
    earlier, later = _days_around(day)
    values = {name: quote(value, safe="") for name, value in record.items()}
    return template.format(**values, since=earlier + DAY, until=later + DAY)


def _days_around(day: str) -> tuple[str, str]:
    """Returns the days between which three whole days lie, the given one last."""
    middle = dt.date.fromisoformat(day)
    return (middle - dt.timedelta(days=2)).isoformat(), (middle + dt.timedelta(days=1)).isoformat()


def measure(  # noqa: PLR0913 - what a load is made of
    case: Case,
    engine: DynamoEngine,
    asked: Sequence[str],
    *,
    cache: bool,
    rate: float,
    seconds: float,
    users: int,
) -> Stage:
    """Returns what a service does under a load.

    Args:
        case: The case.
        engine: The engine that has its records.
        asked: Parameters of the requests, see `questions`.
        cache: Whether pages are kept.
        rate: Requests due in a second [1/s].
        seconds: How long [s].
        users: Concurrent users, a connection each.
    """
    collection = load_settings(case).collection
    with service_process(case, engine, cache=MEMORY if cache else NONE) as service:
        requests = [get_request(service.url, f"/v1/{collection}?{one}", service.key) for one in asked]
        run_load(service.url, requests[::-1], rate / 2, WARM_UP_SECONDS, users)
        before, metrics = _processor_times(service.pid, engine.pid), service.measured()
        load = run_load(service.url, requests, rate, seconds, users)
        after, later = _processor_times(service.pid, engine.pid), service.measured()
    grown = {name: value - metrics.get(name, 0.0) for name, value in later.items()}
    spent = [b - a for a, b in zip(before, after, strict=True)]
    return Stage(cache, load, spent[0], spent[1], _hit_ratio(grown), grown.get("query_read_units_total", 0.0))


def _hit_ratio(grown: dict[str, float]) -> float | None:
    hits, misses = (grown.get(f"query_cache_lookups_total:{result}", 0.0) for result in ("hit", "miss"))
    return hits / (hits + misses) if hits + misses else None


def _processor_times(*pids: int | None) -> list[float]:
    """Returns the processor time of processes so far [s]; 0 for one that cannot be seen."""
    found = []
    for pid in pids:
        times = psutil.Process(pid).cpu_times() if pid is not None else None
        found.append(times.user + times.system if times else 0.0)
    return found


def direct_calls(case: Case, engine: DynamoEngine, asked: Sequence[str], calls: int = DIRECT_CALLS) -> Direct:
    """Returns what the first calls of the same questions take through boto3.

    Args:
        case: The case.
        engine: The engine that has its records.
        asked: Parameters of the requests.
        calls: How many are made.
    """
    settings = load_settings(case)
    reader, planner = QuestionReader(settings, case.design), Planner(case.design, settings)
    maker, arguments = CallMaker(case.design, settings), list[Any]()
    for text in asked[:calls]:
        question = reader.read(parse_qsl(text)).question
        arguments.append(maker.read(planner.plan(question), question, None, question.limit).arguments)
    for one in arguments[:20]:
        engine.client.query(**one)
    spent, start = time.process_time(), time.perf_counter()
    for one in arguments:
        engine.client.query(**one)
    return Direct(len(arguments), time.perf_counter() - start, time.process_time() - spent)
