"""Says whether a port is free, before an engine is started on it."""

from __future__ import annotations

import socket

from workbench.errors import EngineError


def check_port(port: int) -> None:
    """Checks that a port of the loopback interface can be bound.

    Args:
        port: Port; 0, which lets the system choose, is always free.

    Raises:
        EngineError: The port is taken or may not be used.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EngineError(
                f"Port {port} of 127.0.0.1 cannot be used: {error.strerror}. "
                "Name another with --port, or leave it out to let the system choose."
            ) from error
