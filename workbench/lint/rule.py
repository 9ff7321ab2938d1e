"""What a rule of the linter is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from inspect import cleandoc
from typing import NamedTuple

from workbench.lint.subject import Subject
from workbench.spec.findings import Path, dotted

SECTIONS = ("What", "Why", "Example", "Instead", "Source")
"""The parts that the documentation of every rule has, in this order."""


class Severity(StrEnum):
    """How bad a finding is: an error fails the command, a warning costs or risks something."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Need(StrEnum):
    """What a rule cannot do without, beside the design and its workload."""

    MEASUREMENT = "measurement"
    PRICES = "prices"


class Found(NamedTuple):
    """What the check of a rule yields.

    Args:
        path: Where in the design.
        message: What is wrong there, with the numbers behind it.
    """

    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a rule holds against a design.

    Args:
        rule: Id of the rule.
        severity: Severity of the rule.
        path: Where in the design.
        message: What is wrong there, with the numbers behind it.
    """

    rule: str
    severity: Severity
    path: Path
    message: str

    @property
    def where(self) -> str:
        """The path as text, as a suppression names it."""
        return dotted(self.path)


@dataclass(frozen=True)
class Rule:
    """One rule.

    Args:
        id: Its name, such as `hot-partition-key`.
        severity: How bad its findings are.
        check: Finds what is wrong with a subject.
        documentation: The docstring of its module: a sentence, then the parts in `SECTIONS`.
        needs: What the subject must have; without it the rule is not run, and the user is told.
    """

    id: str
    severity: Severity
    check: Callable[[Subject], Iterable[Found]]
    documentation: str
    needs: frozenset[Need] = frozenset()

    def missing(self, subject: Subject) -> frozenset[Need]:
        """Returns what the subject lacks for this rule."""
        given = {Need.MEASUREMENT: subject.measurement, Need.PRICES: subject.book}
        return frozenset(need for need in self.needs if given[need] is None)

    def findings(self, subject: Subject) -> list[Finding]:
        """Returns what the rule finds; the subject must lack nothing for it."""
        return [Finding(self.id, self.severity, found.path, found.message) for found in self.check(subject)]

    @property
    def summary(self) -> str:
        """What the rule finds, in one sentence."""
        return self.documentation.strip().splitlines()[0]

    @property
    def sections(self) -> dict[str, str]:
        """The text of each part of the documentation; the example keeps its lines."""
        parts: dict[str, list[str]] = {}
        current: list[str] = []
        for line in cleandoc(self.documentation).splitlines()[1:]:
            heading, colon, rest = line.partition(":")
            if colon and heading in SECTIONS:
                current = parts.setdefault(heading, [rest.strip()])
            else:
                current.append(line)
        texts = {heading: cleandoc("\n" + "\n".join(lines)) for heading, lines in parts.items()}
        return {name: text if name == "Example" else " ".join(text.split()) for name, text in texts.items()}
