"""An action: what a step does, what it measures, and how it is undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.migrate.plan.stage import Stage
from workbench.spec.migration import Step

Measures = dict[str, float]
"""Measured values by the names that gates use."""


def nothing(stage: Stage) -> None:
    """Undoes an action that changed nothing but flags."""
    del stage


@dataclass(frozen=True, slots=True)
class Action:
    """What a step does besides setting its flags.

    Args:
        run: Does it, any number of times, and returns what it measured.
        undo: Takes it back, any number of times.
        sets_flags: Whether the action sets the step's flags itself, at the moment that is safe.
    """

    run: Callable[[Stage, Step], Measures]
    undo: Callable[[Stage], None] = nothing
    sets_flags: bool = False
