"""A notebook kernel of this interpreter that other hosts cannot reach and the user's home does not shape."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_SOCKET_DIRECTORY = 60
"""Longest folder in which a Unix socket's path still fits the system's limit [characters]."""

_ARGUMENTS = (
    "-m",
    "ipykernel_launcher",
    "-f",
    "{connection_file}",
    "--HistoryManager.enabled=False",
    "--IPKernelApp.log_level=CRITICAL",
)
_JUPYTER_DIRECTORIES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")


class _OwnInterpreter(KernelSpecManager):
    """Knows one kernel: the interpreter that runs this code."""

    kernel_environment: Mapping[str, str]

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Returns the kernel of this interpreter under any name."""
        return KernelSpec(
            argv=[sys.executable, *_ARGUMENTS],
            display_name=kernel_name,
            language="python",
            env=dict(self.kernel_environment),
        )


@contextmanager
def kernel_manager(environment: Mapping[str, str]) -> Iterator[AsyncKernelManager]:
    """Yields the manager of a kernel that talks over Unix sockets in a private folder, removed afterwards.

    Args:
        environment: Variables that the kernel gets besides those of this process.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-kernel-", dir=_socket_directory()) as name:
        directory = Path(name)
        specs = _OwnInterpreter()
        specs.kernel_environment = {
            **dict.fromkeys(_JUPYTER_DIRECTORIES, str(directory / "jupyter")),
            "JPY_SESSION_NAME": "report",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            **environment,
        }
        yield AsyncKernelManager(
            transport="ipc",
            connection_file=str(directory / "kernel.json"),
            kernel_spec_manager=specs,
        )


def _socket_directory() -> str | None:
    if len(tempfile.gettempdir()) <= MAX_SOCKET_DIRECTORY or os.name == "nt":
        return None
    return "/tmp"  # noqa: S108  # TemporaryDirectory makes a private folder in it
