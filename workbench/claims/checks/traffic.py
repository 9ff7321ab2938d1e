"""Checks that need the workload and the measured units: bills, break-even and what a capacity carries."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from workbench.claims.evidence import Evidence, Number, Ours, check, exact, money, plain
from workbench.compare.break_even import crossings
from workbench.compare.case_costs import (
    AS_DESIGNED,
    ON_DEMAND,
    RELATIONAL,
    SIZED,
    CaseCosts,
    case_costs,
    case_demands,
    cost_ranges,
)
from workbench.compare.cost_curve import CostCurve
from workbench.compare.demand import capacity_holds_until
from workbench.errors import InputError, Problem
from workbench.pricing.bill import STANDARD
from workbench.spec.workload import Workload

ALTERNATIVES = {
    "on-demand": ON_DEMAND,
    "sized": SIZED,
    "as designed": AS_DESIGNED,
    "relational": RELATIONAL,
}
LEAST_DAU, DOCUMENTED_DAU, MOST_DAU = 100, 10_000, 1_000_000
_ASSUMPTIONS = ("the assumed actions of a user, from the least to the most plausible",)


@check
def monthly_cost(evidence: Evidence, *, alternative: str, dau: int) -> Ours:
    """Returns the cost of an alternative over the range of all assumptions [USD per month]."""
    name = ALTERNATIVES[alternative]
    ranges = cost_ranges(evidence.case, evidence.measured, evidence.book, evidence.region, dau)
    low, high = (round(end, 2) for end in ranges[name])
    assumed = _curve_usd(evidence, name, dau)
    working = (
        f"with our measured units {name} costs {money(assumed)} USD a month at {plain(dau)} DAU, "
        f"{money(low)} with every assumption low and {money(high)} with every one high"
    )
    return Ours((low, high) if low != high else low, working, _ASSUMPTIONS)


@check
def crossing(evidence: Evidence, *, alternative: str) -> Ours:
    """Returns the users from which an alternative stays cheaper than the RDS of the workload [DAU].

    Where a step of the sizing brings it about, the number is that of the sizing and not a result.
    """
    name = ALTERNATIVES[alternative]
    found = [_stays_cheaper(evidence, name, workload) for workload in _scenarios(evidence)]
    words = ", ".join(
        f"{_from(each)} with all assumptions {end}"
        for each, end in zip(found, ("high", "as assumed", "low"), strict=True)
    )
    working = f"{name} stays cheaper than RDS {words} (looked at from {LEAST_DAU} to {plain(DOCUMENTED_DAU)})"
    users = [each.dau for each in found if each]
    if len(users) < len(found):
        return Ours("open", working, _ASSUMPTIONS)
    low, high = min(users), max(users)
    if any(each and each.by_step for each in found):
        depends = "where the larger instance is needed, which the document leaves open"
        working += ", and the step to the larger instance in the sizing of RDS makes the later crossing"
        return Ours(plain(low) if low == high else f"{plain(low)} to {plain(high)}", working, (depends,))
    return Ours((Decimal(low), Decimal(high)), working, _ASSUMPTIONS)


@check
def table_cost(evidence: Evidence, *, alternative: str, tables: tuple[str, ...], dau: int) -> Ours:
    """Returns the part of tables, with their indexes, in a bill at the assumed values [USD per month]."""
    name = ALTERNATIVES[alternative]
    lines = _curve(evidence.costs, name).bill(dau).lines
    usd = sum((line.usd for line in lines if line.table in tables), Decimal(0))
    return Ours(usd, f"{', '.join(tables)} take {money(usd)} USD a month of {name} at {plain(dau)} DAU")


@check
def index_cost(evidence: Evidence, *, alternative: str, dau: int) -> Ours:
    """Returns the part of all indexes in a bill, over the range of all assumptions [USD per month]."""
    name = ALTERNATIVES[alternative]
    ends = [
        sum((line.usd for line in _curve(costs, name).bill(dau).lines if line.index), Decimal(0))
        for costs in (_costs(evidence, workload) for workload in _scenarios(evidence))
    ]
    working = (
        f"all indexes take {money(ends[1])} USD a month of {name} at {plain(dau)} DAU, "
        f"{money(ends[2])} with every assumption low and {money(ends[0])} with every one high"
    )
    return Ours((round(ends[2], 2), round(ends[0], 2)), working, _ASSUMPTIONS)


@check
def stored_gb(evidence: Evidence, *, dau: int) -> Ours:
    """Returns what tables and indexes store, over the range of all assumptions [GB = 2^30 bytes]."""
    case = evidence.case
    high, middle, low = (
        dau
        * sum(demand.bytes_per_dau for demand in case_demands(case.design, workload, evidence.measured))
        / STANDARD.bytes_per_gb
        for workload in _scenarios(evidence)
    )
    working = (
        f"{plain(dau)} DAU store {middle:,.1f} GB in tables and indexes, "
        f"{low:,.1f} with every assumption low and {high:,.1f} with every one high"
    )
    return Ours((round(low, 1), round(high, 1)), working, _ASSUMPTIONS)


@check
def designed_capacity(evidence: Evidence) -> Ours:
    """Returns the users whose peak the written capacity carries, over the assumptions [DAU]."""
    return _carried(evidence, "the written capacity", scaled=False)


@check
def scaled_capacity(evidence: Evidence) -> Ours:
    """Returns the users whose peak the largest scaled capacity carries, over the assumptions [DAU]."""
    return _carried(evidence, "the largest capacity that auto scaling may set", scaled=True)


@check
def storage_saved(_: Evidence, *, kept_days: int, after_days: tuple[int, int]) -> Ours:
    """Returns the share of stored items that an expiry has removed, for two ages of the system [%]."""
    low, high = (round(100 * (1 - Decimal(kept_days) / day), 1) for day in after_days)
    working = (
        f"with {kept_days} days kept, {plain(low)} % of all items ever written are gone after "
        f"{plain(after_days[0])} days and {plain(high)} % after {plain(after_days[1])}"
    )
    return Ours((low, high), working, ("the age of the system; 90 % are reached after 900 days",))


@check
def grows_with_users(
    evidence: Evidence, *, alternative: str, dau: int, factor: Number, within: Number
) -> Ours:
    """Returns whether the cost at `factor` times the users is that many times the cost, `within` a share."""
    name = ALTERNATIVES[alternative]
    many = int(dau * factor)
    ratio = _curve_usd(evidence, name, many) / _curve_usd(evidence, name, dau)
    working = f"{name} costs {ratio:.2f} times as much at {plain(many)} DAU as at {plain(dau)}"
    return Ours(abs(ratio / exact(factor) - 1) <= exact(within), working)


def _carried(evidence: Evidence, what: str, *, scaled: bool) -> Ours:
    least, middle, most = (_until(evidence, each, scaled=scaled) for each in _scenarios(evidence))
    working = (
        f"{what} carries the mean over the peak second up to {plain(middle)} DAU at the assumed values, "
        f"{plain(least)} with all of them high and {plain(most)} with all low"
    )
    return Ours((Decimal(least), Decimal(most)), working, _ASSUMPTIONS)


def _until(evidence: Evidence, workload: Workload, *, scaled: bool) -> int:
    case = evidence.case
    limits = [
        capacity_holds_until(demand, rcu=capacity[0], wcu=capacity[1])
        for demand in case_demands(case.design, workload, evidence.measured)
        if (capacity := _capacity(evidence, demand.table, demand.index, scaled=scaled))
    ]
    return min((limit for limit in limits if limit is not None), default=MOST_DAU)


def _capacity(evidence: Evidence, table: str, index: str | None, *, scaled: bool) -> tuple[int, int] | None:
    designed = evidence.case.design.tables[table]
    holder = designed if index is None else designed.global_secondary_indexes.get(index)
    if holder is None or holder.provisioned_throughput is None:
        return None
    if scaled and holder.auto_scaling:
        bounds = holder.auto_scaling
        return bounds.max_read_capacity_units, bounds.max_write_capacity_units
    written = holder.provisioned_throughput
    return written.read_capacity_units, written.write_capacity_units


def _scenarios(evidence: Evidence) -> tuple[Workload, Workload, Workload]:
    """Returns the workload with all assumptions high, as assumed, and low."""
    workload = evidence.case.workload
    return workload.corner("high"), workload, workload.corner("low")


def _costs(evidence: Evidence, workload: Workload) -> CaseCosts:
    demands = case_demands(evidence.case.design, workload, evidence.measured)
    return case_costs(evidence.case.design, workload, demands, evidence.book, evidence.region)


class _From(NamedTuple):
    """The users from which an alternative stays cheaper, and whether a step of a sizing makes it so."""

    dau: int
    by_step: bool


def _stays_cheaper(evidence: Evidence, name: str, workload: Workload) -> _From | None:
    """Returns from where on an alternative is cheaper up to the documented users; None where RDS is there."""
    costs = _costs(evidence, workload)
    ours, rds = _curve(costs, name), _curve(costs, RELATIONAL)
    if ours.usd(DOCUMENTED_DAU) >= rds.usd(DOCUMENTED_DAU):
        return None
    found = crossings(ours, rds, LEAST_DAU, DOCUMENTED_DAU)
    return _From(found[-1].dau, found[-1].by_jump) if found else _From(LEAST_DAU, by_step=False)


def _from(found: _From | None) -> str:
    return f"from {plain(found.dau)} DAU on" if found else "not in the end"


def _curve_usd(evidence: Evidence, name: str, dau: int) -> Decimal:
    return _curve(evidence.costs, name).usd(dau)


def _curve(costs: CaseCosts, name: str) -> CostCurve:
    curve = costs.curve(name)
    if curve is not None:
        return curve
    missing = Problem("workload.yaml", 0, "relational", f"{name} is not sized; got nothing", "Add a sizing.")
    raise InputError(costs.missing or [missing])
