"""A notebook kernel of this interpreter that other hosts cannot reach and the user's home does not shape."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from workbench.engines.scratch import make_scratch, remove_scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ARGUMENTS = (
    "-f",
    "{connection_file}",
    "--HistoryManager.enabled=False",
    "--IPKernelApp.log_level=CRITICAL",
)
_JUPYTER_DIRECTORIES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")


class Place(Enum):
    """On which processors a kernel runs; the value is the module that starts it."""

    ANYWHERE = "ipykernel_launcher"
    ASIDE = "workbench.report.aside"
    """Not on the first one, and at a lower priority."""


class _OwnInterpreter(KernelSpecManager):
    """Knows one kernel: the interpreter that runs this code."""

    kernel_environment: Mapping[str, str]
    place: Place

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Returns the kernel of this interpreter under any name."""
        return KernelSpec(
            argv=[sys.executable, "-m", self.place.value, *_ARGUMENTS],
            display_name=kernel_name,
            language="python",
            env=dict(self.kernel_environment),
        )


@contextmanager
def kernel_manager(
    environment: Mapping[str, str], place: Place = Place.ANYWHERE
) -> Iterator[AsyncKernelManager]:
    """Yields the manager of a kernel that talks over Unix sockets in a private folder, removed afterwards.

    Args:
        environment: Variables that the kernel gets besides those of this process.
        place: On which processors it runs.
    """
    directory = make_scratch(mode=0o700)
    specs = _OwnInterpreter()
    specs.place = place
    specs.kernel_environment = {
        **dict.fromkeys(_JUPYTER_DIRECTORIES, str(directory / "jupyter")),
        "JPY_SESSION_NAME": "report",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **environment,
    }
    try:
        yield AsyncKernelManager(
            transport="ipc",
            connection_file=str(directory / "kernel.json"),
            kernel_spec_manager=specs,
        )
    finally:
        remove_scratch(directory)
