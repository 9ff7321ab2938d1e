"""Keeps a child process no longer than its parent, however the parent ends.

The parent holds the write end of a pipe that the child reads. When the parent ends, even by SIGKILL, the
kernel closes the pipe and the child sees the end of file. Unlike a death signal this does not depend on the
thread that started the child, so it works in notebooks. A parent that forked shares the pipe with the fork:
the child therefore also looks at who its parent is.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from workbench.errors import EngineError

POLL_SECONDS = 0.5
STOP_SECONDS = 5.0
LOG_TAIL = 1500


@dataclass(frozen=True, slots=True)
class Child:
    """A running child and what it said when it was ready.

    Args:
        process: The child process.
        ready: The values it reported.
    """

    process: subprocess.Popen[bytes]
    ready: Mapping[str, Any]


@contextlib.contextmanager
def running_child(module: str, settings: Mapping[str, Any], title: str) -> Iterator[Child]:
    """Runs a module of this package as a child and ends it with the block.

    Args:
        module: Dotted name; its `__main__` part calls `read_settings` and `report_ready`.
        settings: Values that the child reads, JSON.
        title: The engine's name, for messages.

    Raises:
        EngineError: The child ended before it was ready; tells the end of its log.
    """
    with tempfile.TemporaryFile() as log:
        process = _spawn(module, log)
        try:
            yield Child(process, _handshake(process, settings, log, title))
        finally:
            stop(process)


def _spawn(module: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    return subprocess.Popen(  # noqa: S603  our own interpreter and module
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )


def _handshake(
    process: subprocess.Popen[bytes], settings: Mapping[str, Any], log: IO[bytes], title: str
) -> Mapping[str, Any]:
    channel, answer = process.stdin, process.stdout
    if channel is None or answer is None:
        raise EngineError(f"{title}: its pipes are missing. Report this as a defect.")
    with contextlib.suppress(BrokenPipeError):
        channel.write(json.dumps(settings).encode() + b"\n")
        channel.flush()
    line = answer.readline()
    if not line:
        stop(process)
        raise EngineError(_failure(title, process.returncode, log))
    ready: dict[str, Any] = json.loads(line)
    if "error" in ready:
        raise EngineError(ready["error"])
    return ready


def _failure(title: str, code: int | None, log: IO[bytes]) -> str:
    log.seek(0)
    text = log.read().decode(errors="replace").strip()[-LOG_TAIL:]
    return f"{title} did not start; its process ended with code {code}. The end of its log:\n{text}"


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a child by closing its pipe, and kills it when it takes longer than five seconds."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def read_settings() -> dict[str, Any]:
    """Returns the settings from the parent; called in the child, before anything else.

    Reads byte by byte, so that nothing of the pipe stays in a buffer.
    """
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    if not line:
        sys.exit(0)
    settings: dict[str, Any] = json.loads(line)
    return settings


def take_stdout() -> IO[bytes]:
    """Returns the pipe to the parent, and sends what the child prints from now on to its log."""
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return pipe


def report_ready(pipe: IO[bytes], **values: Any) -> None:
    """Tells the parent that the child is ready, with the values that it needs."""
    pipe.write(json.dumps(values).encode() + b"\n")


def parent_lives(parent: int, seconds: float = POLL_SECONDS) -> bool:
    """Returns whether the parent still lives, after waiting for at most some time.

    Args:
        parent: The parent's process id when the child started.
        seconds: Longest time to wait [s].
    """
    readable, _, _ = select.select([0], [], [], seconds)
    return os.getppid() == parent and not (readable and os.read(0, 1) == b"")


def exit_with_parent(before: Callable[[], None] = lambda: None) -> None:
    """Starts a thread in the child that ends the process as soon as the parent has ended.

    Args:
        before: Called before the end.
    """
    parent = os.getppid()
    threading.Thread(target=_wait_and_exit, args=(parent, before), daemon=True).start()


def _wait_and_exit(parent: int, before: Callable[[], None]) -> NoReturn:
    while parent_lives(parent):
        pass
    try:
        before()
    finally:
        os._exit(0)
