"""Files that one process at a time holds."""

from __future__ import annotations

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import IO


def held_alone(path: Path) -> IO[str] | None:
    """Returns an open file that only this process holds until it is closed or ends; None where another does.

    Args:
        path: The file, made with its folder when absent.

    Raises:
        OSError: It cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a")
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    file.close()
    return None
