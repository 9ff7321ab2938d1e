"""Every bill of a case: each commercial mode of DynamoDB and each relational alternative."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING

from workbench.compare.case_costs import (
    AS_DESIGNED,
    ON_DEMAND,
    RELATIONAL,
    SIZED,
    case_demands,
    dynamodb_loads,
    rds_steps,
)
from workbench.compare.case_costs import designed_until as capacity_until
from workbench.compare.case_mix import table_uses
from workbench.compare.modes import rds_curve
from workbench.compare.relational_case import case_needs, relational_curves
from workbench.compare.services import check_replicas, items_per_table, replicated_bill, service_charges
from workbench.errors import InputError
from workbench.pricing.bill import STANDARD, Bill, Conventions, price_charges, with_free_tier
from workbench.pricing.dynamodb import TableClass, dynamodb_bill
from workbench.pricing.mix import Mode, cheapest_mix
from workbench.pricing.reserved import Term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from workbench.compare.cost_curve import CostCurve
    from workbench.compare.demand import DauDemand
    from workbench.errors import Problem
    from workbench.pricing.book import PriceBook
    from workbench.pricing.mix import Mix, MixOption
    from workbench.spec.case import Case
    from workbench.spec.measured import Measurement
    from workbench.spec.sql_profile import SqlProfile

SCALED = "DynamoDB provisioned with auto scaling"
RESERVED = {
    Term.ONE_YEAR: "DynamoDB reserved for 1 year, the rest on top",
    Term.THREE_YEARS: "DynamoDB reserved for 3 years, the rest on top",
}
CHEAPEST = "DynamoDB, the cheapest way for each table"
REPLICATED = "DynamoDB on-demand, global tables"
MODES = (ON_DEMAND, SIZED, AS_DESIGNED, SCALED, *RESERVED.values(), CHEAPEST)
"""Names of DynamoDB's alternatives, in the order of their bills; replicas add `REPLICATED`."""


@dataclass(frozen=True, slots=True)
class CaseBill:
    """What an alternative costs at a number of users.

    Args:
        alternative: Its name.
        dau: Daily active users.
        bill: Its lines; None where it is not sized for so many users.
        remark: What the total does not tell: an end of a sizing, units refused, what was chosen.
    """

    alternative: str
    dau: int
    bill: Bill | None
    remark: str = ""

    @property
    def kind(self) -> str:
        """`dynamodb` or `relational`."""
        return "dynamodb" if self.alternative in {*MODES, REPLICATED} else "relational"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An alternative that a region cannot price, and one price that it lacks."""

    alternative: str
    problem: Problem

    @property
    def place(self) -> tuple[str, str, str]:
        """Service, region and dimension of the missing price."""
        service, region, dimension = self.problem.path.split(".", maxsplit=2)
        return service, region, dimension


@dataclass(frozen=True, slots=True)
class CaseBills:
    """The bills of a case, by users and alternative, and what the region cannot price."""

    case: str
    region: str
    snapshot: str
    conventions: Conventions
    bills: tuple[CaseBill, ...]
    left_out: tuple[LeftOut, ...]


def case_bills(  # noqa: PLR0913 - a case, what was measured of it, prices and conventions
    case: Case,
    measured: Measurement,
    profile: SqlProfile,
    book: PriceBook,
    region: str,
    *,
    dau: Sequence[int],
    conventions: Conventions = STANDARD,
) -> CaseBills:
    """Returns the bill of every alternative of a case that the region has prices for.

    Args:
        case: Its design and workload.
        measured: Units of its patterns and sizes of its items.
        profile: Processor time of its SQL.
        book: Prices.
        region: AWS region code.
        dau: Numbers of daily active users.
        conventions: Length of the month, size of a GB, and whether the free tier is drawn down.

    Raises:
        InputError: The region can price none of them.
    """
    scene = _Scene(case, measured, book, region, replace(conventions, free_tier=False))
    bills: list[CaseBill] = []
    missing: dict[LeftOut, None] = {}
    for users in dau:
        for name, make in {**scene.ours(users), **scene.theirs(users, profile)}.items():
            try:
                found = make()
                bills.append(_free(found, book) if conventions.free_tier else found)
            except InputError as error:
                missing |= dict.fromkeys(LeftOut(name, problem) for problem in error.problems)
    if not bills:
        raise InputError(dict.fromkeys(one.problem for one in missing))
    return CaseBills(case.name, region, book.snapshot, conventions, tuple(bills), tuple(missing))


class _Scene:
    """A case in a region: its demands, and mixes that are made once for each number of users."""

    def __init__(
        self, case: Case, measured: Measurement, book: PriceBook, region: str, conventions: Conventions
    ) -> None:
        self._case, self._measured = case, measured
        self._book, self._region, self._conventions = book, region, conventions
        self._demands = case_demands(case.design, case.workload, measured, conventions)
        check_replicas(case.workload.services, region)
        self._beside = service_charges(case.workload.services, self._demands, self._conventions)
        self._mixes: dict[int, list[tuple[DauDemand, Mix]]] = {}

    def ours(self, dau: int) -> Mapping[str, Callable[[], CaseBill]]:
        """Returns DynamoDB's alternatives, each priced when it is called."""
        choices: dict[str, Callable[[DauDemand, Mix], MixOption]] = {
            SCALED: partial(_option, mode=Mode.SCALED, term=None),
            **{name: partial(_option, mode=Mode.MIXED, term=term) for term, name in RESERVED.items()},
            CHEAPEST: _cheapest,
        }
        replicas = (
            {REPLICATED: partial(self._replicated, dau)} if self._case.workload.services.replicas else {}
        )
        return {
            **{name: partial(self._plain, name, dau) for name in (ON_DEMAND, SIZED, AS_DESIGNED)},
            **{name: partial(self._mixed, name, dau, choose) for name, choose in choices.items()},
            **replicas,
        }

    def theirs(self, dau: int, profile: SqlProfile) -> Mapping[str, Callable[[], CaseBill]]:
        """Returns the relational alternatives, each priced when it is called."""
        workload, priced = self._case.workload, (self._book, self._region, self._conventions)
        makers: dict[str, Callable[[], CostCurve]] = {}
        if workload.relational:
            makers[RELATIONAL] = partial(rds_curve, RELATIONAL, rds_steps(workload.relational), *priced)
        needed = case_needs(self._case.design, workload, self._measured, profile)
        makers |= relational_curves(needed, *priced)
        return {name: partial(_of_curve, make, dau) for name, make in makers.items()}

    def _plain(self, name: str, dau: int) -> CaseBill:
        loads = dynamodb_loads(name, self._case.design, self._demands, self._conventions)
        bill = dynamodb_bill(loads, self._book, self._region, dau=dau, conventions=self._conventions)
        return CaseBill(
            name, dau, bill + self._services(dau), self._beyond(dau) if name == AS_DESIGNED else ""
        )

    def _services(self, dau: int) -> Bill:
        return price_charges(self._beside, self._book, self._region, dau=dau, conventions=self._conventions)

    def _replicated(self, dau: int) -> CaseBill:
        workload = self._case.workload
        items = items_per_table(self._case.design, workload, self._measured)
        bill = replicated_bill(
            workload.services,
            self._demands,
            items,
            self._book,
            self._region,
            dau=dau,
            conventions=self._conventions,
        )
        shares = ", ".join(
            f"{share:.0%} of the reads in {name}" for name, share in workload.services.replicas.items()
        )
        remark = f"{shares}; each write unit is taken to send a whole KB"
        return CaseBill(REPLICATED, dau, bill + self._services(dau), remark)

    def _beyond(self, dau: int) -> str:
        last = capacity_until(self._case.design, self._demands)
        if last is None or dau <= last:
            return ""
        return f"without scaling, the designed capacity carries {last:,} DAU and refuses requests beyond"

    def _mixed(self, name: str, dau: int, choose: Callable[[DauDemand, Mix], MixOption]) -> CaseBill:
        chosen = [(demand.table, choose(demand, mix)) for demand, mix in self._mix(dau)]
        bill = reduce(add, (option.bill for _, option in chosen))
        return CaseBill(name, dau, bill + self._services(dau), "; ".join(_remarks(name, chosen)))

    def _mix(self, dau: int) -> list[tuple[DauDemand, Mix]]:
        if dau not in self._mixes:
            tables = [demand for demand in self._demands if demand.index is None]
            uses = table_uses(self._case.workload, self._demands, dau)
            self._mixes[dau] = [
                (table, cheapest_mix(use, self._book, self._region, self._conventions))
                for table, use in zip(tables, uses, strict=True)
            ]
        return self._mixes[dau]


def _option(demand: DauDemand, mix: Mix, *, mode: Mode, term: Term | None) -> MixOption:
    reserved = term if demand.table_class is TableClass.STANDARD else None
    found = mix.option(mode, demand.table_class, reserved)
    if found is None:
        raise InputError(mix.left_out)
    return found


def _cheapest(_: DauDemand, mix: Mix) -> MixOption:
    return mix.cheapest


def _remarks(name: str, chosen: Sequence[tuple[str, MixOption]]) -> Iterator[str]:
    blocks = any(one.blocks for _, option in chosen for one in option.reserved)
    if name in RESERVED.values() and not blocks:
        yield "no block of 100 units pays for itself at this load"
    for table, option in chosen:
        if name == CHEAPEST or any(one.blocks for one in option.reserved):
            yield f"{table}: {option.name}"
        if option.refused:
            yield f"{table}: {option.refused:.2%} of the units are refused while scaling follows"


def _of_curve(make: Callable[[], CostCurve], dau: int) -> CaseBill:
    curve = make()
    if curve.last_dau is not None and dau > curve.last_dau:
        return CaseBill(
            curve.name, dau, None, f"its sizing ends at {curve.last_dau:,} DAU: no bill beyond it"
        )
    name = curve.segment(dau).name
    return CaseBill(curve.name, dau, curve.bill(dau), "" if name == curve.name else _server(name))


def _server(name: str) -> str:
    one = name.removesuffix(" sharded")
    return f"more users than one {one} carries, divided among several" if one != name else name


def _free(found: CaseBill, book: PriceBook) -> CaseBill:
    return replace(found, bill=found.bill and with_free_tier(found.bill, book))
