"""The child process that looks after an embedded PostgreSQL server.

PostgreSQL itself never looks at who started it. This process starts it, waits for the end of its own parent
and then ends it; the kernel ends it when this process is killed. It has one thread, so that the death signal,
which belongs to a thread, is as good as one of the process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workbench.engines.lifetime import parent_lives, read_settings, report_ready, take_stdout
from workbench.engines.postgres_files import (
    SUPERUSER,
    Account,
    own_folder,
    prepare_account,
)
from workbench.engines.scratch import make_scratch, remove_scratch

READY_SECONDS = 60
STOP_SECONDS = 4
POLL_SECONDS = 0.02
PARENT_SECONDS = 0.5
STATUS_LINE = 7
PR_SET_PDEATHSIG = 1
INITDB_OPTIONS = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
    f"--username={SUPERUSER}",
)
SERVER_OPTIONS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "max_wal_size": "2GB",
    "log_min_messages": "fatal",
}
SCRATCH_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Supervisor:
    """What ends a server: its parent's death, or its own.

    Args:
        parent: Process id of the parent.
        account: Operating system user that PostgreSQL runs as.
        farewell: Signal that ends the server.
    """

    parent: int
    account: Account
    farewell: signal.Signals

    def start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        """Starts a program of PostgreSQL that the kernel ends with this process."""
        return subprocess.Popen(  # noqa: S603  a program of the installed wheel
            arguments,
            stdin=subprocess.DEVNULL,
            cwd="/",
            preexec_fn=self._bind,  # noqa: PLW1509  this process has one thread
            **self.account.popen_options,
        )

    def _bind(self) -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(self.farewell))

    def finish(self, process: subprocess.Popen[bytes], poll_seconds: float) -> int | None:
        """Returns the exit code of a program; None when the parent ended first.

        Args:
            process: The program.
            poll_seconds: How often to look whether it has ended [s].
        """
        while parent_lives(self.parent, poll_seconds):
            if process.poll() is not None:
                return process.returncode
        self.end(process)
        return None

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Ends a program, by force when it takes longer than four seconds."""
        process.send_signal(self.farewell)  # no effect on a program that has been waited for
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> None:
    """Serves until the parent ends."""
    settings = read_settings()
    pipe = take_stdout()
    folder = make_scratch()
    try:
        _run(settings["data_directory"], folder, pipe)
    finally:
        remove_scratch(folder)


def _run(kept: str | None, folder: Path, pipe: IO[bytes]) -> None:
    account = prepare_account(folder)
    supervisor = Supervisor(os.getppid(), account, signal.SIGINT if kept else signal.SIGQUIT)
    home = own_folder(folder / "c", account)
    data = own_folder(Path(kept) if kept else home / "data", account)
    if _make_cluster(supervisor, data):
        _serve(
            supervisor, data, home, pipe, SERVER_OPTIONS if kept else {**SERVER_OPTIONS, **SCRATCH_OPTIONS}
        )


def _make_cluster(supervisor: Supervisor, data: Path) -> bool:
    if (data / "PG_VERSION").exists():
        return True
    program = str(supervisor.account.programs / "initdb")
    code = supervisor.finish(supervisor.start([program, *INITDB_OPTIONS, "-D", str(data)]), POLL_SECONDS)
    if code:
        sys.exit(code)
    return code == 0


def _serve(
    supervisor: Supervisor, data: Path, socket: Path, pipe: IO[bytes], options: Mapping[str, str]
) -> None:
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    program = str(supervisor.account.programs / "postgres")
    server = supervisor.start([program, "-D", str(data), "-k", str(socket), *flags])
    try:
        _wait_until_ready(server, data)
        report_ready(pipe, socket=str(socket), pid=server.pid)
        supervisor.finish(server, PARENT_SECONDS)
    finally:
        supervisor.end(server)
    sys.exit(server.returncode if server.returncode and server.returncode > 0 else 0)


def _wait_until_ready(server: subprocess.Popen[bytes], data: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _is_ready(server.pid, data):
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit(server.returncode or 1)
        time.sleep(POLL_SECONDS)


def _is_ready(pid: int, data: Path) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE].strip() == "ready"


if __name__ == "__main__":
    main()
