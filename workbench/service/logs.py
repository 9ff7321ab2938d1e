"""Log lines of a service: one JSON object each."""

from __future__ import annotations

from typing import TextIO

import structlog


def log_to(file: TextIO | None) -> structlog.typing.WrappedLogger:
    """Returns a log.

    Args:
        file: Where its lines go; None for nowhere.
    """
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    level = structlog.make_filtering_bound_logger("info" if file else "critical")
    return structlog.wrap_logger(structlog.WriteLogger(file), processors, level)
