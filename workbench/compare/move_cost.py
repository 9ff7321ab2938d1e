"""What a move costs and how long it takes: writes, both databases at once, the day that ends each phase."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from workbench.compare.case_costs import ON_DEMAND, RELATIONAL, case_costs, case_demands
from workbench.compare.payback import MovePlan, move_bill, written_units
from workbench.pricing.bill import Bill, Charge, price_charges
from workbench.pricing.dimensions import Dimension, Service
from workbench.pricing.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.compare.priced_case import PricedCase
    from workbench.spec.migration import Plan

NEW_TABLE_WCU = 4_000
"""Write units a second that a new on-demand table and each of its indexes take. Source: dg-on-demand-start"""

WCU_LIMITS = (1_000, 4_000, 10_000, 40_000)
"""Write limits a second at which the load is timed; a table takes 40,000. Source: dynamodb-quotas"""

DAYS_PER_WEEK = 7
SECONDS_PER_HOUR = 3_600
HOURS_PER_DAY = 24
DAYS_PER_MONTH = Decimal(730) / HOURS_PER_DAY

WEEKS = (7, 12)
"""Documented duration of the whole move [weeks]: the shortest and the longest."""


@dataclass(frozen=True, slots=True)
class Observed:
    """How long a phase is watched before the next begins: an assumption.

    Args:
        days: The assumed value [days].
        low: The least that is plausible [days].
        high: The most that is plausible [days].
        reason: Why.
    """

    days: Decimal
    low: Decimal
    high: Decimal
    reason: str


def _observed(days: str, low: str, high: str, reason: str) -> Observed:
    return Observed(Decimal(days), Decimal(low), Decimal(high), reason)


OBSERVED: Mapping[str, Observed] = MappingProxyType(
    {
        "dual_write": _observed("3", "1", "7", "A weekend and a working day show every kind of write."),
        "backfill": _observed("1", "0.5", "3", "A day for what the comparison of both sides finds."),
        "reads": _observed("4", "1", "8", "A day for each of the four shares of the reads, up to 100 %."),
        "writes": _observed("7", "2", "14", "A week has each job and each hour of load once."),
        "decommission": _observed("14", "7", "30", "Two weeks in which the way back stays open."),
    }
)
"""Phase to the time that it is watched; a phase that is not named takes as long as documented."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to load the tables.

    Args:
        name: The way, in words.
        write_units: Units that are written, indexes included; 0 for an import.
        hours: How long it takes at least; None where nobody states it [h].
        bill: What it costs, line by line; None where it is not possible, or has no price.
        note: What limits it, or why it is not possible.
    """

    name: str
    write_units: Decimal
    hours: Decimal | None
    bill: Bill | None
    note: str = ""

    @property
    def usd(self) -> Decimal | None:
        """Sum of the bill [USD]; None where there is none."""
        return self.bill.total if self.bill else None


@dataclass(frozen=True, slots=True)
class DualRunning:
    """Both databases for some weeks.

    Args:
        weeks: How long.
        relational_usd: Bill of the relational side for that time [USD]; None when it is not sized or priced.
        dynamodb_usd: Bill of DynamoDB on demand for that time [USD]; None when a price is missing.
    """

    weeks: int
    relational_usd: Decimal | None
    dynamodb_usd: Decimal | None

    @property
    def usd(self) -> Decimal | None:
        """Both bills [USD]; None when one is not known."""
        if self.relational_usd is None or self.dynamodb_usd is None:
            return None
        return self.relational_usd + self.dynamodb_usd


@dataclass(frozen=True, slots=True)
class Span:
    """A phase as a bar of a Gantt chart, in days from the start of the move.

    Args:
        phase: Its name.
        title: Its name for people.
        documented: First and last day that the document gives it [days].
        expected: Begin and end by the time of the load and what is watched [days].
        shortest: Begin and end with every observation at its least [days].
        longest: Begin and end with every observation at its most [days].
        why: What the time is spent on.
    """

    phase: str
    title: str
    documented: tuple[Decimal, Decimal]
    expected: tuple[Decimal, Decimal]
    shortest: tuple[Decimal, Decimal]
    longest: tuple[Decimal, Decimal]
    why: str


@dataclass(frozen=True, slots=True)
class MoveCost:
    """What a move costs once, and when each phase would end.

    Args:
        dau: Daily active users whose data is moved.
        region: AWS region code.
        ways: The ways to load the tables.
        dual_running: Both databases for the shortest and the longest documented time.
        spans: The phases on a calendar of days, loaded by on-demand batches.
    """

    dau: int
    region: str
    ways: tuple[Way, ...]
    dual_running: tuple[DualRunning, ...]
    spans: tuple[Span, ...]


def move_cost(
    priced: PricedCase,
    *,
    dau: int,
    plan: Plan,
    wcu_limits: Sequence[int] = WCU_LIMITS,
    weeks: tuple[int, int] = WEEKS,
) -> MoveCost:
    """Returns the cost and the time of moving a case.

    Args:
        priced: The case and its prices.
        dau: Daily active users whose data is moved.
        plan: The phases with their documented weeks.
        wcu_limits: Write limits at which provisioned loads are timed [WCU of each table and index].
        weeks: Shortest and longest documented duration of the whole move.

    Raises:
        InputError: Every price that this region lacks for the load.

    Source: prices-export-import, dg-read-write-operations, dg-on-demand-start, dynamodb-quotas
    """
    ways = _Ways(priced, dau)
    return MoveCost(
        dau=dau,
        region=priced.region,
        ways=(ways.on_demand(), *map(ways.provisioned, wcu_limits), ways.imported()),
        dual_running=tuple(_dual(priced, dau, weeks)),
        spans=tuple(_spans(plan, ways.hours(NEW_TABLE_WCU))),
    )


@dataclass(frozen=True)
class _Ways:
    """The ways to load the tables of one case."""

    priced: PricedCase
    dau: int

    def units(self) -> dict[tuple[str, str | None], Decimal]:
        """Returns the write units of each table and global index; local indexes count with their table."""
        found: dict[tuple[str, str | None], Decimal] = {}
        for table, index, per_dau in written_units(self.priced):
            local = index in self.priced.design.tables[table].local_secondary_indexes
            place = (table, None if local else index)
            found[place] = found.get(place, Decimal(0)) + per_dau * self.dau
        return found

    def hours(self, wcu: int) -> Decimal:
        """Returns the least time of the load [h]: table after table, each as fast as its slowest index."""
        return sum(self._table_hours(wcu).values(), Decimal(0))

    def _table_hours(self, wcu: int) -> dict[str, Decimal]:
        slowest: dict[str, Decimal] = {}
        for (table, _), units in self.units().items():
            slowest[table] = max(slowest.get(table, Decimal(0)), units / wcu / SECONDS_PER_HOUR)
        return slowest

    def _total(self) -> Decimal:
        return sum(self.units().values(), Decimal(0))

    def _bill(self, *, by_import: bool) -> Bill:
        plan = MovePlan(by_import=by_import, verification_reads=0)
        return move_bill(self.priced, dau=self.dau, plan=plan)

    def on_demand(self) -> Way:
        """Batches into new tables on demand."""
        note = f"a new table and each index take {NEW_TABLE_WCU:,} units a second at first"
        hours = self.hours(NEW_TABLE_WCU)
        return Way("batch writes, on-demand", self._total(), hours, self._bill(by_import=False), note)

    def provisioned(self, wcu: int) -> Way:
        """Batches into tables with a fixed capacity, which is paid for each begun hour."""
        bill = price_charges(list(self._capacity(wcu)), self.priced.book, self.priced.region, dau=self.dau)
        note = "each table and global index has this capacity while its table is loaded"
        name = f"batch writes, provisioned {wcu:,} WCU"
        return Way(name, self._total(), self.hours(wcu), bill, note)

    def _capacity(self, wcu: int) -> Iterator[Charge]:
        hours = self._table_hours(wcu)
        for table, index in self.units():
            begun = max(Decimal(1), hours[table].to_integral_value(rounding=ROUND_CEILING))
            dimension = Dimension.PROVISIONED_WCU_STANDARD
            count = Quantity(fixed=begun * wcu)
            yield Charge("backfill capacity", table, index, Service.DYNAMODB, dimension, count)

    def imported(self) -> Way:
        """Files in S3 that become new tables."""
        local = sorted(
            name for name, table in self.priced.design.tables.items() if table.local_secondary_indexes
        )
        if local:
            note = f"not possible: an import makes no local indexes, which {', '.join(local)} needs"
            return Way("import from S3", Decimal(0), None, None, note)
        if self.priced.region not in self.priced.book.regions(
            service=Service.DYNAMODB, dimension=Dimension.IMPORT_FROM_S3
        ):
            return Way("import from S3", Decimal(0), None, None, f"no price is known in {self.priced.region}")
        note = "no write units, indexes free; AWS states no speed, and the table takes no writes meanwhile"
        return Way("import from S3", Decimal(0), None, self._bill(by_import=True), note)


def _dual(priced: PricedCase, dau: int, weeks: tuple[int, int]) -> Iterator[DualRunning]:
    design, workload = priced.design, priced.workload
    demands = case_demands(design, workload, priced.measured)
    costs = case_costs(design, workload, demands, priced.book, priced.region)
    curves = {name: costs.curve(name) for name in (RELATIONAL, ON_DEMAND)}
    monthly = {
        name: curve.usd(dau) if curve and (curve.last_dau is None or dau <= curve.last_dau) else None
        for name, curve in curves.items()
    }
    for count in weeks:
        months = count * DAYS_PER_WEEK / DAYS_PER_MONTH
        sides = {name: None if usd is None else usd * months for name, usd in monthly.items()}
        yield DualRunning(count, sides[RELATIONAL], sides[ON_DEMAND])


def _spans(plan: Plan, load_hours: Decimal) -> Iterator[Span]:
    ends = dict.fromkeys(("days", "low", "high"), Decimal(0))
    for name, phase in plan.phases.items():
        first, last = phase.weeks.first, phase.weeks.last
        documented = Decimal((last - first + 1) * DAYS_PER_WEEK)
        watched = OBSERVED.get(name, Observed(documented, documented, documented, "As documented."))
        loads = any(step.does == "backfill" for step in phase.steps.values())
        load = load_hours / HOURS_PER_DAY if loads else Decimal(0)
        begins = dict(ends)
        ends = {which: begins[which] + load + getattr(watched, which) for which in ends}
        why = f"{load_hours:.3g} hours of loading. {watched.reason}" if loads else watched.reason
        spans = {which: (begins[which], ends[which]) for which in ends}
        stated = (Decimal((first - 1) * DAYS_PER_WEEK), Decimal(last * DAYS_PER_WEEK))
        yield Span(name, phase.title, stated, spans["days"], spans["low"], spans["high"], why)
