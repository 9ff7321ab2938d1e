"""What is linted: a design with its traffic and, where they are known, sizes, units and prices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.compare.case_costs import case_demands, peak_to_mean
from workbench.spec.access import (
    READ_OPERATIONS,
    AccessPattern,
    TransactMember,
    TransactWriteItems,
)
from workbench.spec.design import Design, Entity, SecondaryIndex, Table
from workbench.spec.findings import Path
from workbench.spec.workload import Workload

if TYPE_CHECKING:
    from workbench.compare.demand import DauDemand
    from workbench.pricing.book import PriceBook
    from workbench.spec.measured import EntitySizes, Measurement
    from workbench.spec.population import Population

SECONDS_PER_DAY = 86_400
DAYS_PER_MONTH = 730 / 24
DAYS_PER_YEAR = 365
DEFAULT_DAU = 1_000
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, eq=False)
class Holder:
    """A table or one of its indexes.

    Args:
        table_name: Name of the table.
        table: The table.
        index_name: Name of the index, None for the table itself.
        spec: The table or the index.
        local: The index is a local one.
    """

    table_name: str
    table: Table
    index_name: str | None
    spec: Table | SecondaryIndex
    local: bool = False

    @property
    def place(self) -> str:
        """The name under which units and sizes are measured."""
        return self.table_name if self.index_name is None else f"{self.table_name}/{self.index_name}"

    @property
    def label(self) -> str:
        """The name in a sentence."""
        return f"table {self.table_name}" if self.index_name is None else f"index {self.index_name}"

    @property
    def path(self) -> Path:
        """Where it stands in the design."""
        if self.index_name is None:
            return ("tables", self.table_name)
        kind = "local_secondary_indexes" if self.local else "global_secondary_indexes"
        return ("tables", self.table_name, kind, self.index_name)

    @property
    def key_names(self) -> tuple[str, ...]:
        """The names of its key attributes."""
        keys = (self.spec.partition_key, self.spec.sort_key)
        return tuple(key.name for key in keys if key)


@dataclass(frozen=True, eq=False)
class Operation:
    """A pattern, or one member of a transaction.

    Args:
        id: Id of the pattern.
        pattern: The pattern.
        action: The pattern itself, or the member.
        path: Where it stands in the design.
    """

    id: str
    pattern: AccessPattern
    action: AccessPattern | TransactMember
    path: Path

    @property
    def entity(self) -> str:
        """The entity that it reads or writes."""
        return self.action.entity

    @property
    def reads(self) -> bool:
        """Whether it consumes read units."""
        return self.action.operation in READ_OPERATIONS

    @property
    def index(self) -> str | None:
        """The index that it reads; None for a table, and for a write."""
        index: str | None = getattr(self.action, "index", None)
        return index

    @property
    def transactional(self) -> bool:
        """Whether it is a member of a transaction."""
        return self.action is not self.pattern

    @property
    def items(self) -> float:
        """Items that one request reads or writes, as the author expects; 1 for an operation on one item."""
        return 1.0 if self.transactional else self.pattern.expected_items


@dataclass(frozen=True, eq=False)
class Subject:
    """A design with everything that rules ask about it.

    Args:
        design: The design; its checks have passed.
        workload: Its traffic.
        dau: Daily active users at which the rules look [users].
        population: How values are distributed; None when unknown.
        measurement: Units and sizes; None when the case was not measured.
        book: Prices; None when they are not to be used.
        region: AWS region code of the prices.
    """

    design: Design
    workload: Workload
    dau: int = DEFAULT_DAU
    population: Population | None = None
    measurement: Measurement | None = None
    book: PriceBook | None = None
    region: str = DEFAULT_REGION

    @cached_property
    def holders(self) -> tuple[Holder, ...]:
        """Every table and index."""
        return tuple(_holders(self.design))

    @property
    def indexes(self) -> Iterator[Holder]:
        """Every index."""
        return (holder for holder in self.holders if holder.index_name)

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every pattern but transactions, and every member of a transaction."""
        return tuple(_operations(self.design))

    @property
    def reads(self) -> Iterator[Operation]:
        """Every operation that reads."""
        return (operation for operation in self.operations if operation.reads)

    @property
    def writes(self) -> Iterator[Operation]:
        """Every operation that writes or checks a condition."""
        return (operation for operation in self.operations if not operation.reads)

    def holder(self, operation: Operation) -> Holder:
        """Returns the table or index that an operation reads, or the table that it writes."""
        table = self.design.entities[operation.entity].table
        return next(h for h in self.holders if (h.table_name, h.index_name) == (table, operation.index))

    def entities_of(self, table: str) -> dict[str, Entity]:
        """Returns the entities that live in a table."""
        return {name: entity for name, entity in self.design.entities.items() if entity.table == table}

    def rate(self, pattern: str) -> float:
        """Returns the requests of a pattern [requests per DAU and day]."""
        return self.workload.requests_per_dau_day(pattern) if pattern in self.workload.rates else 0.0

    @cached_property
    def peak_ratio(self) -> float:
        """The rate at the busiest second over the mean rate of a week."""
        return float(peak_to_mean(self.workload))

    def peak(self, per_dau_day: float) -> float:
        """Returns the rate at the busiest second of something that each user causes daily [per second]."""
        return per_dau_day * self.dau * self.peak_ratio / SECONDS_PER_DAY

    def breaks_at(self, limit_per_second: float, per_dau_day: float) -> float:
        """Returns the users at whose busiest second a limit is reached [DAU]; infinity without traffic."""
        per_dau = per_dau_day * self.peak_ratio / SECONDS_PER_DAY
        return limit_per_second / per_dau if per_dau > 0 else float("inf")

    @cached_property
    def demands(self) -> dict[str, DauDemand]:
        """What each table and index is asked to do, by place; empty when the case was not measured."""
        if self.measurement is None:
            return {}
        found = case_demands(self.design, self.workload, self.measurement)
        return {f"{each.table}/{each.index}" if each.index else each.table: each for each in found}

    def sizes(self, entity: str) -> EntitySizes | None:
        """Returns the measured sizes of an entity's items; None when they are not known."""
        return self.measurement.entities.get(entity) if self.measurement else None

    def stored_bytes(self, place: str) -> float | None:
        """Returns the billed bytes of a table or index at the subject's DAU; None when not known [bytes]."""
        demand = self.demands.get(place)
        return float(demand.bytes_per_dau) * self.dau if demand else None


def _holders(design: Design) -> Iterator[Holder]:
    for name, table in design.tables.items():
        yield Holder(name, table, None, table)
        for index, spec in table.global_secondary_indexes.items():
            yield Holder(name, table, index, spec)
        for index, spec in table.local_secondary_indexes.items():
            yield Holder(name, table, index, spec, local=True)


def _operations(design: Design) -> Iterator[Operation]:
    for name, pattern in design.patterns.items():
        if isinstance(pattern, TransactWriteItems):
            for position, member in enumerate(pattern.members):
                yield Operation(name, pattern, member, ("patterns", name, "members", position))
        else:
            yield Operation(name, pattern, pattern, ("patterns", name))


def documented_dau(workload: Workload) -> int:
    """Returns the largest number of users that the case's document sizes a database for [DAU]."""
    sized = [step.max_dau for step in workload.relational if step.source.line is not None]
    return max(sized, default=DEFAULT_DAU)
