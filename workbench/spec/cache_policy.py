"""What a case keeps of its answers, for how long, and which writes void them, as `cache.yaml` states it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt

from workbench.spec.access import READ_OPERATIONS
from workbench.spec.base import Name, SpecModel
from workbench.spec.case import Case, shown_path
from workbench.spec.design import Design
from workbench.spec.findings import Finding
from workbench.spec.loader import load_model

POLICY = "cache.yaml"


class KeptAnswer(SpecModel):
    """An answer that is kept."""

    tag: str = Field(min_length=1)
    """What it belongs to, a template of parameters such as `user/{username}`; a write voids whole tags."""
    seconds: int = Field(ge=1)
    """How long it is kept [s]; without Redis for so long no write is seen, so the bound of staleness."""
    keys: Literal["dau"] | PositiveInt
    """How many different keys are asked for: one a daily active user, or a number."""
    reason: str = Field(min_length=10)
    """Why it is kept, and why for so long."""


class CachePolicy(SpecModel):
    """The kept answers of a case."""

    schema_version: Literal[1]
    """Version of this file's format."""
    case: str
    """Name of the case, which is the name of its folder."""
    answers: dict[Name, KeptAnswer]
    """Reading pattern to how its answers are kept."""
    voids: dict[Name, tuple[str, ...]]
    """Writing pattern to the tags, as templates of its parameters, whose answers it makes void."""


def check_policy(policy: CachePolicy, design: Design) -> Iterator[Finding]:
    """Yields what a policy states that its design does not have."""
    for section, names in (("answers", policy.answers), ("voids", policy.voids)):
        for name in names:
            yield from _wrong_pattern(section, name, design)
    tags = {answer.tag.partition("{")[0] for answer in policy.answers.values()}
    for name, voided in policy.voids.items():
        for number, tag in enumerate(voided):
            if tag.partition("{")[0] not in tags:
                yield Finding(
                    ("voids", name, number),
                    "no answer is kept under such a tag",
                    "Use the tag of an answer, or leave it out",
                    got=tag,
                    allowed=", ".join(sorted(answer.tag for answer in policy.answers.values())),
                )


def _wrong_pattern(section: str, name: str, design: Design) -> Iterator[Finding]:
    reads = section == "answers"
    fitting = [one for one, p in design.patterns.items() if (p.operation in READ_OPERATIONS) == reads]
    if name not in fitting:
        kind = "reads" if reads else "writes"
        yield Finding(
            (section, name),
            f"no pattern of the design {kind} under this name",
            f"Name a pattern that {kind}",
            got=name,
            allowed=", ".join(fitting),
        )


def load_policy(case: Case) -> CachePolicy:
    """Returns what a case's `cache.yaml` states.

    Args:
        case: The case.

    Raises:
        InputError: The file is missing or wrong; all problems at once.
    """
    path = Path(shown_path(case.directory / POLICY))
    return load_model(path, CachePolicy, lambda policy: check_policy(policy, case.design))
