"""What runs beside the tables of a case and is billed with them: the `services` of `workload.yaml`."""

from __future__ import annotations

from pydantic import Field

from workbench.spec.base import Source, SpecModel, TableName


class Backups(SpecModel):
    """Full backups at a rhythm, each kept for a while."""

    every_days: float = Field(gt=0)
    """Days from one backup to the next."""
    keep_days: float = Field(gt=0)
    """How long each is kept [days]."""
    cold_after_days: float | None = Field(default=None, ge=0)
    """When a backup moves to cold storage [days]; absent for never. At least 90 days must remain."""


class TableServices(SpecModel):
    """What runs beside one table."""

    backups: Backups | None = None
    """On-demand backups with their retention; point-in-time recovery is a field of the design."""
    stream_reads_per_second: float = Field(default=0, ge=0)
    """GetRecords calls of readers other than Lambda triggers and replicas, which read free of charge."""
    kinesis: bool = False
    """Whether changes are captured to Kinesis: a unit for each begun KB, which is a write unit."""
    full_exports_per_month: float = Field(default=0, ge=0)
    """Full exports to S3 a month."""
    source: Source
    """Where the document asks for it, or why it was reconstructed."""


class DaxCluster(SpecModel):
    """A DAX cluster in front of the tables."""

    node_type: str
    """Such as `dax.r5.large`."""
    nodes: int = Field(ge=1, le=11)
    """Number of nodes."""
    source: Source
    """Where the document asks for it, or why it was reconstructed."""


class Services(SpecModel):
    """What runs beside the tables and is billed with them in every DynamoDB alternative."""

    tables: dict[TableName, TableServices] = {}
    """Table to what runs beside it."""
    dax: DaxCluster | None = None
    """A DAX cluster; absent for none."""
    replicas: dict[str, float] = {}
    """AWS region of a replica to the share of the reads there; adds the alternative of a global table."""
