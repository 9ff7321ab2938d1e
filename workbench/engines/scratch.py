"""Temporary folders of engines, which are removed even when their owner was killed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path

import psutil

from workbench.engines.processes import Identity

PREFIX = "wb-engine-"
OWNER_FILE = "owner.json"
SOCKET_PATH_LIMIT = 100
STOP_SECONDS = 5


def make_scratch(mode: int = 0o711) -> Path:
    """Returns a new folder that says which process owns it; removes those whose owner was killed.

    Args:
        mode: Who may enter it; by default any user may reach what it holds.
    """
    parent = short_temporary_folder()
    remove_stale(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    owner = json.dumps(Identity.of_this_process()._asdict())
    (folder / OWNER_FILE).write_text(owner, encoding="utf-8")
    folder.chmod(mode)
    return folder


def remove_scratch(folder: Path) -> None:
    """Removes a folder with what is in it; while something cannot go, the record of the owner stays.

    The next start then takes up what was left, as when a server was still writing.
    """
    for path in folder.glob("*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != OWNER_FILE:
            path.unlink(missing_ok=True)
    if {path.name for path in folder.glob("*")} <= {OWNER_FILE}:
        shutil.rmtree(folder, ignore_errors=True)


def short_temporary_folder() -> Path:
    """Returns a folder for temporary files with room for a socket's name that PostgreSQL's user can reach."""
    folder = Path(tempfile.gettempdir())
    longest = folder / f"{PREFIX}12345678" / "c" / ".s.PGSQL.5432.lock"
    too_long = len(str(longest)) >= SOCKET_PATH_LIMIT
    if too_long or (os.geteuid() == 0 and not reachable_by_others(folder)):
        return Path("/tmp")  # noqa: S108  holds only folders with random names
    return folder


def reachable_by_others(path: Path) -> bool:
    """Returns whether any user may run a program: each folder above it and itself are open to others."""
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def remove_stale(parent: Path) -> None:
    """Removes the scratch folders of processes that no longer run, and ends servers that still use them.

    Args:
        parent: Folder that holds them; only folders of this user that carry our mark are touched.
    """
    for folder in parent.glob(f"{PREFIX}*"):
        if _is_stale(folder):
            _end_server(folder)
            remove_scratch(folder)


def _is_stale(folder: Path) -> bool:
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            return False
        owner = Identity.from_record(json.loads((folder / OWNER_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError):
        return False
    return owner.process() is None


def _end_server(folder: Path) -> None:
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        text = (folder / "c" / "data" / "postmaster.pid").read_text(encoding="utf-8")
        server = psutil.Process(int(text.splitlines()[0]))
        if any(str(folder) in argument for argument in server.cmdline()):
            server.send_signal(signal.SIGQUIT)
            server.wait(STOP_SECONDS)
