"""A relational sizing: which deployment carries up to how many users."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from workbench.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.pricing.rds import RdsConfiguration


@dataclass(frozen=True, slots=True)
class RdsStep:
    """One step of a relational sizing.

    Args:
        name: Name of the step.
        max_dau: Largest number of daily active users that it carries; None for any number.
        configuration: The deployment.
    """

    name: str
    max_dau: int | None
    configuration: RdsConfiguration


def check_steps(steps: Sequence[RdsStep], file: str = "relational") -> None:
    """Nothing, where the steps are a sizing: at least one, each for more users than the one before.

    Args:
        steps: The steps in their order.
        file: What the messages name as the place.

    Raises:
        InputError: Every step out of order.
    """
    problems = list(_faults(steps, file))
    if problems:
        raise InputError(problems)


def step_at(steps: Sequence[RdsStep], dau: int) -> RdsStep | None:
    """The first step that carries a number of daily active users, None beyond the last."""
    return next((step for step in steps if step.max_dau is None or dau <= step.max_dau), None)


def _faults(steps: Sequence[RdsStep], file: str) -> Iterator[Problem]:
    if not steps:
        yield Problem(file, 0, "steps", "no step; got an empty list", "Give at least one step")
    for before, step in pairwise(steps):
        if before.max_dau is None:
            message = f"a step after {before.name}, which carries any number of users; got another step"
            yield Problem(file, 0, f"steps.{step.name}", message, f"Give {before.name} a max_dau")
        elif step.max_dau is not None and step.max_dau <= before.max_dau:
            message = f"not above the step before; got {step.max_dau}, allowed more than {before.max_dau}"
            yield Problem(file, 0, f"steps.{step.name}.max_dau", message, "Sort the steps by max_dau")
