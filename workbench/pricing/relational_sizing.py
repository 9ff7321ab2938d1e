"""How large a PostgreSQL server a workload needs: what each user asks of it, and what an instance carries."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from workbench.spec.workload import Assumption

if TYPE_CHECKING:
    from collections.abc import Mapping

Number = TypeVar("Number", Decimal, NDArray[np.float64])
"""Exact money takes decimals, ten thousand draws take arrays; the formulas are the same."""

RDS_CLASSES = (
    "db.t4g.micro",
    "db.t4g.small",
    "db.t4g.medium",
    "db.t4g.large",
    "db.t4g.xlarge",
    "db.m7g.large",
    "db.m7g.xlarge",
    "db.m7g.2xlarge",
    "db.r6g.large",
    "db.r6g.xlarge",
    "db.r6g.2xlarge",
)
"""Classes that a sizing for RDS chooses from."""
AURORA_CLASSES = (
    "db.t4g.medium",
    "db.t4g.large",
    "db.r7g.large",
    "db.r7g.xlarge",
    "db.r7g.2xlarge",
    "db.r7g.4xlarge",
    "db.r7g.8xlarge",
)
"""Classes that a sizing for Aurora chooses from."""

_MEMORY_GB = {"t3": 4, "t4g": 4, "m5": 4, "m6g": 4, "m6i": 4, "m7g": 4, "r5": 8, "r6g": 8, "r7g": 8, "r8g": 8}
_SMALL_MEMORY_GB = {"micro": 1, "small": 2, "medium": 4}
_VCPU = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32}
_SMALL_VCPU = 2
_BASELINE = {"micro": "0.1", "small": "0.2", "medium": "0.2", "large": "0.3", "xlarge": "0.4"}
_CONNECTIONS_PER_GB = Decimal(2**30) / 9_531_392
_MOST_CONNECTIONS = 5000
MOST_IOPS = Decimal(64_000)
"""What one gp3 volume of RDS carries [I/O per second]."""
MOST_GB = Decimal(65_536)
"""What one volume of RDS holds [GB]."""
MOST_AURORA_GB = Decimal(131_072)
"""What one Aurora cluster holds [GB]."""

WITHOUT_END = 10**12
"""Users of a server that nobody asks for anything."""


def _assumed(value: float, low: float, high: float, unit: str, reason: str) -> Assumption:
    return Assumption(value=value, low=low, high=high, unit=unit, reason=reason)


ASSUMPTIONS: Mapping[str, Assumption] = MappingProxyType(
    {
        "sql_cpu_factor": _assumed(
            3,
            1.5,
            8,
            "ratio",
            "A vCPU is half a core of a server, and parsing, TLS, vacuum and WAL come on top of the queries "
            "measured; larger data than measured costs more again.",
        ),
        "sql_cpu_target": _assumed(
            0.6,
            0.4,
            0.8,
            "share of the vCPU at the peak",
            "Above about 80 % queries queue and a failover has no room; below 40 % it is too large.",
        ),
        "sql_bytes_ratio": _assumed(
            1.2,
            0.6,
            2.5,
            "relational bytes per item byte",
            "Rows repeat no attribute names but carry 24 bytes of header, B-tree indexes, TOAST and bloat.",
        ),
        "sql_working_set": _assumed(
            0.1,
            0.02,
            0.5,
            "share of the data",
            "Recent rows and the upper levels of the indexes are read most; old history is hardly read.",
        ),
        "sql_cache_share": _assumed(
            0.6,
            0.4,
            0.75,
            "share of the memory",
            "What shared buffers and the page cache leave to connections, sorts and the system.",
        ),
        "sql_hold_ms": _assumed(
            15,
            3,
            100,
            "ms that a request holds a connection",
            "A pooled application holds a connection for a round trip and its query, a careless one longer.",
        ),
        "sql_io_per_request": _assumed(
            0.3,
            0.05,
            2,
            "I/O operations per request",
            "One write to the log for each change and a block that is not cached for some reads.",
        ),
        "sql_storage_headroom": _assumed(
            1.3,
            1.1,
            2,
            "allocated over used bytes",
            "Allocated storage cannot shrink and is extended before it is full.",
        ),
        "sql_backup_ratio": _assumed(
            0.5,
            0,
            2,
            "billed backup bytes over used bytes",
            "Backups up to the size of the database are free; longer retention adds more.",
        ),
        "sql_vcpu_per_acu": _assumed(
            0.25,
            0.15,
            0.35,
            "vCPU per Aurora capacity unit",
            "A unit has about 2 GB of memory; memory-optimised instances have a vCPU for each 8 GB.",
        ),
    }
)
"""What sizing a relational server assumes beside the workload."""


@dataclass(frozen=True, slots=True)
class InstanceSize:
    """What an instance offers.

    Args:
        name: Instance class.
        vcpu: Virtual processors.
        memory_gb: Memory [GB].
        sustained: Share of the processors that may be used for hours; below 1 where credits run out.
    """

    name: str
    vcpu: Decimal
    memory_gb: Decimal
    sustained: Decimal

    @property
    def connections(self) -> Decimal:
        """Default of `max_connections`.

        Source: rds-max-connections
        """
        return min(Decimal(_MOST_CONNECTIONS), self.memory_gb * _CONNECTIONS_PER_GB)


def instance_size(instance_class: str) -> InstanceSize:
    """What an instance class offers, from its family and size.

    Raises:
        KeyError: The family or the size is not in the catalogue.

    Source: rds-instance-classes

    >>> instance_size("db.r6g.2xlarge").memory_gb
    Decimal('64')
    """
    _, family, size = instance_class.split(".")
    vcpu = _SMALL_VCPU if size in _SMALL_MEMORY_GB else _VCPU[size]
    memory = _SMALL_MEMORY_GB.get(size, vcpu * _MEMORY_GB[family])
    sustained = Decimal(_BASELINE[size]) if family.startswith("t") else Decimal(1)
    return InstanceSize(instance_class, Decimal(vcpu), Decimal(memory), sustained)


@dataclass(frozen=True, slots=True)
class UserLoad(Generic[Number]):
    """What a daily active user asks of a relational database, before anything is assumed about servers.

    Args:
        requests_per_second: Mean rate [requests per second and DAU].
        cpu_seconds_per_second: Mean processor time of the queries, as measured [CPU s per second and DAU].
        peak_to_mean: Rate at the peak over the mean rate.
        item_bytes: Bytes that the items of a user take [bytes per DAU].
    """

    requests_per_second: Number
    cpu_seconds_per_second: Number
    peak_to_mean: Number
    item_bytes: Number


@dataclass(frozen=True, slots=True)
class Needs(Generic[Number]):
    """What a daily active user needs of a server.

    Args:
        peak_vcpu: Processors at the peak, headroom included [vCPU per DAU].
        mean_vcpu: Processors on average [vCPU per DAU].
        cache_gb: Memory that keeps the working set [GB per DAU].
        connections: Connections at the peak [connections per DAU].
        iops: I/O operations at the peak [I/O per second and DAU].
        ios_per_second: I/O operations on average [I/O per second and DAU].
        stored_gb: Bytes in use [GB per DAU].
        allocated_gb: Bytes in use and headroom [GB per DAU].
        backup_gb: Backups that are billed [GB per DAU].
        acu: Aurora capacity units while the mean rate holds [ACU per DAU], by processor and by memory.
    """

    peak_vcpu: Number
    mean_vcpu: Number
    cache_gb: Number
    connections: Number
    iops: Number
    ios_per_second: Number
    stored_gb: Number
    allocated_gb: Number
    backup_gb: Number
    acu: tuple[Number, Number]


def needs(load: UserLoad[Number], assumed: Mapping[str, Number]) -> Needs[Number]:
    """What a daily active user needs of a server.

    Args:
        load: What the user asks.
        assumed: Values of `ASSUMPTIONS` by name.
    """
    mean_vcpu = load.cpu_seconds_per_second * assumed["sql_cpu_factor"]
    target = assumed["sql_cpu_target"]
    ios = load.requests_per_second * assumed["sql_io_per_request"]
    stored = load.item_bytes * assumed["sql_bytes_ratio"] / 2**30
    cache = stored * assumed["sql_working_set"] / assumed["sql_cache_share"]
    held = load.requests_per_second * load.peak_to_mean * assumed["sql_hold_ms"] / 1000
    return Needs(
        peak_vcpu=mean_vcpu * load.peak_to_mean / target,
        mean_vcpu=mean_vcpu,
        cache_gb=cache,
        connections=held,
        iops=ios * load.peak_to_mean,
        ios_per_second=ios,
        stored_gb=stored,
        allocated_gb=stored * assumed["sql_storage_headroom"],
        backup_gb=stored * assumed["sql_backup_ratio"],
        acu=(mean_vcpu / target / assumed["sql_vcpu_per_acu"], cache / 2),
    )


def limits(
    size: InstanceSize, needed: Needs[Number], most_gb: Decimal, most_iops: Decimal | None
) -> list[tuple[str, Decimal, Number]]:
    """What ends the use of an instance: the resource, how much there is, and what each user takes of it.

    Args:
        size: The instance.
        needed: What a user needs.
        most_gb: What its volume holds [GB].
        most_iops: What its volume carries [I/O per second]; None without a limit.
    """
    found: list[tuple[str, Decimal, Number]] = [
        ("processors at the peak", size.vcpu, needed.peak_vcpu),
        ("sustained processors", size.vcpu * size.sustained, needed.mean_vcpu),
        ("memory for the working set", size.memory_gb, needed.cache_gb),
        ("connections", size.connections, needed.connections),
        ("size of the volume", most_gb, needed.allocated_gb),
    ]
    if most_iops is not None:
        found.append(("I/O of the volume", most_iops, needed.iops))
    return found


def carries(limiting: list[tuple[str, Decimal, Decimal]]) -> tuple[int, str]:
    """The most daily active users that an instance carries, and the resource that ends it."""
    ends = [(int(offered // each), resource) for resource, offered, each in limiting if each > 0]
    return min(ends, default=(WITHOUT_END, "nothing"))


def share_of(users: int) -> Decimal:
    """One user's share of a server that carries so many, never more than its part."""
    return Context(rounding=ROUND_FLOOR).divide(Decimal(1), Decimal(users))
