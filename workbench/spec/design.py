"""The design of a case: tables, entities and access patterns, as `design.yaml` states them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

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
    type: KeyType


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
    non_key_attributes: tuple[AttributeName, ...] = ()
    """Attributes copied by an INCLUDE projection; empty otherwise."""


class SecondaryIndex(SpecModel):
    """A global or local secondary index."""

    partition_key: KeyAttribute
    sort_key: KeyAttribute | None = None
    projection: Projection
    provisioned_throughput: ProvisionedThroughput | None = None
    """Capacity of a global index of a provisioned table; absent otherwise."""
    auto_scaling: AutoScaling | None = None
    purpose: str = ""
    """The question that the index answers."""
    source: Source | None = None


class Table(SpecModel):
    """A DynamoDB table as CreateTable and its companions would make it."""

    partition_key: KeyAttribute
    sort_key: KeyAttribute | None = None
    billing_mode: Literal["PAY_PER_REQUEST", "PROVISIONED"]
    provisioned_throughput: ProvisionedThroughput | None = None
    auto_scaling: AutoScaling | None = None
    table_class: Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"] = "STANDARD"
    time_to_live: AttributeName | None = None
    """The attribute that holds the expiry as a number of epoch seconds."""
    point_in_time_recovery: bool = False
    deletion_protection: bool = False
    stream: Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"] | None = None
    global_secondary_indexes: dict[TableName, SecondaryIndex] = {}
    local_secondary_indexes: dict[TableName, SecondaryIndex] = {}
    source: Source | None = None


class Attribute(SpecModel):
    """An attribute of an entity, and how the relational value becomes it."""

    type: AttributeType
    format: AttributeFormat | None = None
    """Absent: text for S, decimal for N, boolean for BOOL, bytes for B, json for M and L, set for sets."""
    stored: bool = True
    """False for a value that only fills key templates."""
    description: str = ""


class IndexKeys(SpecModel):
    """The keys that put an item of an entity into an index."""

    keys: dict[AttributeName, str]
    """Key attribute to template."""
    when: dict[AttributeName, Scalar] = {}
    """The item is in the index only while these attributes have these values (a sparse index)."""


class Entity(SpecModel):
    """A kind of item: where it lives, its keys as templates over its attributes, its attributes."""

    table: TableName
    description: str = ""
    keys: dict[AttributeName, str]
    """Key attribute of the table to template, such as `PROBLEM#{platform}#{problem_id}`."""
    index_keys: dict[TableName, IndexKeys] = {}
    constants: dict[AttributeName, str] = {}
    """Attributes with one value for every item of the entity, such as its type."""
    attributes: dict[AttributeName, Attribute]
    source: Source | None = None


class Decision(SpecModel):
    """A decision that the design documents, with what it gives up."""

    decision: str
    reason: str
    trade_off: str = ""
    source: Source | None = None


class Suppression(SpecModel):
    """A lint finding that the architect accepts."""

    rule: str
    where: str = ""
    """Dotted path that the suppression covers; empty for the whole design."""
    reason: str = Field(min_length=10)


class Design(SpecModel):
    """Everything a `design.yaml` says."""

    schema_version: Literal[1]
    case: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: str
    document: str
    """File name of the document that the design implements."""
    summary: str = ""
    tables: dict[TableName, Table] = Field(min_length=1)
    entities: dict[Name, Entity] = Field(min_length=1)
    patterns: dict[Name, AccessPattern] = {}
    """Access patterns by id."""
    decisions: tuple[Decision, ...] = ()
    suppressions: tuple[Suppression, ...] = ()

    def entity_table(self, entity: str) -> Table:
        """Returns the table that items of `entity` live in."""
        return self.tables[self.entities[entity].table]
