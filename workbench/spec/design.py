"""The design of a case: tables, entities and access patterns, as `design.yaml` states them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from workbench.spec.access import AccessPattern
from workbench.spec.base import AttributeName, KeyType, Name, Scalar, Source, SpecModel, TableName

AttributeType = Literal["S", "N", "B", "BOOL", "M", "L", "SS", "NS", "BS"]

AttributeFormat = Literal[
    "text", "integer", "decimal", "boolean", "timestamp", "date", "epoch_seconds", "json", "bytes", "set"
]
"""How a relational value becomes the attribute; `timestamp` is UTC ISO 8601 with microseconds and a Z."""


class KeyAttribute(SpecModel):
    """A key attribute of a table or index."""

    name: AttributeName
    """Name of the attribute."""
    type: KeyType
    """Type of the attribute: text, number or binary."""


class ProvisionedThroughput(SpecModel):
    """The fixed or initial capacity of a table or index."""

    read_capacity_units: int = Field(ge=1, le=40_000)
    """Provisioned reads [RCU]."""
    write_capacity_units: int = Field(ge=1, le=40_000)
    """Provisioned writes [WCU]."""


class AutoScaling(SpecModel):
    """Target tracking around the provisioned throughput."""

    max_read_capacity_units: int = Field(ge=1, le=40_000)
    """Upper bound of reads [RCU]."""
    max_write_capacity_units: int = Field(ge=1, le=40_000)
    """Upper bound of writes [WCU]."""
    target_utilization_percent: int = Field(default=70, ge=20, le=90)
    """Share of the capacity that scaling aims to use [%]."""


class Projection(SpecModel):
    """The attributes that an index entry carries besides the keys."""

    type: Literal["ALL", "KEYS_ONLY", "INCLUDE"]
    """All attributes, only the keys, or the keys and those listed."""
    non_key_attributes: tuple[AttributeName, ...] = ()
    """Attributes copied by an INCLUDE projection; empty otherwise."""


class SecondaryIndex(SpecModel):
    """A global or local secondary index."""

    partition_key: KeyAttribute
    """Attribute that groups the entries."""
    sort_key: KeyAttribute | None = None
    """Attribute that orders the entries of a group."""
    projection: Projection
    """What the entries carry."""
    provisioned_throughput: ProvisionedThroughput | None = None
    """Capacity of a global index of a provisioned table; absent otherwise."""
    auto_scaling: AutoScaling | None = None
    """Bounds of a capacity that follows the load; absent for a fixed one."""
    purpose: str = ""
    """The question that the index answers."""
    source: Source | None = None
    """Where the document states it, or why it was reconstructed."""


class Table(SpecModel):
    """A DynamoDB table as CreateTable and its companions would make it."""

    partition_key: KeyAttribute
    """Attribute that groups the items."""
    sort_key: KeyAttribute | None = None
    """Attribute that orders the items of a group."""
    billing_mode: Literal["PAY_PER_REQUEST", "PROVISIONED"]
    """Paid per request, or for provisioned capacity."""
    provisioned_throughput: ProvisionedThroughput | None = None
    """Capacity of a provisioned table; absent otherwise."""
    auto_scaling: AutoScaling | None = None
    """Bounds of a capacity that follows the load; absent for a fixed one."""
    table_class: Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"] = "STANDARD"
    """Standard, or cheaper storage with dearer requests."""
    time_to_live: AttributeName | None = None
    """The attribute that holds the expiry as a number of epoch seconds."""
    point_in_time_recovery: bool = False
    """Whether the table can be restored to any second of the last 35 days."""
    deletion_protection: bool = False
    """Whether DeleteTable is refused."""
    stream: Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"] | None = None
    """What the stream of changes carries; absent for no stream."""
    global_secondary_indexes: dict[TableName, SecondaryIndex] = {}
    """Global indexes by name."""
    local_secondary_indexes: dict[TableName, SecondaryIndex] = {}
    """Local indexes by name."""
    source: Source | None = None
    """Where the document states it, or why it was reconstructed."""


class Attribute(SpecModel):
    """An attribute of an entity, and how the relational value becomes it."""

    type: AttributeType
    """Type of the attribute as DynamoDB names it."""
    format: AttributeFormat | None = None
    """Absent: text for S, decimal for N, boolean for BOOL, bytes for B, json for M and L, set for sets."""
    stored: bool = True
    """False for a value that only fills key templates."""
    description: str = ""
    """What it means, or when it is absent."""


class IndexKeys(SpecModel):
    """The keys that put an item of an entity into an index."""

    keys: dict[AttributeName, str]
    """Key attribute to template."""
    when: dict[AttributeName, Scalar] = {}
    """The item is in the index only while these attributes have these values (a sparse index)."""


class Entity(SpecModel):
    """A kind of item: where it lives, its keys as templates over its attributes, its attributes."""

    table: TableName
    """The table that the items live in."""
    description: str = ""
    """What one item is."""
    keys: dict[AttributeName, str]
    """Key attribute of the table to template, such as `PROBLEM#{platform}#{problem_id}`."""
    index_keys: dict[TableName, IndexKeys] = {}
    """Index to the keys that put an item into it."""
    constants: dict[AttributeName, str] = {}
    """Attributes with one value for every item of the entity, such as its type."""
    attributes: dict[AttributeName, Attribute]
    """Attributes by name."""
    source: Source | None = None
    """Where the document states it, or why it was reconstructed."""


class Decision(SpecModel):
    """A decision that the design documents, with what it gives up."""

    decision: str
    """What was decided."""
    reason: str
    """Why."""
    trade_off: str = ""
    """What it gives up."""
    source: Source | None = None
    """Where the document states it, or why it was reconstructed."""


class Suppression(SpecModel):
    """A lint finding that the architect accepts."""

    rule: str
    """Name of the lint rule."""
    where: str = ""
    """Dotted path that the suppression covers; empty for the whole design."""
    reason: str = Field(min_length=10)
    """Why the finding is accepted."""


class LatencyGoal(SpecModel):
    """What a document asks of the latency of all reads, or of something that no pattern shows."""

    says: str
    """What is asked, in words."""
    p99_ms: float | None = Field(default=None, gt=0)
    """Limit of the 99th percentile of each pattern that reads [ms]; absent where it cannot be judged so."""
    reason: str = ""
    """Why it cannot be judged so, or what was added to what the document says."""
    source: Source
    """Where the document says it."""

    @model_validator(mode="after")
    def _judged_or_explained(self) -> LatencyGoal:
        if self.p99_ms is None and not self.reason:
            raise ValueError("needs `p99_ms` or `reason`. Say what limits it, or why nothing can be judged.")
        return self


class Design(SpecModel):
    """Everything a `design.yaml` says."""

    schema_version: Literal[1]
    """Version of this file format."""
    case: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    """Name of the case, which is its folder's."""
    title: str
    """What the system is, in a line."""
    document: str
    """File name of the document that the design implements, or the words for what stands in its place."""
    summary: str = ""
    """The design in a few sentences."""
    tables: dict[TableName, Table] = Field(min_length=1)
    """Tables by name."""
    entities: dict[Name, Entity] = Field(min_length=1)
    """Kinds of items by name."""
    patterns: dict[Name, AccessPattern] = {}
    """Access patterns by id."""
    decisions: tuple[Decision, ...] = ()
    """Decisions with their trade-offs."""
    suppressions: tuple[Suppression, ...] = ()
    """Lint findings that are accepted."""
    latency_goals: tuple[LatencyGoal, ...] = ()
    """What the document asks of latency beyond the targets of single patterns."""

    def entity_table(self, entity: str) -> Table:
        """Returns the table that items of `entity` live in."""
        return self.tables[self.entities[entity].table]
