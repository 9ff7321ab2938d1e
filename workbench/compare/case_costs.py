"""The alternatives of a case: its design in each commercial mode, and RDS as its document sizes it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from workbench.compare.demand import DauDemand, capacity_holds_until, fixed_load, on_demand_load, sized_load
from workbench.compare.modes import dynamodb_curve, rds_curve
from workbench.compare.relational import RdsStep
from workbench.compare.services import service_charges
from workbench.errors import InputError, Problem
from workbench.model import demand as rates
from workbench.pricing.bill import STANDARD, Conventions
from workbench.pricing.dynamodb import TableClass
from workbench.pricing.rds import RdsConfiguration, StorageType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from workbench.compare.cost_curve import CostCurve
    from workbench.pricing.book import PriceBook
    from workbench.pricing.dynamodb import TableLoad
    from workbench.spec.case import Case
    from workbench.spec.design import Design, ProvisionedThroughput, Table
    from workbench.spec.measured import Measurement
    from workbench.spec.workload import RelationalStep, Workload

HOURS_PER_DAY = 24
ON_DEMAND = "DynamoDB on-demand"
SIZED = "DynamoDB provisioned for the peak"
AS_DESIGNED = "DynamoDB as designed"
RELATIONAL = "RDS as sized"


@dataclass(frozen=True, slots=True)
class CaseCosts:
    """Every alternative that could be priced, and what kept the others out.

    Args:
        demands: What each table and index is asked to do, per daily active user.
        curves: One an alternative.
        missing: Prices that the region lacks; an alternative that needs one has no curve.
        designed_until_dau: Users up to which the designed capacity carries the peak; None without a limit.
    """

    demands: tuple[DauDemand, ...]
    curves: tuple[CostCurve, ...]
    missing: tuple[Problem, ...]
    designed_until_dau: int | None

    def curve(self, name: str) -> CostCurve | None:
        """Returns the curve of that name, None where a price kept it out."""
        return next((curve for curve in self.curves if curve.name == name), None)


def peak_to_mean(workload: Workload) -> Decimal:
    """Returns the rate at the busiest second over the mean rate of a week, for exact bills."""
    return Decimal(str(rates.peak_to_mean(workload)))


def case_demands(
    design: Design,
    workload: Workload,
    measured: Measurement,
    conventions: Conventions = STANDARD,
) -> tuple[DauDemand, ...]:
    """Returns what a daily active user asks of every table and index of a design.

    Args:
        design: Tables, indexes and patterns.
        workload: Rates and assumptions.
        measured: Units of the patterns and sizes of the items.
        conventions: Length of the month.
    """
    ratio = peak_to_mean(workload)
    stored = _bytes_per_dau(workload, measured)
    days = conventions.hours_per_month / HOURS_PER_DAY
    reads, writes = rates.units_per_user_day(design, workload, measured.units)
    return tuple(
        DauDemand(
            table=name,
            index=index,
            read_units_per_dau=reads.get(place, Decimal(0)) * days,
            write_units_per_dau=writes.get(place, Decimal(0)) * days,
            bytes_per_dau=stored.get(place, Decimal(0)),
            peak_to_mean=ratio,
            pitr=table.point_in_time_recovery,
            local=index in table.local_secondary_indexes,
            table_class=_table_class(table),
        )
        for name, table in design.tables.items()
        for index, place in _places(name, table)
    )


def case_costs(
    design: Design, workload: Workload, demands: tuple[DauDemand, ...], book: PriceBook, region: str
) -> CaseCosts:
    """Returns the cost curves of a case in a region, and the prices that are missing there."""
    beside = service_charges(workload.services, demands)
    makers: dict[str, Callable[[], CostCurve]] = {
        name: partial(
            dynamodb_curve, name, dynamodb_loads(name, design, demands), book, region, beside=beside
        )
        for name in (ON_DEMAND, SIZED, AS_DESIGNED)
    }
    if workload.relational:
        makers[RELATIONAL] = partial(rds_curve, RELATIONAL, rds_steps(workload.relational), book, region)
    curves: list[CostCurve] = []
    missing: dict[Problem, None] = {}
    for make in makers.values():
        try:
            curves.append(make())
        except InputError as error:
            missing |= dict.fromkeys(error.problems)
    return CaseCosts(demands, tuple(curves), tuple(missing), designed_until(design, demands))


def dynamodb_loads(
    mode: str, design: Design, demands: Iterable[DauDemand], conventions: Conventions = STANDARD
) -> tuple[TableLoad, ...]:
    """Returns the loads of tables and indexes on demand, sized for the peak, or with the designed capacity.

    Args:
        mode: `ON_DEMAND`, `SIZED` or `AS_DESIGNED`.
        design: Its capacities.
        demands: What a user asks of each table and index.
        conventions: Length of the month.
    """
    if mode == ON_DEMAND:
        return tuple(map(on_demand_load, demands))
    if mode == SIZED:
        return tuple(_sized(demand, conventions) for demand in demands)
    return tuple(_designed(design, demand) for demand in demands)


def cost_ranges(
    case: Case, measured: Measurement, book: PriceBook, region: str, dau: int
) -> dict[str, tuple[Decimal, Decimal]]:
    """Returns the least and the largest monthly cost of each alternative [USD per month].

    No cost falls when a rate, the peak or the stored users rise, so the ends are the costs with all
    assumptions at their low and all at their high end. Both at once is unlikely: this is a bound, not a
    confidence interval.

    Args:
        case: Its design and its workload, with the ranges of the assumptions.
        measured: Units of the patterns and sizes of the items.
        book: Prices.
        region: AWS region code.
        dau: Daily active users.
    """
    low, high = (
        case_costs(case.design, at, case_demands(case.design, at, measured), book, region)
        for at in (case.workload.corner("low"), case.workload.corner("high"))
    )
    return {
        curve.name: (curve.usd(dau), upper.usd(dau))
        for curve in low.curves
        if (upper := high.curve(curve.name)) and _carries(curve, dau)
    }


def rds_steps(steps: Sequence[RelationalStep]) -> tuple[RdsStep, ...]:
    """Returns the relational steps of a workload as sizings that can be priced."""
    return tuple(
        RdsStep(
            name=_step_name(step),
            max_dau=step.max_dau,
            configuration=RdsConfiguration(
                instance_class=step.instance,
                storage_gb=Decimal(str(step.storage_gb)),
                storage_type=StorageType(step.storage_type),
                backup_gb=Decimal(str(step.backup_gb)),
                multi_az=step.multi_az,
                read_replicas=step.read_replicas,
            ),
        )
        for step in steps
    )


def designed_until(design: Design, demands: Sequence[DauDemand]) -> int | None:
    """Returns the users up to which the designed capacity carries the peak [DAU]; None without a limit."""
    limits = [
        capacity_holds_until(demand, rcu=throughput.read_capacity_units, wcu=throughput.write_capacity_units)
        for demand in demands
        if (throughput := _throughput(design, demand))
    ]
    return min((limit for limit in limits if limit is not None), default=None)


def _bytes_per_dau(workload: Workload, measured: Measurement) -> dict[str, Decimal]:
    stored: dict[str, Decimal] = {}
    for entity, sizes in measured.entities.items():
        items = Decimal(str(workload.items_per_dau(entity, sizes.items_per_user)))
        for place, each in sizes.billed_bytes_per_item.items():
            stored[place] = stored.get(place, Decimal(0)) + items * Decimal(str(each))
    return stored


def _carries(curve: CostCurve, dau: int) -> bool:
    return curve.last_dau is None or dau <= curve.last_dau


def _places(name: str, table: Table) -> Iterator[tuple[str | None, str]]:
    yield None, name
    for index in (*table.global_secondary_indexes, *table.local_secondary_indexes):
        yield index, f"{name}/{index}"


def _table_class(table: Table) -> TableClass:
    return TableClass.STANDARD if table.table_class == "STANDARD" else TableClass.STANDARD_IA


def _throughput(design: Design, demand: DauDemand) -> ProvisionedThroughput | None:
    table = design.tables[demand.table]
    if demand.index is None:
        return table.provisioned_throughput
    index = table.global_secondary_indexes.get(demand.index)
    return index.provisioned_throughput if index else None


def _sized(demand: DauDemand, conventions: Conventions) -> TableLoad:
    if demand.local:
        return fixed_load(demand, rcu=0, wcu=0)
    return sized_load(demand, conventions=conventions)


def _designed(design: Design, demand: DauDemand) -> TableLoad:
    throughput = _throughput(design, demand)
    if throughput is None:
        return on_demand_load(demand)
    return fixed_load(demand, rcu=throughput.read_capacity_units, wcu=throughput.write_capacity_units)


def _step_name(step: RelationalStep) -> str:
    replicas = f" + {step.read_replicas} read replicas" if step.read_replicas else ""
    return f"{step.instance}{' Multi-AZ' if step.multi_az else ''}{replicas}"
