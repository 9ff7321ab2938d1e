"""What the notebook of capacity and cost shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.compare import crossings, dau_grid
from workbench.compare.case_costs import (
    AS_DESIGNED,
    RELATIONAL,
    case_costs,
    case_demands,
    cost_ranges,
    peak_to_mean,
)
from workbench.errors import InputError
from workbench.pricing import UNSURE, book_for
from workbench.report.figures import Figure, Line, Mark, line_chart, stacked_bars
from workbench.report.tables import Column, Heading, Statement, Table
from workbench.report.trial import measurement_of

if TYPE_CHECKING:
    from decimal import Decimal

    from workbench.compare import CostCurve, Crossing
    from workbench.compare.case_costs import CaseCosts
    from workbench.pricing import Bill, PriceBook
    from workbench.spec import Case
    from workbench.spec.measured import Measurement

GRID_POINTS = 200
LEAST_DAU, MOST_DAU = 100, 100_000
"""The range over which alternatives are compared [users]."""

SHOWN_DAU = (100, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True)
class Costing:
    """What a case costs in a region, and what that rests on.

    Args:
        case: The case.
        measurement: Units and sizes of real items.
        costs: The alternatives.
        book: The prices.
        region: AWS region code.
    """

    case: Case
    measurement: Measurement
    costs: CaseCosts
    book: PriceBook
    region: str

    @property
    def relational(self) -> CostCurve | None:
        """The relational alternative; None where the document sizes none or a price is missing."""
        return self.costs.curve(RELATIONAL)

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """Where a DynamoDB alternative becomes cheaper or dearer than the relational one, by users."""
        if self.relational is None:
            return ()
        ours = [curve for curve in self.costs.curves if curve.name != RELATIONAL]
        found = [c for mine in ours for c in crossings(mine, self.relational, LEAST_DAU, self.limit(mine))]
        return tuple(sorted(found, key=lambda crossing: crossing.dau))

    def limit(self, curve: CostCurve) -> int:
        """The number of users up to which an alternative carries the load and is compared [users]."""
        ends = [MOST_DAU, curve.last_dau]
        ends += [self.costs.designed_until_dau] if curve.name == AS_DESIGNED else []
        return min(end for end in ends if end is not None)

    def curves_at(self, dau: int) -> list[CostCurve]:
        """The alternatives that carry a number of users."""
        return [curve for curve in self.costs.curves if dau <= self.limit(curve)]

    def ranges(self, dau: int) -> dict[str, tuple[Decimal, Decimal]]:
        """Least and largest cost of each alternative over the ranges of all assumptions [USD per month]."""
        return cost_ranges(self.case, self.measurement, self.book, self.region, dau)

    def cheapest(self, dau: int) -> CostCurve:
        """The cheapest alternative at a number of users."""
        return min(self.curves_at(dau), key=lambda curve: curve.usd(dau))


def price_case(case: Case, region: str) -> Costing:
    """Returns the cost of a case from its measurement and the newest prices.

    Raises:
        InputError: The case has not been measured, or no alternative can be priced in the region.
    """
    measurement = measurement_of(case)
    book = book_for(region)
    demands = case_demands(case.design, case.workload, measurement)
    costs = case_costs(case.design, case.workload, demands, book, region)
    if not costs.curves:
        raise InputError(costs.missing)
    return Costing(case, measurement, costs, book, region)


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Capacity and cost", case.design.title)


def basis(costing: Costing) -> Statement:
    """Returns what the cost rests on."""
    measured = costing.measurement
    return Statement(
        f"Units and sizes were measured on {measured.users:,} generated users with {measured.engine}, "
        f"at most {measured.samples:,} requests a pattern, seed {measured.seed}; units are counted by the "
        "rules of AWS."
    )


def missing_prices(costing: Costing) -> Statement:
    """Returns the prices that the region lacks, which keep an alternative out."""
    if not costing.costs.missing:
        return Statement(f"Every price that the alternatives need is known for {costing.region}.")
    listed = ", ".join(problem.path for problem in costing.costs.missing)
    return Statement(f"Alternatives are left out, because prices are missing: {listed}.", "bad")


def demand_table(costing: Costing, dau: int) -> Table:
    """Returns mean and peak units a second of every table and index, beside the designed capacity."""
    columns = [
        Column("table", "Table", code=True),
        Column("index", "Index", code=True),
        Column("mean_read", "Mean reads", "units/s", digits=2),
        Column("peak_read", "Peak reads", "units/s", digits=1),
        Column("rcu", "Designed", "RCU", digits=0),
        Column("mean_write", "Mean writes", "units/s", digits=2),
        Column("peak_write", "Peak writes", "units/s", digits=1),
        Column("wcu", "Designed", "WCU", digits=0),
    ]
    ratio = peak_to_mean(costing.case.workload)
    rows = [
        {
            "table": demand.table,
            "index": demand.index,
            "peak_read": demand.peak_per_second(demand.read_units_per_dau) * dau,
            "mean_read": demand.peak_per_second(demand.read_units_per_dau) / ratio * dau,
            "peak_write": demand.peak_per_second(demand.write_units_per_dau) * dau,
            "mean_write": demand.peak_per_second(demand.write_units_per_dau) / ratio * dau,
            **_designed(costing.case, demand.table, demand.index),
        }
        for demand in costing.costs.demands
    ]
    note = (
        f"Peak: the busiest second of the week, {ratio:.2f} times the mean, from the daily and weekly curve "
        "and the assumed burst. No designed capacity: on-demand."
    )
    return Table(f"Demand at {dau:,} daily active users", columns, rows, note)


def _designed(case: Case, table: str, index: str | None) -> dict[str, int | None]:
    holder: Any = case.design.tables[table]
    if index is not None:
        holder = {**holder.global_secondary_indexes, **holder.local_secondary_indexes}[index]
    units = holder.provisioned_throughput
    if units is None:
        return {"rcu": None, "wcu": None}
    return {"rcu": units.read_capacity_units, "wcu": units.write_capacity_units}


def capacity_statement(costing: Costing, dau: int) -> Statement:
    """Returns up to how many users the designed capacity carries the peak."""
    limit = costing.costs.designed_until_dau
    if limit is None:
        return Statement("The designed capacity has no limit that the modelled demand reaches.")
    enough = limit >= dau
    verb = "carries" if enough else "does not carry"
    return Statement(
        f"Without scaling, the designed capacity {verb} the peak of {dau:,} daily active users: it holds "
        f"up to {limit:,}. Burst capacity and hot partitions are left out.",
        "good" if enough else "bad",
    )


def cost_table(costing: Costing) -> Table:
    """Returns the monthly cost of every alternative at some numbers of users."""
    columns = [Column("dau", "Users", "DAU", digits=0)]
    columns += [Column(curve.name, curve.name, "USD a month", digits=2) for curve in costing.costs.curves]
    rows = [
        {"dau": dau, **{curve.name: curve.usd(dau) for curve in costing.curves_at(dau)}} for dau in SHOWN_DAU
    ]
    return Table("Monthly cost of the alternatives", columns, rows, price_note(costing))


def range_table(costing: Costing, dau: int) -> Table:
    """Returns the cost of every alternative with all assumptions at their low and at their high ends."""
    columns = [
        Column("name", "Alternative"),
        Column("low", "All low", "USD a month", digits=2),
        Column("assumed", "As assumed", "USD a month", digits=2),
        Column("high", "All high", "USD a month", digits=2),
    ]
    ranges = costing.ranges(dau)
    rows = [
        {"name": curve.name, "assumed": curve.usd(dau), "low": low, "high": high}
        for curve in costing.curves_at(dau)
        for low, high in [ranges[curve.name]]
    ]
    note = (
        "No cost falls when an assumption rises, so these are bounds; all at one end at once is unlikely. "
        "Capacity as designed costs the same but may not carry the high end."
    )
    return Table(f"What the assumptions leave open at {dau:,} daily active users", columns, rows, note)


def price_note(costing: Costing) -> str:
    """Returns where the prices come from and what the month is."""
    return (
        f"Prices: snapshot {costing.book.snapshot}, {costing.region}, list price, no free tier, month of "
        f"730 hours, GB of 2^30 bytes.{_designed_end(costing)}"
    )


def cost_figure(costing: Costing) -> Figure:
    """Returns cost over daily active users with every crossing marked."""
    grid = dau_grid(LEAST_DAU, MOST_DAU, GRID_POINTS)
    lines = [_line(curve, grid, costing.limit(curve)) for curve in costing.costs.curves]
    marks = [Mark(point.dau, float(point.usd_above), f"{point.dau:,}") for point in costing.crossings]
    labels = ("daily active users", "cost [USD a month]")
    return line_chart("Cost over daily active users", crossing_sentence(costing), lines, marks, labels)


def _line(curve: CostCurve, grid: list[int], limit: int) -> Line:
    starts = curve.segment_starts(LEAST_DAU, limit)
    users = sorted({*grid, *starts, *(start - 1 for start in starts), limit})
    users = [dau for dau in users if dau <= limit]
    return Line(curve.name, users, curve.usd_per_month(users).tolist())


def crossing_sentence(costing: Costing) -> str:
    """Returns what the curves show, in a sentence."""
    if costing.relational is None:
        return _without_relational(costing)
    if not costing.crossings:
        names = dict.fromkeys(costing.cheapest(dau).name for dau in (LEAST_DAU, MOST_DAU))
        return (
            f"From {LEAST_DAU:,} to {MOST_DAU:,} users no curve crosses that of RDS; the cheapest is "
            f"{', then '.join(names)}.{_designed_end(costing)}"
        )
    told = [
        f"from {point.dau:,} users on, {point.cheaper_above} costs less than {point.cheaper_below}"
        for point in costing.crossings
    ]
    return f"Crossings: {'; '.join(told)}.{_designed_end(costing)}"


def _without_relational(costing: Costing) -> str:
    if costing.case.workload.relational:
        return f"The relational databases that the case sizes have no price in {costing.region}."
    return (
        "The case sizes no relational database itself; the page on sensitivity compares with databases that "
        "are sized from the workload."
    )


def _designed_end(costing: Costing) -> str:
    limit = costing.costs.designed_until_dau
    if limit is None or limit >= MOST_DAU:
        return ""
    return f" {AS_DESIGNED} ends at {limit:,} users, whose peak its capacity just carries without scaling."


def crossing_table(costing: Costing) -> Table | Statement:
    """Returns every crossing with both costs; a statement when there is none."""
    if not costing.crossings:
        return Statement(crossing_sentence(costing))
    columns = [
        Column("dau", "From", "DAU", digits=0),
        Column("above", "Cheaper from here on"),
        Column("usd_above", "Its cost", "USD a month", digits=2),
        Column("below", "Cheaper before"),
        Column("usd_below", "Its cost", "USD a month", digits=2),
        Column("jump", "By a step"),
    ]
    rows = [
        {
            "dau": point.dau,
            "above": point.cheaper_above,
            "usd_above": point.usd_above,
            "below": point.cheaper_below,
            "usd_below": point.usd_below,
            "jump": point.by_jump,
        }
        for point in costing.crossings
    ]
    return Table("Crossings between DynamoDB and RDS", columns, rows, price_note(costing))


def bill_tables(costing: Costing, dau: int) -> list[Table]:
    """Returns the bill of every alternative at a number of users."""
    return [bill_table(curve, dau) for curve in costing.curves_at(dau)]


def bill_table(curve: CostCurve, dau: int) -> Table:
    """Returns the bill of an alternative, line by line, with the source of every price."""
    columns = [
        Column("component", "Component"),
        Column("table", "Table", code=True),
        Column("index", "Index", code=True),
        Column("quantity", "Quantity", digits=3),
        Column("unit", "Unit"),
        Column("price", "Price", "USD a unit"),
        Column("usd", "Amount", "USD a month", digits=2),
        Column("source", "Source of the price"),
    ]
    bill = curve.bill(dau)
    rows = [
        {
            "component": line.component,
            "table": line.table,
            "index": line.index,
            "quantity": line.quantity,
            "unit": line.unit,
            "price": f"{line.price.usd.normalize():f}",
            "usd": line.usd,
            "source": f"{line.price.source_id}, {line.price.source_date} ({line.price.strength})",
        }
        for line in bill.lines
    ]
    title = f"{curve.name} at {dau:,} daily active users"
    return Table(title, columns, rows, _strength_note(bill), {"component": "Total", "usd": bill.total})


def _strength_note(bill: Bill) -> str:
    weak = [line for line in bill.lines if line.price.strength in UNSURE]
    counts = Counter(str(line.price.strength) for line in bill.lines)
    listed = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    share = sum(line.usd for line in weak) / bill.total if bill.total else 0
    return f"Strength of the prices: {listed}; weak, suspect or assumed ones make {share:.0%} of the total."


def breakdown_figure(costing: Costing, dau: int) -> Figure:
    """Returns what each alternative spends on what at a number of users."""
    parts = {curve.name: _by_component(curve.bill(dau)) for curve in costing.curves_at(dau)}
    cheapest = costing.cheapest(dau)
    largest = max(parts[cheapest.name], key=lambda name: parts[cheapest.name][name])
    caption = (
        f"At {dau:,} daily active users the cheapest of these is {cheapest.name} at "
        f"{cheapest.usd(dau):,.2f} USD a month; its largest part is {largest}."
    )
    return stacked_bars("What the money goes into", caption, parts, "USD a month")


def _by_component(bill: Bill) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for line in bill.lines:
        name = "instance" if line.component.startswith("instance") else line.component
        total[name] += float(line.usd)
    return dict(total)


def pattern_table(costing: Costing) -> Table:
    """Returns the units that every pattern consumes, dearest first."""
    columns = [
        Column("pattern", "Pattern", code=True),
        Column("operation", "Operation"),
        Column("rate", "Requests", "a DAU a day", digits=3),
        Column("units", "Units", "a request", digits=2),
        Column("daily", "Units", "a DAU a day", digits=2),
    ]
    rows = [
        _pattern_row(costing.case, name, sum(by.values())) for name, by in costing.measurement.units.items()
    ]
    note = "Read units for reads, write units for writes, indexes included, as AWS would count them."
    return Table(
        "Which patterns consume the capacity", columns, sorted(rows, key=lambda row: -row["daily"]), note
    )


def _pattern_row(case: Case, name: str, units: float) -> dict[str, Any]:
    rate = case.workload.requests_per_dau_day(name)
    operation = case.design.patterns[name].operation
    return {"pattern": name, "operation": operation, "rate": rate, "units": units, "daily": units * rate}


def size_table(costing: Costing) -> Table:
    """Returns the sizes of the items of every entity."""
    columns = [
        Column("entity", "Entity"),
        Column("items_per_user", "Items", "a registered user", digits=2),
        Column("mean_bytes", "Mean", "bytes", digits=0),
        Column("p50_bytes", "Median", "bytes", digits=0),
        Column("p99_bytes", "p99", "bytes", digits=0),
        Column("max_bytes", "Largest", "bytes", digits=0),
    ]
    rows = [{"entity": name, **sizes.model_dump()} for name, sizes in costing.measurement.entities.items()]
    return Table("Sizes of items", columns, rows, basis(costing).text)
