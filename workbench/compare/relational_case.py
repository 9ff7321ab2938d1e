"""The relational side of a case: servers chosen from its workload, beside what its document chose."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.compare.case_costs import case_demands, peak_to_mean
from workbench.compare.cost_curve import CostCurve, Segment
from workbench.pricing.aurora import LEAST_ACU, AuroraConfiguration, aurora_charges
from workbench.pricing.bill import STANDARD, Charge, Conventions, price_list
from workbench.pricing.dimensions import Dimension, Service, aurora_instance, rds_instance
from workbench.pricing.quantity import Quantity
from workbench.pricing.relational_sizing import (
    ASSUMPTIONS,
    AURORA_CLASSES,
    MOST_AURORA_GB,
    MOST_GB,
    MOST_IOPS,
    RDS_CLASSES,
    WITHOUT_END,
    Needs,
    UserLoad,
    carries,
    instance_size,
    limits,
    needs,
    share_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from workbench.pricing.book import PriceBook
    from workbench.spec.design import Design
    from workbench.spec.measured import Measurement
    from workbench.spec.sql_profile import SqlProfile
    from workbench.spec.workload import Assumption, Workload

RDS_ONE_ZONE = "RDS sized from the workload, one zone"
RDS_TWO_ZONES = "RDS sized from the workload, two zones"
AURORA = "Aurora, a writer and a reader"
AURORA_IO = "Aurora I/O-Optimized, a writer and a reader"
SERVERLESS = "Aurora Serverless v2, a writer and a reader"
SIZED_RELATIONAL = (RDS_ONE_ZONE, RDS_TWO_ZONES, AURORA, AURORA_IO, SERVERLESS)
"""Names of the relational alternatives that are sized from the workload."""

SECONDS_PER_DAY = 86_400
SECONDS_PER_HOUR = 3600
LEAST_GB = Decimal(20)
"""Least volume that RDS allocates [GB]."""
LARGE_GB = Decimal(400)
IOPS_INCLUDED, IOPS_INCLUDED_LARGE = Decimal(3_000), Decimal(12_000)
AURORA_INSTANCES = 2


@dataclass(frozen=True, slots=True)
class Rung:
    """An instance class of a sizing.

    Args:
        instance_class: The class.
        last_dau: Most daily active users that it carries.
        ended_by: The resource that runs out then.
    """

    instance_class: str
    last_dau: int
    ended_by: str


def user_load(
    design: Design, workload: Workload, measured: Measurement, profile: SqlProfile
) -> UserLoad[Decimal]:
    """Returns what a daily active user asks of the relational database of a case."""
    demands = case_demands(design, workload, measured)
    rates = {name: workload.requests_per_dau_day(name) / SECONDS_PER_DAY for name in design.patterns}
    busy = sum(rate * profile.cpu_seconds(name) for name, rate in rates.items())
    return UserLoad(
        requests_per_second=Decimal(str(sum(rates.values()))),
        cpu_seconds_per_second=Decimal(str(busy)),
        peak_to_mean=peak_to_mean(workload),
        item_bytes=sum((demand.bytes_per_dau for demand in demands if demand.index is None), Decimal(0)),
    )


def assumed_values(assumptions: Mapping[str, Assumption] = ASSUMPTIONS) -> dict[str, Decimal]:
    """Returns the values of assumptions as decimals."""
    return {name: Decimal(str(assumption.value)) for name, assumption in assumptions.items()}


def rungs(needed: Needs[Decimal], usd_per_hour: Mapping[str, Decimal], *, aurora: bool) -> tuple[Rung, ...]:
    """Returns the classes worth using, cheapest first: each carries more users than every cheaper one.

    Args:
        needed: What each user needs.
        usd_per_hour: Price of each class that may be chosen [USD per hour].
        aurora: For the volumes of Aurora instead of those of RDS.
    """
    most_gb, most_iops = (MOST_AURORA_GB, None) if aurora else (MOST_GB, MOST_IOPS)
    found: list[Rung] = []
    for name in sorted(usd_per_hour, key=lambda name: usd_per_hour[name]):
        last, resource = carries(limits(instance_size(name), needed, most_gb, most_iops))
        if last > (found[-1].last_dau if found else 0):
            found.append(Rung(name, last, resource))
    return tuple(found)


def relational_curves(
    needed: Needs[Decimal], book: PriceBook, region: str, conventions: Conventions = STANDARD
) -> dict[str, Callable[[], CostCurve]]:
    """Returns the alternatives sized from a workload by name; each is priced when it is called.

    Beyond what the largest class carries the users are divided among several such servers, as an
    application that shards would: the price of its engineers is not in the bill.

    Args:
        needed: What each user needs.
        book: Prices.
        region: AWS region code; a call raises InputError with every price that it lacks.
        conventions: Length of the month and size of a GB.
    """
    scene = _Scene(needed, book, region, conventions)
    return {
        RDS_ONE_ZONE: lambda: scene.rds(RDS_ONE_ZONE, multi_az=False),
        RDS_TWO_ZONES: lambda: scene.rds(RDS_TWO_ZONES, multi_az=True),
        AURORA: lambda: scene.aurora(AURORA, io_optimized=False),
        AURORA_IO: lambda: scene.aurora(AURORA_IO, io_optimized=True),
        SERVERLESS: scene.serverless,
    }


def unit_prices(
    book: PriceBook, region: str, service: Service, names: Mapping[str, str], beside: Sequence[str] = ()
) -> dict[str, Decimal]:
    """Returns the price of a unit of each dimension [USD], such as an hour of an instance class.

    Args:
        book: Prices.
        region: AWS region code.
        service: Service that bills them.
        names: What is asked for, to its dimension.
        beside: Dimensions that a bill needs as well, so that all that is missing is named at once.

    Raises:
        InputError: Every dimension that the region has no price for.
    """
    wanted = [*names.values(), *beside]
    charges = [Charge("", "", None, service, dimension, Quantity()) for dimension in wanted]
    priced = price_list(charges, book, region)
    return {name: price.usd for name, (_, price) in zip(names, priced, strict=False)}


def rds_hours(book: PriceBook, region: str, *, multi_az: bool) -> dict[str, Decimal]:
    """Returns the price of an hour of each RDS class of a sizing [USD]."""
    names = {name: rds_instance(name, multi_az=multi_az) for name in RDS_CLASSES}
    zones = "multi_az" if multi_az else "single_az"
    beside = (f"gp3_storage_{zones}", f"gp3_iops_{zones}", Dimension.BACKUP_STORAGE)
    return unit_prices(book, region, Service.RDS_POSTGRESQL, names, beside)


def aurora_hours(book: PriceBook, region: str) -> dict[str, Decimal]:
    """Returns the price of an hour of each Aurora class of a sizing [USD]."""
    names = {name: aurora_instance(name) for name in AURORA_CLASSES}
    beside = (Dimension.STORAGE_STANDARD, Dimension.IO_REQUESTS_STANDARD, Dimension.BACKUP_STORAGE)
    return unit_prices(book, region, Service.AURORA_POSTGRESQL, names, beside)


@dataclass(frozen=True)
class _Scene:
    needed: Needs[Decimal]
    book: PriceBook
    region: str
    conventions: Conventions

    def rds(self, name: str, *, multi_az: bool) -> CostCurve:
        ladder = rungs(self.needed, rds_hours(self.book, self.region, multi_az=multi_az), aurora=False)
        zones = "multi_az" if multi_az else "single_az"
        edge = self._first_large(zones)
        segments = []
        for start, rung, servers in _stages(ladder, edge):
            dimension = rds_instance(rung.instance_class, multi_az=multi_az)
            large = start >= edge or (bool(servers.per_dau) and rung.last_dau >= edge)
            parts = (
                (f"instance {rung.instance_class}", dimension, self._hours(servers)),
                ("gp3 storage", f"gp3_storage_{zones}", _allocated(self.needed, servers, large=large)),
                ("gp3 IOPS", f"gp3_iops_{zones}", _iops(self.needed, servers, large=large)),
                (
                    "backup storage",
                    str(Dimension.BACKUP_STORAGE),
                    Quantity(per_dau=self.needed.backup_gb),
                ),
            )
            charges = [
                Charge(words, "primary", None, Service.RDS_POSTGRESQL, what, count)
                for words, what, count in parts
            ]
            segments.append(self._segment(start, rung, servers, charges))
        return CostCurve(name, self.region, tuple(segments), conventions=self.conventions)

    def aurora(self, name: str, *, io_optimized: bool) -> CostCurve:
        ladder = rungs(self.needed, aurora_hours(self.book, self.region), aurora=True)
        segments = []
        for start, rung, servers in _stages(ladder, None):
            cluster = replace(
                self._cluster(),
                instance_class=rung.instance_class,
                instances=servers.scaled(Decimal(AURORA_INSTANCES)),
                io_optimized=io_optimized,
            )
            charges = aurora_charges(cluster, self.conventions)
            segments.append(self._segment(start, rung, servers, charges))
        return CostCurve(name, self.region, tuple(segments), conventions=self.conventions)

    def serverless(self) -> CostCurve:
        capacity = Quantity(per_dau=max(self.needed.acu), minimum=LEAST_ACU)
        cluster = replace(self._cluster(), instances=AURORA_INSTANCES, acu=capacity)
        charges = price_list(aurora_charges(cluster, self.conventions), self.book, self.region)
        segment = Segment(0, SERVERLESS, charges)
        return CostCurve(SERVERLESS, self.region, (segment,), conventions=self.conventions)

    def _first_large(self, zones: str) -> int:
        """Returns from how many users on a large volume is the cheapest: it includes more I/O."""
        names = {"gb": f"gp3_storage_{zones}", "iops": f"gp3_iops_{zones}"}
        usd = unit_prices(self.book, self.region, Service.RDS_POSTGRESQL, names)
        volume = _allocated(self.needed, Quantity.of(1), large=False)

        def pays(dau: int) -> bool:
            saved = min(self.needed.iops * dau, IOPS_INCLUDED_LARGE) - IOPS_INCLUDED
            return (LARGE_GB - volume.at(dau)) * usd["gb"] <= max(saved, Decimal(0)) * usd["iops"]

        return bisect_left(range(WITHOUT_END), x=True, key=pays)

    def _hours(self, servers: Quantity) -> Quantity:
        return servers.scaled(self.conventions.hours_per_month)

    def _cluster(self) -> AuroraConfiguration:
        seconds = self.conventions.hours_per_month * SECONDS_PER_HOUR
        return AuroraConfiguration(
            storage_gb=Quantity(per_dau=self.needed.stored_gb),
            io_requests=Quantity(per_dau=self.needed.ios_per_second * seconds),
            backup_gb=Quantity(per_dau=self.needed.backup_gb),
        )

    def _segment(self, start: int, rung: Rung, servers: Quantity, charges: Sequence[Charge]) -> Segment:
        name = f"{rung.instance_class} sharded" if servers.per_dau else rung.instance_class
        billed = [charge for charge in charges if not charge.count.is_zero]
        return Segment(start, name, price_list(billed, self.book, self.region))


def _stages(ladder: tuple[Rung, ...], edge: int | None) -> Iterator[tuple[int, Rung, Quantity]]:
    """Yields first user, class and number of servers; a class is split where volumes become large."""
    start = 0
    for rung in ladder:
        yield start, rung, Quantity.of(1)
        if edge is not None and start < edge <= rung.last_dau:
            yield edge, rung, Quantity.of(1)
        start = rung.last_dau + 1
    yield start, ladder[-1], Quantity(per_dau=share_of(ladder[-1].last_dau), whole=True)


def _allocated(needed: Needs[Decimal], servers: Quantity, *, large: bool) -> Quantity:
    """Returns the volumes' size [GB]; large ones are at least as large as more included I/O asks."""
    least = LARGE_GB if large else LEAST_GB
    each = max(needed.allocated_gb, least * servers.per_dau) if large else needed.allocated_gb
    return Quantity(per_dau=each, whole=True, minimum=least)


def _iops(needed: Needs[Decimal], servers: Quantity, *, large: bool) -> Quantity:
    """Returns the I/O beyond what the volumes include; several servers have a volume each."""
    included = IOPS_INCLUDED_LARGE if large else IOPS_INCLUDED
    if servers.per_dau:
        return Quantity(per_dau=max(Decimal(0), needed.iops - included * servers.per_dau))
    return Quantity(fixed=-included, per_dau=needed.iops) if needed.iops else Quantity()


def case_needs(
    design: Design,
    workload: Workload,
    measured: Measurement,
    profile: SqlProfile,
    assumptions: Mapping[str, Assumption] = ASSUMPTIONS,
) -> Needs[Decimal]:
    """Returns what each daily active user of a case needs of a relational server, at the assumed values."""
    return needs(user_load(design, workload, measured, profile), assumed_values(assumptions))
