"""Engines that `workbench engines start` runs in the foreground, and the record that others find them by."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from workbench.engines import postgres, redis
from workbench.engines.jars import APPLICATION
from workbench.engines.postgres import open_postgres
from workbench.engines.processes import Identity
from workbench.engines.redis import open_redis
from workbench.engines.registry import open_dynamodb
from workbench.errors import EngineError, InputError, Problem

SOCKETS = (postgres.NAME, redis.NAME)
"""Engines that listen on a Unix socket and have no port."""


@dataclass(frozen=True, slots=True)
class RunningEngine:
    """One engine of a session.

    Args:
        name: Name of the engine.
        version: Its version.
        address: Where it listens: an endpoint, or a connection URL without password.
    """

    name: str
    version: str
    address: str


@dataclass(frozen=True, slots=True)
class Session:
    """The engines that one `workbench engines start` runs.

    Args:
        identity: The process that runs them.
        engines: What it runs.
    """

    identity: Identity
    engines: tuple[RunningEngine, ...]


def state_folder() -> Path:
    """Returns the folder of the user's state that holds a record for each session."""
    return Path(platformdirs.user_state_dir(APPLICATION, appauthor=False)) / "engines"


def serve(names: Sequence[str], port: int, announce: Callable[[RunningEngine], None]) -> None:
    """Runs engines until this process is interrupted or told to end.

    Args:
        names: Engines to run; none twice.
        port: Port of the only DynamoDB engine; 0 lets the system choose.
        announce: Called with each engine when it is ready.

    Raises:
        InputError: A port was named for none or for several engines.
        EngineError: An engine did not start, or the record could not be written.
    """
    _check_port_owner(names, port)
    with contextlib.ExitStack() as stack:
        ended = stack.enter_context(_end_signals())
        engines = []
        for name in dict.fromkeys(names):
            engines.append(_start(name, port, stack))
            announce(engines[-1])
        stack.enter_context(_recorded(Session(Identity.of_this_process(), tuple(engines))))
        ended.wait()


def _check_port_owner(names: Sequence[str], port: int) -> None:
    owners = [name for name in dict.fromkeys(names) if name not in SOCKETS]
    if port and len(owners) != 1:
        message = f"a port belongs to one DynamoDB engine; got port {port} for {', '.join(names)}"
        step = (
            "Start one DynamoDB engine a command; PostgreSQL and Redis have a Unix socket and need no port."
        )
        raise InputError([Problem("--port", 0, "", message, step)])


@contextlib.contextmanager
def _end_signals() -> Iterator[threading.Event]:
    ended = threading.Event()
    names = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    earlier = {name: signal.signal(name, lambda *_: ended.set()) for name in names}
    try:
        yield ended
    finally:
        for name, handler in earlier.items():
            signal.signal(name, handler)


def _start(name: str, port: int, stack: contextlib.ExitStack) -> RunningEngine:
    if name == postgres.NAME:
        server = stack.enter_context(open_postgres())
        return RunningEngine(name, server.version, server.url)
    if name == redis.NAME:
        cache = stack.enter_context(open_redis())
        return RunningEngine(name, cache.version, cache.shown_url)
    engine = stack.enter_context(open_dynamodb(name, port=port))
    return RunningEngine(name, engine.version, str(engine.endpoint_url))


@contextlib.contextmanager
def _recorded(session: Session) -> Iterator[None]:
    folder = state_folder()
    path = folder / f"{session.identity.pid}.json"
    record = {**session.identity._asdict(), "engines": [asdict(engine) for engine in session.engines]}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(path, json.dumps(record))
    except OSError as error:
        raise EngineError(
            f"{path} could not be written: {error.strerror}. Make its folder writable, or set XDG_STATE_HOME."
        ) from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _write_whole(path: Path, text: str) -> None:
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(part).replace(path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise


def running_sessions() -> tuple[Session, ...]:
    """Returns the sessions that run, and removes the records of those that were killed."""
    found = []
    for path in sorted(state_folder().glob("*.json")):
        session = _read(path)
        if session is None or session.identity.process() is None:
            path.unlink(missing_ok=True)
        else:
            found.append(session)
    return tuple(found)


def _read(path: Path) -> Session | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        engines = tuple(RunningEngine(**engine) for engine in record["engines"])
        return Session(Identity.from_record(record), engines)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stop_sessions() -> tuple[Session, ...]:
    """Ends every session of this user and returns those that it ended."""
    sessions = running_sessions()
    for session in sessions:
        session.identity.end()
    return sessions
