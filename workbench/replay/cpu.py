"""What the questions of a case cost PostgreSQL: processor time and blocks of each statement.

The wheel of the embedded server holds no `pg_stat_statements`, and that view counts elapsed time, not
processor time. The server has one process a connection, so the system's scheduler knows its processor time to
the nanosecond: parsing, planning, executing and sending included.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.access.relational import Question
from workbench.access.requests import RequestMaker
from workbench.engines.cpu_clock import cpu_seconds
from workbench.errors import EngineError
from workbench.replay.machine import describe_machine
from workbench.spec.sql_profile import PROFILE, SqlCost, SqlProfile

if TYPE_CHECKING:
    from psycopg import Connection

    from workbench.engines.postgres import PostgresEngine
    from workbench.spec.case import Case

METHOD = "processor time of the server process of one connection, from the scheduler of Linux"
WARMUP = 10
_BLOCKS = "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"


def measure_sql(
    case: Case, postgres: PostgresEngine, users: int, samples: int = 200, seed: int = 1
) -> SqlProfile:
    """Returns what each pattern's SQL costs the server, with parameters drawn from the data.

    Patterns that write change the data. A pattern that no row gives parameters to is left out.

    Args:
        case: The case.
        postgres: An embedded server that holds the data.
        users: Registered users in the data.
        samples: Requests measured a pattern, at most.
        seed: What the parameters are drawn with.

    Raises:
        EngineError: The server is not an embedded one, or the system keeps no account of processor time.
    """
    if postgres.pid is None:
        raise EngineError(
            "Processor time is measured on the embedded PostgreSQL only: the processes of a server that was "
            "named by URL belong to another machine or user. Leave the URL out."
        )
    connection = postgres.connect()
    try:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        costs = {
            name: cost
            for name in case.design.patterns
            if (cost := _cost(connection, Question(RequestMaker(case.design, name)), samples, seed))
        }
    finally:
        connection.close()
    return SqlProfile(
        case=case.name,
        server=f"PostgreSQL {postgres.version}",
        machine=describe_machine(),
        method=METHOD,
        users=users,
        patterns=costs,
    )


def _cost(connection: Connection[Any], question: Question, samples: int, seed: int) -> SqlCost | None:
    """Returns what a question costs; None where no row gives it parameters."""
    drawn = question.draw(connection, seed, samples + WARMUP)
    warmup = min(WARMUP, len(drawn) // 4)
    _ask(connection, question, drawn[:warmup])
    measured = drawn[warmup:]
    if not measured:
        return None
    pid = connection.info.backend_pid
    blocks, start = _blocks(connection), cpu_seconds(pid)
    _ask(connection, question, measured)
    spent = cpu_seconds(pid) - start
    touched = _blocks(connection) - blocks
    each = len(measured)
    return SqlCost(cpu_seconds=spent / each, buffers=touched / each, requests=each)


def _ask(connection: Connection[Any], question: Question, drawn: Sequence[Mapping[str, Any]]) -> None:
    """Asks with each parameter set; a write that a constraint refuses costs the server its time, too."""
    for parameters in drawn:
        with contextlib.suppress(connection.IntegrityError):
            question.ask(connection, question.arguments(parameters))


def _blocks(connection: Connection[Any]) -> int:
    connection.execute("SELECT pg_stat_force_next_flush()")
    row = connection.execute(_BLOCKS).fetchone()
    return int(row[0]) if row else 0


def keep_profile(case: Case, profile: SqlProfile) -> str:
    """Writes a profile beside a case's files and returns what was done, in a sentence."""
    path = case.directory / PROFILE
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(profile.model_dump_json(indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)
    dearest = max(profile.patterns, key=profile.cpu_seconds)
    milliseconds = profile.cpu_seconds(dearest) * 1000
    return (
        f"{path} written: {len(profile.patterns)} patterns, the dearest {dearest} with {milliseconds:.3f} ms."
    )
