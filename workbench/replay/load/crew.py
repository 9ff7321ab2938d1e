"""Runs a load in processes of its own, watches who spends processor time, and collects the records."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, TextIO

import psutil

from workbench.engines.base import DynamoEngine
from workbench.engines.lifetime import Child, running_child
from workbench.engines.postgres import PostgresEngine
from workbench.engines.prepared import endpoint_of
from workbench.errors import EngineError
from workbench.replay.load.arrivals import NANOSECONDS, Plan
from workbench.replay.load.collect import Collector
from workbench.replay.load.histograms import begin_log
from workbench.replay.load.loop import MOST_WAITING
from workbench.replay.load.memory import Held, resident
from workbench.replay.load.records import as_table
from workbench.replay.load.tape import Tape
from workbench.replay.load.usage import cpu_seconds, machine_seconds, process_of

WORKER = "workbench.replay.load.worker"
TITLE = "A process of the load"
TIMEOUT_SECONDS = 5.0
"""After so long a request is given up."""
START_SECONDS = 0.2
TICK_SECONDS = 1.0

Enough = Callable[[Collector], bool]
"""Says whether a run may end before its plan does."""
Progress = Callable[[float, Collector], None]
"""Hears once a second how far the run is [s] and what came in."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is put under load.

    Args:
        kind: `http` for engines that speak DynamoDB, `sql` for PostgreSQL.
        name: Name and version, for people.
        settings: What its processes need.
        pid: Process of the engine; None where it runs elsewhere.
        parameters: Of `sql`, what `pack_parameters` gave.
    """

    kind: str
    name: str
    settings: dict[str, Any] = field(repr=False)
    pid: int | None = None
    parameters: bytes = field(default=b"", repr=False)


def dynamodb_target(engine: DynamoEngine) -> Target:
    """Returns an open engine as a target."""
    name = f"{engine.name} {engine.version}".strip()
    return Target("http", name, {"endpoint": asdict(endpoint_of(engine))}, engine.pid)


def sql_target(engine: PostgresEngine, case: str, parameters: bytes) -> Target:
    """Returns PostgreSQL as a target for the questions of a case.

    Args:
        engine: Holds the data.
        case: Name or folder of the case.
        parameters: What `pack_parameters` gave for it.
    """
    settings = {"url": engine.url, "case": case}
    return Target("sql", f"PostgreSQL {engine.version}", settings, engine.pid, parameters)


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor time at a moment of the run.

    Args:
        at_s: When [s from the start].
        engine_s: Of the engine so far [s]; None where it cannot be read.
        client_s: Of each process of the load so far [s].
        machine_s: Of everything on this machine so far [s].
    """

    at_s: float
    engine_s: float | None
    client_s: tuple[float, ...]
    machine_s: float


@dataclass(slots=True)
class Outcome:
    """What a run left.

    Args:
        plan: What was to arrive.
        collected: The sums.
        usage: Processor times, once a second.
        status: `complete`, `interrupted` or `engine lost`.
        seconds: How far the run came [s].
        held: Memory, once a second.
        most_open: Requests that were open at once at most; 0 where they are not counted.
    """

    plan: Plan
    collected: Collector
    usage: list[Usage]
    status: str
    seconds: float
    held: list[Held] = field(default_factory=list)
    most_open: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """How a load is sent.

    Args:
        processes: Processes that send.
        connections: Connections of each; for a closed loop its users.
        timeout_seconds: After so long a request is given up [s].
        from_seconds: What was due before this is left out [s].
        most_waiting: Of each process; while so many requests wait for a connection, further ones fail.
    """

    processes: int = 1
    connections: int = 16
    timeout_seconds: float = TIMEOUT_SECONDS
    from_seconds: float = 0.0
    most_waiting: int = MOST_WAITING


USUAL = Setting()


def run_load(  # noqa: PLR0913 - what a run is made of
    target: Target,
    tape: Tape,
    plan: Plan,
    setting: Setting = USUAL,
    *,
    log: TextIO | None = None,
    journal: TextIO | None = None,
    progress: Progress = lambda *_: None,
    prepare: Callable[[Collector], None] = lambda _: None,
    enough: Enough = lambda _: False,
) -> Outcome:
    """Returns what became of a plan's requests.

    An interrupt ends the run: what was sent is answered, and the outcome says so.

    Args:
        target: What is put under load.
        tape: The requests.
        plan: When which of them arrive.
        setting: How they are sent.
        log: Where the histogram log goes.
        journal: Where the course of the run goes.
        progress: Hears of it once a second.
        prepare: Gives the collector what an earlier part of the run added up to.
        enough: Asked once a second; the run is complete when it says so, or at the end of the plan.

    Raises:
        EngineError: A process could not start, or ended unexpectedly.
    """
    log = log or io.StringIO()
    if not log.tell():
        begin_log(log)
    collector = Collector(tape.names, plan, log, journal or io.StringIO(), setting.from_seconds)
    prepare(collector)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tape.save(folder / "tape")
        (folder / "parameters").write_bytes(target.parameters)
        tasks = (_task(target, folder, plan, setting, n) for n in range(setting.processes))
        children = [stack.enter_context(running_child(WORKER, task, TITLE)) for task in tasks]
        return _Run(target, collector, plan, setting, children, enough).run(progress)


def _task(target: Target, folder: Path, plan: Plan, setting: Setting, number: int) -> dict[str, Any]:
    return {
        "kind": target.kind,
        **target.settings,
        "tape": str(folder / "tape"),
        "parameters": str(folder / "parameters"),
        "plan": asdict(plan),
        "processes": setting.processes,
        "number": number,
        "connections": setting.connections,
        "timeout_ns": int(setting.timeout_seconds * NANOSECONDS),
        "from_ns": int(setting.from_seconds * NANOSECONDS),
        "most_waiting": setting.most_waiting,
    }


class _Run:
    """One run: a thread reads each process, the caller's thread keeps the time."""

    def __init__(  # noqa: PLR0913, PLR0917 - a run is made of these
        self,
        target: Target,
        collector: Collector,
        plan: Plan,
        setting: Setting,
        children: list[Child],
        enough: Enough,
    ) -> None:
        self._collector, self._plan, self._children = collector, plan, children
        self._lock = threading.Lock()
        self._clients = [0.0] * len(children)
        self._statuses = ["ended"] * len(children)
        self._settled_ns = [int(setting.from_seconds * NANOSECONDS)] * len(children)
        self._usage: list[Usage] = []
        self._engine = process_of(target.pid)
        self._begun_s = setting.from_seconds
        self._start_ns = 0
        self._enough, self._ended = enough, False
        self._held: list[Held] = []
        self._most_open = [0] * len(children)
        self._senders = [psutil.Process(child.process.pid) for child in children]
        self._own = psutil.Process()

    def _now_s(self) -> float:
        return (time.perf_counter_ns() - self._start_ns) / NANOSECONDS

    def run(self, progress: Progress) -> Outcome:
        """Returns the outcome of the run."""
        begin = time.perf_counter_ns() + int(START_SECONDS * NANOSECONDS)
        self._start_ns = begin - int(self._begun_s * NANOSECONDS)
        for child in self._children:
            _tell(child, {"start_ns": self._start_ns})
        threads = [threading.Thread(target=self._read, args=(n,)) for n in range(len(self._children))]
        for thread in threads:
            thread.start()
        try:
            self._watch(threads, progress)
        except BaseException:
            self._stop(signal.SIGKILL)
            raise
        finally:
            for thread in threads:
                thread.join()
        self._note_usage()
        status, most, settled_ns = self._status(), sum(self._most_open), min(self._settled_ns)
        seconds = settled_ns / NANOSECONDS
        self._collector.tick(settled_ns)
        progress(self._now_s(), self._collector)
        self._collector.finish(seconds)
        return Outcome(self._plan, self._collector, self._usage, status, seconds, self._held, most)

    def _watch(self, threads: list[threading.Thread], progress: Progress) -> None:
        with _on_interrupt(self._stop):
            while any(thread.is_alive() for thread in threads):
                self._note_usage()
                threads[0].join(TICK_SECONDS)
                for thread in threads[1:]:
                    thread.join(0 if threads[0].is_alive() else TICK_SECONDS)
                with self._lock:
                    self._collector.tick(min(self._settled_ns))
                    progress(max(self._now_s(), 0.0), self._collector)
                    if not self._ended and self._enough(self._collector):
                        self._ended = True
                        self._stop()

    def _stop(self, number: int = signal.SIGINT) -> None:
        for child in self._children:
            child.process.send_signal(number)

    def _read(self, number: int) -> None:
        stream = self._children[number].process.stdout
        if stream is None:
            return
        for head, table in _batches(stream):
            with self._lock:
                self._clients[number] = head["cpu_seconds"]
                self._statuses[number] = head["status"]
                self._most_open[number] = max(self._most_open[number], head["most_open"])
                end_ns = int(self._plan.seconds * NANOSECONDS)
                complete = head["status"] == "complete"
                self._settled_ns[number] = end_ns if complete else min(head["settled_ns"], end_ns)
                self._collector.add(as_table(table), head["kinds"])

    def _note_usage(self) -> None:
        engine = None
        with contextlib.suppress(psutil.Error):
            engine = cpu_seconds(self._engine) if self._engine else None
        self._usage.append(Usage(self._now_s(), engine, tuple(self._clients), machine_seconds()))
        engines = [self._engine] if self._engine else []
        sizes = (resident(some) for some in (self._senders, [self._own], engines))
        self._held.append(Held(self._now_s(), *sizes))

    def _status(self) -> str:
        if set(self._statuses) & {"running", "ended"}:
            raise EngineError(
                f"{TITLE} ended before the load did. Look for a lack of memory, then repeat the run."
            )
        for status in ("engine lost", "interrupted"):
            if status in self._statuses and not (self._ended and status == "interrupted"):
                return status
        return "complete"


def _tell(child: Child, message: dict[str, Any]) -> None:
    stream = child.process.stdin
    if stream is None:
        raise EngineError(f"{TITLE} has no pipe. Report this as a defect.")
    with contextlib.suppress(BrokenPipeError):
        stream.write(json.dumps(message).encode() + b"\n")
        stream.flush()


def _batches(stream: IO[bytes]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Yields what a process wrote; a last batch that was cut off is left out."""
    while (line := stream.readline()).endswith(b"\n"):
        head = json.loads(line)
        data = stream.read(head["bytes"])
        if len(data) == head["bytes"]:
            yield head, data


@contextlib.contextmanager
def _on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Calls `stop` at the first interrupt of a block; a second one ends the program as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = signal.getsignal(signal.SIGINT)

    def handle(*_: object) -> None:
        signal.signal(signal.SIGINT, earlier)
        stop()

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
