"""The query service under the documented load: 100 users, 1,000 requests/s, the cache in memory, Redis, off.

Locust, which knows nothing of the service, asks; the processor time of each process is read beside it. The
same questions through boto3 without any service give what a page costs there. Then 10,000 connections that
say nothing are opened, and others are asked. The first argument is the length of each load [s].
"""

from __future__ import annotations

import csv
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from workbench.engines import DynamoEngine, open_dynamodb, open_postgres
from workbench.migrate import rehearse
from workbench.query.kept import MEMORY, NONE, REDIS
from workbench.query.trial import ServiceProcess, direct_calls, questions, service_process
from workbench.replay.machine import describe_machine
from workbench.spec import Case, load_case

HERE = Path(__file__).parent
LOCUST = HERE.parent / ".venv-bench" / "bin" / "locust"
SECONDS, USERS, POPULATION = 60, 100, 200
TARGET_MS, MOST_FAILED = 200, 0.01
IDLE, ASKED_BESIDE = 10_000, 200


@dataclass(frozen=True)
class Load:
    """What locust saw, and what the processes spent.

    Args:
        requests: Requests that were answered or failed.
        failed: Of these, failed.
        per_second: Requests answered in a second [1/s].
        p50_ms: Median [ms].
        p99_ms: 99th percentile [ms].
        spent: Process to its processor time [s].
    """

    requests: int
    failed: int
    per_second: float
    p50_ms: float
    p99_ms: float
    spent: dict[str, float]


def processor_seconds(process: psutil.Process) -> float:
    """Returns the processor time of a process so far [s]."""
    times = process.cpu_times()
    return float(times.user + times.system)


def loaded(service: ServiceProcess, engine: DynamoEngine, asked: list[str], seconds: int) -> Load:
    """Returns what locust sees of a service."""
    watched = {"service": psutil.Process(service.pid), "DynamoDB Local": psutil.Process(engine.pid)}
    before = {name: processor_seconds(process) for name, process in watched.items()}
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        row = run_locust(service, asked, seconds, Path(folder))
    spent = {name: processor_seconds(process) - before[name] for name, process in watched.items()}
    later = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent["locust"] = later.ru_utime + later.ru_stime - own.ru_utime - own.ru_stime
    requests, failed = int(row["Request Count"]), int(row["Failure Count"])
    return Load(requests, failed, (requests - failed) / seconds, float(row["50%"]), float(row["99%"]), spent)


def run_locust(service: ServiceProcess, asked: list[str], seconds: int, folder: Path) -> dict[str, str]:
    """Returns locust's row over all requests."""
    (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    surroundings = {"WORKBENCH_QUESTIONS": str(folder / "asked.json"), "WORKBENCH_KEY": service.key}
    command = [str(LOCUST), "-f", str(HERE / "load_query_service.py"), "--headless", "--only-summary"]
    command += [
        "-u",
        str(USERS),
        "-r",
        str(USERS),
        "-t",
        f"{seconds}s",
        "-H",
        service.url,
        "--csv",
        str(folder / "l"),
    ]
    subprocess.run(command, env={**os.environ, **surroundings}, check=False, capture_output=True)  # noqa: S603
    with (folder / "l_stats.csv").open(encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")


def report(name: str, load: Load) -> None:
    """Prints a load."""
    share = load.failed / max(1, load.requests)
    print(
        f"{name}: {load.per_second:.0f} requests/s, p50 {load.p50_ms:.0f} ms, p99 {load.p99_ms:.0f} ms, "
        f"{share:.2%} failed"
    )
    good = max(1, load.requests - load.failed)
    parts = ", ".join(f"{who} {1000 * seconds / good:.2f} ms" for who, seconds in load.spent.items())
    print(
        f"  processor time a request: {parts}\n"
        f"  a core of the service carries {good / load.spent['service']:.0f}/s"
    )


def idle_connections(service: ServiceProcess, asked: list[str]) -> float:
    """Returns the slowest of some requests while many connections say nothing [ms]."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    host, port = service.url.removeprefix("http://").split(":")
    held = [socket.create_connection((host, int(port))) for _ in range(IDLE)]
    times = []
    with httpx.Client(base_url=service.url, headers={"X-API-Key": service.key}) as client:
        for one in asked[:ASKED_BESIDE]:
            started = time.perf_counter()
            client.get(f"/v1/records?{one}").raise_for_status()
            times.append(1000 * (time.perf_counter() - started))
    for one in held:
        one.close()
    return max(times)


def measured(
    case: Case, engine: DynamoEngine, asked: list[str], seconds: int
) -> tuple[dict[str, Any], float]:
    """Returns the loads with the cache on and off, and the slowest answer beside idle connections [ms]."""
    loads = {}
    for name, cache in (("cache on", MEMORY), ("cache in Redis", REDIS), ("cache off", NONE)):
        with service_process(case, engine, cache=cache) as service:
            loads[name] = loaded(service, engine, asked, seconds)
            report(name, loads[name])
            slowest = idle_connections(service, asked)
    return loads, slowest


def main(seconds: int) -> int:
    """Runs the loads; the exit code is 1 when the documented load is not met with the cache on."""
    case = load_case("query-processor")
    with open_dynamodb() as engine:
        with open_postgres() as postgres:
            moved = rehearse(case, postgres, engine, POPULATION, 1)
        print(
            f"{describe_machine()}; {moved.items} records\n"
            f"{USERS} users, {10 * USERS} requests/s due, {seconds} s"
        )
        asked = questions(case, engine, 1)
        loads, slowest = measured(case, engine, asked, seconds)
        direct = direct_calls(case, engine, asked)
    print(f"boto3 directly: a core of the caller carries {direct.per_core:.0f}/s")
    off = loads["cache off"]
    ratio = (off.requests - off.failed) / off.spent["service"] / direct.per_core
    print(f"the service without its cache carries x{ratio:.2f} of that")
    print(f"beside {IDLE} idle connections the slowest of {ASKED_BESIDE} answers took {slowest:.0f} ms")
    on = loads["cache on"]
    return int(on.p99_ms >= TARGET_MS or on.failed / max(1, on.requests) >= MOST_FAILED)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
