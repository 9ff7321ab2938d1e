"""Ten thousand bills at once equal the exact ones: same case, same assumptions, same users."""

import json
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from workbench.compare.case_comparison import compare_case, dau_points
from workbench.compare.case_costs import AS_DESIGNED, ON_DEMAND, RELATIONAL, SIZED
from workbench.compare.case_model import CaseModel
from workbench.compare.demand import DauDemand
from workbench.compare.draws import assumed, draw
from workbench.compare.relational_case import case_needs, user_load
from workbench.compare.vector_costs import VectorCosts
from workbench.errors import InputError
from workbench.pricing import PriceBook, TableClass
from workbench.pricing.relational_sizing import ASSUMPTIONS
from workbench.pricing.reserved import Term
from workbench.spec import load_case
from workbench.spec.measured import MEASURED, Measurement
from workbench.spec.sql_profile import load_sql_profile

REGION = "us-east-1"
CASE = load_case("algoitny")
MEASUREMENT = Measurement.model_validate(json.loads((CASE.directory / MEASURED).read_text()))
PROFILE = load_sql_profile(CASE.directory)
GRID = dau_points(1, 10**8, 150)


@pytest.fixture(scope="module")
def book():
    """The newest snapshot of the project."""
    return PriceBook.newest()


@pytest.fixture(scope="module")
def comparison(book):
    """The alternatives of AlgoItny."""
    return compare_case(CASE, MEASUREMENT, PROFILE, book, REGION)


def exact(curve):
    """Exact costs over the grid, NaN beyond the end of an alternative."""
    end = curve.last_dau or np.inf
    return [float(curve.usd(int(dau))) if dau <= end else np.nan for dau in GRID]


def test_every_alternative_equals_its_exact_curve(comparison):
    """At the assumed values each cost is that of the exact curve, steps included."""
    values = assumed(comparison.costs.model.assumptions)
    for name in (*comparison.ours, *comparison.theirs):
        found = comparison.costs.usd(name, values, GRID)[0]
        assert found == pytest.approx(exact(comparison.curves[name]), rel=1e-9, nan_ok=True), name


@pytest.mark.parametrize("seed", range(5))
def test_drawn_assumptions_equal_a_case_that_assumes_them(comparison, book, seed):
    """A case whose workload and sizing assume the drawn values costs what the draw costs."""
    values = draw(comparison.costs.model.assumptions, 1, seed)
    drawn = dict(zip(comparison.costs.model.assumptions, values[0].tolist(), strict=True))
    everything = {**CASE.workload.assumptions, **ASSUMPTIONS}
    moved = {name: one.model_copy(update={"value": drawn[name]}) for name, one in everything.items()}
    own = {name: moved[name] for name in CASE.workload.assumptions}
    case = replace(CASE, workload=CASE.workload.model_copy(update={"assumptions": own}))
    other = compare_case(
        case, MEASUREMENT, PROFILE, book, REGION, relational={name: moved[name] for name in ASSUMPTIONS}
    )
    for name in (*comparison.ours, *comparison.theirs):
        found = comparison.costs.usd(name, values, GRID)[0]
        assert found == pytest.approx(exact(other.curves[name]), rel=1e-9, nan_ok=True), name


def test_users_may_differ_from_draw_to_draw(comparison):
    """One number of users a draw gives the diagonal of the table of all."""
    values = comparison.draws(3, 1)
    users = np.array([100.0, 10_000.0, 1_000_000.0])
    for name in comparison.costs.names:
        table = comparison.costs.usd(name, values, users)
        each = comparison.costs.usd(name, values, users[:, None])[:, 0]
        assert np.array_equal(table.diagonal(), each)


def test_a_server_without_a_profile_takes_the_stand_in(tmp_path):
    """Without a measured profile every request takes 0.3 ms of processor time."""
    load = user_load(CASE.design, CASE.workload, MEASUREMENT, load_sql_profile(tmp_path))
    assert float(load.cpu_seconds_per_second / load.requests_per_second) == pytest.approx(0.0003)


def test_needs_rise_with_every_rate(comparison):
    """No need falls when all assumptions of the workload go to their high ends."""
    low, high = (
        case_needs(CASE.design, CASE.workload.corner(end), MEASUREMENT, PROFILE) for end in ("low", "high")
    )
    for name in ("peak_vcpu", "mean_vcpu", "cache_gb", "connections", "iops", "stored_gb", "backup_gb"):
        assert getattr(low, name) < getattr(high, name)
    assert comparison.missing == ()


def test_crossings_are_where_the_cheaper_side_changes(comparison):
    """One user before each crossing the other side is cheaper, by the exact bills."""
    found = comparison.crossings(100, 10**8)
    assert set(found["ours"]) <= {ON_DEMAND, SIZED, AS_DESIGNED}
    for row in found.to_dict("records"):
        above, below = comparison.curves[row["cheaper_above"]], comparison.curves[row["cheaper_below"]]
        assert above.usd(row["dau"]) < below.usd(row["dau"])
        assert above.usd(row["dau"] - 1) >= below.usd(row["dau"] - 1)


def test_crossings_name_requests_a_second(comparison):
    """A crossing's mean rate is the requests of its users over a day, its peak the busiest second."""
    row = comparison.crossings(100, 10**8).to_dict("records")[0]
    daily = sum(CASE.workload.requests_per_dau_day(name) for name in CASE.design.patterns)
    assert row["requests_per_second"] == pytest.approx(row["dau"] * daily / 86_400)
    day, week = CASE.workload.diurnal, CASE.workload.weekly
    peak = max(day) * 24 / sum(day) * max(week) * 7 / sum(week) * 3
    assert row["peak_requests_per_second"] == pytest.approx(row["requests_per_second"] * peak)


def test_spread_and_chances_name_every_rival(comparison):
    """Each relational alternative has a chance at each number of users, and crossings where there are any."""
    values, users = comparison.draws(200, 1), np.array([100.0, 10_000.0])
    chances = comparison.chances(values, users)
    assert chances.groupby("theirs", sort=False)["dau"].count().to_dict() == dict.fromkeys(
        comparison.theirs, 2
    )
    assert set(comparison.crossing_spread(values, GRID)["theirs"]) <= set(comparison.theirs)
    assert set(comparison.bands(values, users)["alternative"]) == {*comparison.ours, *comparison.theirs}


def test_a_region_without_relational_prices_is_refused_by_name(book):
    """Ireland has no RDS prices in the snapshot: all that is missing is named at once."""
    with pytest.raises(InputError, match=r"rds-postgresql\.eu-west-1\.backup_storage"):
        compare_case(CASE, MEASUREMENT, PROFILE, book, "eu-west-1")


def test_grids_hold_whole_users_and_both_ends():
    """A grid over two orders of magnitude has whole numbers, none twice."""
    grid = dau_points(1, 100, 50)
    assert (grid[0], grid[-1]) == (1, 100)
    assert (np.diff(grid) >= 1).all()
    assert Decimal(grid[3]) == int(grid[3])


def test_crossings_of_the_design_end_with_its_capacity(comparison):
    """The designed capacity is compared up to the users whose peak it carries, where it is priced at all."""
    found = comparison.crossings(1, 10**8)
    designed = found[found["ours"] == AS_DESIGNED]
    assert len(designed) > 0
    assert designed["dau"].max() <= comparison.designed_until_dau
    others = {name: curve for name, curve in comparison.curves.items() if name != AS_DESIGNED}
    assert AS_DESIGNED not in set(replace(comparison, curves=others).crossings(1, 1000)["ours"])


def test_local_indexes_draw_on_their_table(book):
    """7 writes a second at 70 %: 10 WCU and 1 RCU for the table, none for its local index."""
    model = CaseModel(
        assumptions={},
        demands=(DauDemand("Things"), DauDemand("Things", "Local", local=True)),
        reads=np.zeros((2, 2)),
        writes=np.array([[730 * 3600.0, 730 * 3600.0], [0, 0]]),
        stored=np.zeros((2, 2)),
        requests=np.zeros(2),
        busy=np.zeros(2),
        peak_column=1,
        peak_shape=1.0,
    )
    costs = VectorCosts(model, book, REGION)
    usd = costs.usd(SIZED, np.array([[1.0, 1.0]]), np.array([7.0]))
    assert usd == pytest.approx(730 * (10 * 0.00065 + 0.00013))


def test_a_case_without_a_documented_sizing_has_no_such_cost(comparison):
    """Without a sizing of its own a case has no such alternative, and its cost is not a number."""
    bare = replace(comparison.costs, document=None)
    assert RELATIONAL not in bare.names
    assert np.isnan(bare.usd(RELATIONAL, assumed(comparison.costs.model.assumptions), GRID)).all()


def test_tables_of_both_classes_are_priced_each_in_its_own(book):
    """A million reads a user and month: 0.125 USD in Standard, 0.155 in Standard-IA, one table each."""
    classes = (TableClass.STANDARD, TableClass.STANDARD_IA)
    model = CaseModel(
        assumptions={},
        demands=tuple(DauDemand(one.name, table_class=one) for one in classes),
        reads=np.array([[1e6, 1e6], [0, 0]]),
        writes=np.zeros((2, 2)),
        stored=np.zeros((2, 2)),
        requests=np.zeros(2),
        busy=np.zeros(2),
        peak_column=1,
        peak_shape=1.0,
    )
    usd = VectorCosts(model, book, REGION).usd(ON_DEMAND, np.array([[1.0, 1.0]]), np.array([10.0]))
    assert usd == pytest.approx(10 * (0.125 + 0.155))


def test_a_commitment_never_lowers_the_chance(comparison):
    """Who may reserve capacity may also leave it; without prices of a term there is no such chance."""
    values, users = comparison.draws(200, 1), np.array([1e4, 1e6, 1e8])
    plain = comparison.chances(values, users)["chance"]
    assert set(comparison.committed) == set(Term)
    for term in comparison.committed:
        lowered = comparison.chances(values, users, term=term)["chance"] < plain
        assert not lowered.any()
        name = comparison.committed[term]
        costs = comparison.costs
        assert (costs.usd(name, values, users) <= costs.usd(SIZED, values, users) * (1 + 1e-12)).all()
    unpriced = PriceBook.of(price for price in costs.book if "reserved" not in price.dimension)
    assert replace(comparison, costs=replace(costs, book=unpriced)).committed == {}
