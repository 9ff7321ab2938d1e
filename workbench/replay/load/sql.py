"""The same load on PostgreSQL: threads that each hold a connection and take what is due next."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.access.relational import Question
from workbench.access.requests import RequestMaker
from workbench.engines import open_postgres
from workbench.replay.load.draw import POOL
from workbench.replay.load.loop import FLUSH_NS, NANOSECONDS, Sink
from workbench.replay.load.records import ANSWERED, CONDITION_FAILED, TIMED_OUT, Kinds, new_records
from workbench.replay.load.sources import NEVER, Due, Source
from workbench.spec import load_case

if TYPE_CHECKING:
    from psycopg import Connection

    from workbench.engines.postgres import PostgresEngine
    from workbench.spec.case import Case

NANOSECONDS_PER_MS = 1_000_000
CANCELED = "57014"
"""What the server says when it ended a statement at its time limit."""

Asked = tuple[Question, tuple[Mapping[str, Any], ...]]
"""A pattern in SQL and the arguments of each of its parameter sets."""

Connect = Callable[[], "Connection[Any]"]


def pack_parameters(case: Case, postgres: PostgresEngine, seed: int, pool: int = POOL) -> bytes:
    """Returns the arguments of each pattern's parameter sets, those of the tape that the same seed gives.

    Args:
        case: The case.
        postgres: Holds the data.
        seed: What the parameters are drawn with.
        pool: Parameter sets a pattern, at most.
    """
    questions = [Question(RequestMaker(case.design, name)) for name in case.design.patterns]
    with postgres.connect() as connection:
        drawn = [[q.arguments(one) for one in q.draw(connection, seed, pool)] for q in questions]
    return pickle.dumps(drawn)


def load_questions(case: str, path: Path) -> tuple[Asked, ...]:
    """Returns the questions of a case with the parameter sets that were packed.

    Args:
        case: Name or folder of the case.
        path: File that the crew wrote into a folder of its own.
    """
    design = load_case(case).design
    drawn = pickle.loads(path.read_bytes())  # noqa: S301 - written by the process that started this one
    questions = (Question(RequestMaker(design, name)) for name in design.patterns)
    return tuple(zip(questions, map(tuple, drawn), strict=True))


class SqlLoop:
    """Runs questions when they are due, as many at a time as there are connections.

    Args:
        url: The server.
        questions: What each pattern asks.
        source: When to ask which.
        sink: Takes the records.
        connections: Threads, each with a connection.
        timeout_ns: A request that waited so long is not sent any more, one that runs so long is ended [ns].
    """

    def __init__(  # noqa: PLR0913, PLR0917 - a loop is made of these
        self,
        url: str,
        questions: Sequence[Asked],
        source: Source,
        sink: Sink,
        connections: int,
        timeout_ns: int,
    ) -> None:
        self._questions, self._source, self._sink, self._timeout_ns = questions, source, sink, timeout_ns
        with open_postgres(url) as engine:
            self._connections = [engine.connect() for _ in range(connections)]
        for connection in self._connections:
            connection.autocommit = True
            connection.execute(f"SET statement_timeout = {timeout_ns // NANOSECONDS_PER_MS}".encode())
        self._lock = threading.Lock()
        self._records = new_records()
        self._start_ns = self._flushed_ns = 0
        self.kinds = Kinds()
        self.stopped = self.lost = False
        self.most_open = 0
        self._held: dict[int, int] = {}

    def stop(self) -> None:
        """Lets running questions end and takes no more."""
        self.stopped = True

    @property
    def settled_ns(self) -> int:
        """What was due before this has ended and is written down [ns from the start]."""
        return min(self.now_ns(), self._source.due_ns, *self._held.values())

    def now_ns(self) -> int:
        """Returns the time since the start [ns]."""
        return time.perf_counter_ns() - self._start_ns

    def run(self, start_ns: int) -> None:
        """Runs until the source is empty, it is stopped, or the server is lost."""
        self._start_ns = start_ns
        threads = [threading.Thread(target=self._serve, args=(one,)) for one in self._connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._sink(self._records)

    def _serve(self, connection: Connection[Any]) -> None:
        with connection:
            while not (self.stopped or self.lost):
                with self._lock:
                    if self._source.due_ns == NEVER:
                        return
                    due = self._source.take()
                    self._held[threading.get_ident()] = due[0]
                self._ask(connection, due)

    def _ask(self, connection: Connection[Any], due: Due) -> None:
        left = due[0] - self.now_ns()
        waited = int(left <= 0)
        while left > 0 and not self.stopped:
            time.sleep(min(left / NANOSECONDS, 0.1))
            left = due[0] - self.now_ns()
        sent = self.now_ns()
        if sent - due[0] > self._timeout_ns:
            self._record(due, sent, waited, TIMED_OUT)
        elif not self.stopped:
            self._record(due, sent, waited, self._outcome(connection, due))

    def _outcome(self, connection: Connection[Any], due: Due) -> str:
        question, sets = self._questions[due[1]]
        try:
            question.ask(connection, sets[due[2]])
        except connection.IntegrityError:
            return CONDITION_FAILED
        except connection.Error as error:
            if error.sqlstate == CANCELED:
                return TIMED_OUT
            self.lost = connection.closed
            return f"SQL {type(error).__name__}"
        return ""

    def _record(self, due: Due, sent: int, waited: int, kind: str) -> None:
        now = self.now_ns()
        with self._lock:
            number = self.kinds.number(kind) if kind else ANSWERED
            self._records.extend((due[1], due[2], due[0], sent, now, 1, 0, 0, number, waited))
            self._source.finished(now)
            del self._held[threading.get_ident()]
            if now - self._flushed_ns > FLUSH_NS:
                self._sink(self._records)
                self._records = new_records()
                self._flushed_ns = now
