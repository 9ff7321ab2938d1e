"""A plan in phases, with gates and ways back, and the case that follows it: `migration.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from workbench.spec.base import Name, Source, SpecModel

Action = Literal[
    "make_tables",
    "start_capture",
    "set_flags",
    "observe",
    "backfill",
    "drain",
    "verify",
    "compare_answers",
    "protect_source",
    "archive",
    "test_restore",
    "remove_replication",
]
"""What a step does besides setting its flags."""

Remedy = Literal[
    "stop_dual_write",
    "empty_tables",
    "read_source",
    "restore_source",
    "read_archive",
]
"""What a document tells to do when a phase goes wrong."""

MEASURES = {
    "requests": "calls of the application in this step",
    "reads": "calls that read",
    "writes": "calls that wrote",
    "errors": "calls that failed for another reason than a rule of the application",
    "error_rate": "errors as a share of the calls",
    "failed_writes": "writes that failed for another reason than a rule of the application",
    "dynamodb_reads": "reads that DynamoDB answered",
    "dynamodb_read_share": "reads that DynamoDB answered, as a share of the reads",
    "shadow_reads": "reads that were asked of the other side too and compared",
    "mismatches": "shadow reads whose answers stayed different after the replication had caught up",
    "p50_ms": "what the median of the reads of DynamoDB surely is [ms]: the low end of its 95 % interval",
    "p99_ms": "the same of the 99th percentile [ms], so that one slow read of forty fails no gate by chance",
    "p999_ms": "the same of the 99.9th percentile [ms]",
    "pending": "changes that wait for the other side",
    "rows": "rows of the source that an item can hold",
    "items": "items of all tables",
    "missing": "rows without their item",
    "different": "items whose content is not their row's",
    "extra": "items without a row",
    "patterns": "access patterns that were asked on both sides",
    "patterns_equal": "access patterns whose answers were the same on both sides",
    "lost_writes": "acknowledged writes that cannot be seen",
    "phantom_writes": "items that nobody wrote, or whose write was refused",
    "stale_writes": "items that show an older acknowledged write than the last",
    "duplicated_writes": "writes that took effect more than once",
    "source_writable": "tables of the source that the application could still write",
    "archived_rows": "rows in the archive of the source",
    "archived_items": "items in the export of DynamoDB",
    "restored_rows": "rows of the source that were read back from the archive and are equal",
    "restored_items": "items that were read back from the export and are equal",
    "left_over": "triggers, tables and attributes of the replication that still exist",
}
"""Values that a gate's expression may name, with their meaning."""


class Threshold(SpecModel):
    """A number that gates compare with."""

    value: float
    """The number."""
    unit: str
    """What it counts."""
    source: Source
    """Where the document states it, or why it was reconstructed."""


class Gate(SpecModel):
    """A criterion of success."""

    holds: str = Field(min_length=3)
    """Expression over measured values and thresholds that is true when the gate is passed."""
    source: Source
    """Where the document states it, or why it was reconstructed."""


class FlagChange(SpecModel):
    """The flags that a step sets; a flag that is not named keeps its value."""

    write_mode: Literal["postgres", "dual", "dynamodb"] | None = None
    """Who takes the application's writes."""
    read_percent: int | None = Field(default=None, ge=0, le=100)
    """Share of the reads that DynamoDB answers [%]."""
    shadow_read_percent: int | None = Field(default=None, ge=0, le=100)
    """Share of the reads that the other side is asked too, and compared [%]."""
    reverse_replication: bool | None = None
    """Whether writes of DynamoDB are carried back to PostgreSQL."""


class Step(SpecModel):
    """One step of a phase: flags, an action, and the gates that it must pass.

    When a gate fails the flags go back, the application runs on for the cool-down, and the step is tried
    again as often as it may be.
    """

    title: str = Field(min_length=5)
    """What happens, for the runbook."""
    does: Action = "set_flags"
    """The action."""
    flags: FlagChange = FlagChange()
    """Flags that are set before the action."""
    requests: int = Field(default=0, ge=0)
    """Calls of the application that are measured after the action."""
    gates: tuple[Name, ...] = ()
    """Names of gates that must hold after the step."""
    attempts: int = Field(default=3, ge=1, le=10)
    """How often the step is tried before the phase stops."""
    cool_down_requests: int = Field(default=50, ge=0)
    """Calls of the application between a step back and the next attempt."""
    final: bool = False
    """Whether there is no way back behind it."""
    source: Source
    """Where the document states it, or why it was reconstructed."""


class Task(SpecModel):
    """A task of the document, and the steps that do it."""

    says: str = Field(min_length=5)
    """The task in a few words."""
    steps: tuple[Name, ...] = ()
    """Steps of the phase that do it; empty for what people do."""
    people: str = ""
    """What is left for people; empty when the steps do everything."""
    source: Source
    """Where the document states it, or why it was reconstructed."""


class DocumentedRollback(SpecModel):
    """The way back that the document describes."""

    says: str = Field(min_length=5)
    """The way back in a few words."""
    does: tuple[Remedy, ...] = ()
    """What is done, in this order; empty where the document has none."""
    back_to: Name | None = None
    """Phase at whose end the move stands afterwards; none where it must begin anew."""
    source: Source
    """Where the document states it, or why it was reconstructed."""


class Weeks(SpecModel):
    """The documented duration of a phase."""

    first: int = Field(ge=1)
    """First week, from 1."""
    last: int = Field(ge=1)
    """Last week."""
    source: Source
    """Where the document states it, or why it was reconstructed."""


class Phase(SpecModel):
    """A part of the move that ends at gates and can be gone back from."""

    title: str = Field(min_length=3)
    """Its name."""
    goal: str = Field(min_length=5)
    """What is reached when it ends."""
    weeks: Weeks
    """The documented duration."""
    steps: dict[Name, Step] = Field(min_length=1)
    """Steps by name, in order."""
    tasks: tuple[Task, ...] = ()
    """The document's tasks and criteria."""
    rollback: DocumentedRollback
    """What the document says to do when the phase goes wrong."""
    way_back: str = Field(min_length=5)
    """Our way back in a sentence; the steps are undone in reverse order."""


class Plan(SpecModel):
    """Everything a file of data/plans says: a move in phases that any case can follow."""

    schema_version: Literal[1]
    """Version of this file format."""
    title: str = Field(min_length=5)
    """Its name, for people."""
    document: str
    """File name of the document whose lines are named."""
    thresholds: dict[Name, Threshold] = {}
    """Numbers that gates compare with, by name."""
    gates: dict[Name, Gate]
    """Gates by name."""
    phases: dict[Name, Phase] = Field(min_length=1)
    """Phases by name, in order."""

    def steps(self) -> Iterator[tuple[str, str, Step]]:
        """Yields phase name, step name and step, in order."""
        for phase, content in self.phases.items():
            for name, step in content.steps.items():
                yield phase, name, step


class Effort(SpecModel):
    """How long a document expects the whole move to take."""

    low: float = Field(gt=0)
    """The shortest [weeks]."""
    high: float = Field(gt=0)
    """The longest [weeks]."""
    source: Source
    """Where the document states it, or why it was reconstructed."""


class Migration(SpecModel):
    """Everything a `migration.yaml` says."""

    schema_version: Literal[1]
    """Version of this file format."""
    case: str
    """Name of the case, which is its folder's."""
    follows: str = "five-phases"
    """Name of the plan in data/plans, which is its file's."""
    effort: Effort | None = None
    """Duration that the case's document expects of the whole move."""
    thresholds: dict[Name, Threshold] = {}
    """Numbers of the plan that are others for this case."""
    tasks: dict[Name, tuple[Task, ...]] = {}
    """Phase to tasks of the case's own document, besides those of the plan."""
    while_source_leads: dict[Name, str] = {}
    """Access patterns that the application calls only while PostgreSQL takes the writes, with the reason."""
