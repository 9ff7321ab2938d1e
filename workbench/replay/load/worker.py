"""One process of a load run: `python -m workbench.replay.load.worker`, started by the crew.

It reads its task as a line of JSON, says when it is ready, reads when to start, and then writes batches: a
line of JSON about the batch, followed by the records as bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import signal
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from workbench.engines.lifetime import exit_with_parent, read_settings, report_ready, take_stdout
from workbench.engines.prepared import Endpoint
from workbench.engines.raw_http import Pool
from workbench.errors import WorkbenchError
from workbench.replay.load.arrivals import Arrivals, Plan, Segment, take_share
from workbench.replay.load.loop import Loop, Payloads
from workbench.replay.load.sources import ClosedSource, OpenSource, Source
from workbench.replay.load.tape import load_tape

if TYPE_CHECKING:
    from workbench.replay.load.sql import SqlLoop

NANOSECONDS = 1_000_000_000
PIPE_BYTES = 1 << 20
"""Room for some seconds of records, so that the loop never waits for the process that reads them."""


def plan_from(saved: dict[str, Any]) -> Plan:
    """Returns the plan that the crew wrote down as JSON."""
    segments = tuple(Segment(**segment) for segment in saved["segments"])
    named = ("shares", "pools", "replayed")
    return Plan(
        segments, **{name: tuple(saved[name]) for name in named}, seed=saved["seed"], process=saved["process"]
    )


def source_of(task: dict[str, Any], plan: Plan) -> Source:
    """Returns this process's part of the arrivals, or its part of the users."""
    chunks: Iterator[Arrivals] = take_share(plan.arrivals(), task["processes"], task["number"])
    if plan.process == "closed":
        until_ns = int(plan.seconds * NANOSECONDS)
        return ClosedSource(chunks, task["connections"], until_ns, task["from_ns"])
    return OpenSource(chunks, task["from_ns"])


class Batches:
    """Writes batches of records to the crew.

    Args:
        pipe: Where they go.
        loop: What writes them.
    """

    def __init__(self, pipe: IO[bytes], loop: Callable[[], Loop | SqlLoop]) -> None:
        self._pipe, self._loop, self._spent = pipe, loop, 0.0
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def begin(self) -> None:
        """Counts processor time from now on."""
        self._spent = time.process_time()

    def __call__(self, records: array[int], status: str = "running") -> None:
        """Writes a batch."""
        data, loop = records.tobytes(), self._loop()
        head = {
            "bytes": len(data),
            "kinds": loop.kinds.names,
            "cpu_seconds": time.process_time() - self._spent,
            "status": status,
            "settled_ns": loop.settled_ns,
            "most_open": loop.most_open,
        }
        _write_all(self._pipe, json.dumps(head).encode() + b"\n" + data)


def _write_all(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]


def _await_start() -> int:
    """Returns when the run starts on the monotonic clock [ns], and ends this process when its parent does."""
    start_ns = int(read_settings()["start_ns"])
    exit_with_parent()
    return start_ns


def _settle() -> None:
    """Keeps the collector of garbage from interrupting: the loop makes no cycles."""
    gc.collect()
    gc.freeze()
    gc.disable()


def run_http(task: dict[str, Any], pipe: IO[bytes]) -> None:
    """Runs a part of a load on an engine that speaks DynamoDB."""
    tape = load_tape(Path(task["tape"]))
    endpoint = Endpoint(**task["endpoint"])
    payloads = Payloads(endpoint, tape)
    payloads.sign_all()
    source = source_of(task, plan_from(task["plan"]))
    pool = Pool(endpoint, task["connections"])
    loop: Loop
    batches = Batches(pipe, lambda: loop)
    report_ready(pipe)
    _settle()
    batches.begin()
    start_ns = _await_start()
    loop = Loop(
        pool, payloads, tape, source, batches, task["timeout_ns"], start_ns, most_waiting=task["most_waiting"]
    )
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: loop.stop())
    loop.run()
    pool.close()
    batches(array("q"), _status(loop))


def run_sql(task: dict[str, Any], pipe: IO[bytes]) -> None:
    """Runs a part of a load on PostgreSQL."""
    from workbench.replay.load.sql import SqlLoop, load_questions  # noqa: PLC0415 - only one of the two is needed

    questions = load_questions(task["case"], Path(task["parameters"]))
    source = source_of(task, plan_from(task["plan"]))
    loop: SqlLoop
    batches = Batches(pipe, lambda: loop)
    loop = SqlLoop(task["url"], questions, source, batches, task["connections"], task["timeout_ns"])
    report_ready(pipe)
    _settle()
    batches.begin()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: loop.stop())
    loop.run(_await_start())
    batches(array("q"), _status(loop))


def _status(loop: Loop | SqlLoop) -> str:
    if loop.lost:
        return "engine lost"
    return "interrupted" if loop.stopped else "complete"


if __name__ == "__main__":
    own = read_settings()
    channel = take_stdout()
    try:
        {"http": run_http, "sql": run_sql}[own["kind"]](own, channel)
    except WorkbenchError as problem:
        report_ready(channel, error=str(problem))
