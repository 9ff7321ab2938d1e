"""Alternatives over daily active users: curves, sizings, crossings, and the AlgoItny sizing."""

from decimal import Decimal

import numpy as np
import pytest

from workbench.compare import (
    DauDemand,
    RdsStep,
    capacity_holds_until,
    check_steps,
    cost_table,
    crossings,
    dau_grid,
    dynamodb_curve,
    fixed_load,
    on_demand_load,
    rds_curve,
    sized_load,
    step_at,
)
from workbench.errors import InputError
from workbench.pricing import (
    Bill,
    Conventions,
    PriceBook,
    ProvisionedCapacity,
    Quantity,
    RdsConfiguration,
    TableLoad,
    dynamodb_bill,
    rds_bill,
)
from workbench.pricing.bill import STANDARD
from workbench.pricing.rds import StorageType, billed_backup_gb

REGION = "us-east-1"
CURRENT = RdsConfiguration("db.t3.medium", Decimal(20), backup_gb=Decimal(20))
AT_SCALE = RdsConfiguration("db.r5.2xlarge", Decimal(200), backup_gb=Decimal(200), read_replicas=2)


@pytest.fixture(scope="module")
def book():
    """The newest snapshot of the project."""
    return PriceBook.newest()


def amounts(bill):
    """Component and exact amount of each line."""
    return [(line.component, line.usd) for line in bill.lines]


def test_the_current_database_of_the_document(book):
    """db.t3.medium, 20 GB and 20 GB of backups: 730 x 0.072 + 20 x 0.115 + 20 x 0.095 = 56.76."""
    bill = rds_bill(CURRENT, book, REGION)
    assert amounts(bill) == [
        ("instance db.t3.medium", Decimal("52.560")),
        ("gp3 storage", Decimal("2.300")),
        ("backup storage", Decimal("1.900")),
    ]
    assert bill.total == Decimal("56.76")


def test_the_database_of_the_document_at_10000_users(book):
    """db.r5.2xlarge with two replicas: 3 x 730 + 3 x 200 x 0.115 + 200 x 0.095 = 2,278."""
    bill = rds_bill(AT_SCALE, book, REGION)
    assert bill.subtotal(table="primary") == Decimal(730 + 23 + 19)
    assert bill.subtotal(table="read replicas") == Decimal(2 * (730 + 23))
    assert bill.total == Decimal(2278)


def test_the_capacity_of_the_document(book):
    """50 RCU and 20 WCU on a table and three indexes: 4 x 730 x (50 x 0.00013 + 20 x 0.00065) = 56.94."""
    capacity = ProvisionedCapacity(rcu=50, wcu=20)
    loads = [TableLoad("Main", index, capacity=capacity) for index in (None, "GSI1", "GSI2", "GSI3")]
    bill = dynamodb_bill(loads, book, REGION)
    assert bill.subtotal(component="provisioned reads") == 4 * Decimal("4.745")
    assert bill.subtotal(component="provisioned writes") == 4 * Decimal("9.49")
    assert bill.total == Decimal("56.94")


def test_pitr_covers_the_table_and_its_local_indexes(book):
    """Point-in-time recovery is billed for table and local index, not for a global one."""
    gigabyte = 2**30
    loads = [
        TableLoad("Main", stored_bytes=gigabyte, pitr=True),
        TableLoad("Main", "local", stored_bytes=gigabyte, pitr=True, local=True),
        TableLoad("Main", "global", stored_bytes=gigabyte, pitr=True),
    ]
    lines = dynamodb_bill(loads, book, REGION).lines
    assert [line.index for line in lines if line.component == "point-in-time recovery"] == [None, "local"]


def test_the_free_tier_is_drawn_down_across_tables(book):
    """Two tables of 20 GB share the free 25 GB: 20 + 5 free, 15 at 0.25."""
    loads = [TableLoad(name, stored_bytes=20 * 2**30) for name in ("A", "B")]
    bill = dynamodb_bill(loads, book, REGION, conventions=Conventions(free_tier=True))
    assert [(line.table, line.quantity, line.price.usd) for line in bill.lines] == [
        ("A", Decimal(20), Decimal(0)),
        ("B", Decimal(5), Decimal(0)),
        ("B", Decimal(15), Decimal("0.25")),
    ]


def test_the_free_tier_leaves_requests_alone(book):
    """On-demand requests have no free band."""
    bill = dynamodb_bill(
        [TableLoad("A", write_units=10**6)], book, REGION, conventions=Conventions(free_tier=True)
    )
    assert bill.total == Decimal("0.625")


def test_every_missing_price_is_named_once(book):
    """A bill in a region without RDS prices names each missing dimension once."""
    with pytest.raises(InputError) as error:
        rds_bill(AT_SCALE, book, "eu-west-1")
    assert [problem.path.rsplit(".eu-west-1.")[1] for problem in error.value.problems] == [
        "backup_storage",
        "gp3_storage_single_az",
        "instance_single_az:db.r5.2xlarge",
    ]


def test_io1_has_least_amounts(book):
    """An io1 volume is billed for at least 100 GB and 1,000 IOPS."""
    small = RdsConfiguration("db.t3.medium", Decimal(20), StorageType.IO1)
    assert amounts(rds_bill(small, book, REGION))[1:] == [
        ("io1 storage", Decimal("12.500")),
        ("io1 IOPS", Decimal("100.0")),
    ]


def test_gp2_iops_are_included(book):
    """A gp2 volume has no IOPS line."""
    gp2 = RdsConfiguration("db.t3.medium", Decimal(20), StorageType.GP2, iops=Decimal(5000))
    assert [line.component for line in rds_bill(gp2, book, REGION).lines][1:] == ["gp2 storage"]


def test_backups_up_to_the_size_of_the_database_are_free():
    """Only what exceeds the allocated storage is billed."""
    assert billed_backup_gb(Decimal(20), Decimal(20)) == 0
    assert billed_backup_gb(Decimal(50), Decimal(20)) == 30


def test_bills_add_up_only_under_the_same_conventions(book):
    """The sum of two bills has the lines of both; different months cannot be added."""
    one, two = (
        rds_bill(CURRENT, book, REGION),
        dynamodb_bill([TableLoad("A", write_units=1)], book, "us-east-2"),
    )
    assert (one + two).total == one.total + two.total
    assert ((one + two).region, (one + one).region) == ("us-east-1, us-east-2", "us-east-1")
    with pytest.raises(ValueError, match="different months"):
        _ = one + Bill((), REGION, Conventions(hours_per_month=Decimal(720)))


def test_a_longer_month_costs_more_hours(book):
    """A month of 744 h bills 744 hours of capacity."""
    load = TableLoad("A", capacity=ProvisionedCapacity(1, 0))
    bill = dynamodb_bill([load], book, REGION, conventions=Conventions(hours_per_month=Decimal(744)))
    assert [line.quantity for line in bill.lines] == [744]


def test_a_quantity_cannot_be_negative():
    """A negative quantity is refused where it is made."""
    with pytest.raises(ValueError, match="cannot be negative"):
        Quantity.of(-1)


def test_a_minimum_ends_where_the_users_exceed_it():
    """A quantity of 2 a user with a minimum of 10 leaves its minimum at the sixth user."""
    quantity = Quantity(per_dau=Decimal(2), minimum=Decimal(10))
    assert [quantity.at(dau) for dau in (0, 5, 6)] == [10, 10, 12]
    assert quantity.steps(0, 100) == [6]
    assert Quantity.of(3).steps(0, 100) == []


def test_a_sized_capacity_follows_the_peak():
    """73 million writes a month at 100 users are 27.8 a second; a peak of twice that at 70 % needs 80 WCU."""
    demand = DauDemand("A", write_units_per_dau=Decimal(730_000), peak_to_mean=Decimal(2))
    capacity = sized_load(demand).capacity
    assert capacity is not None
    assert Quantity.of(capacity.wcu).at(100) == 80
    assert Quantity.of(capacity.rcu).at(100) == 1


def test_a_fixed_capacity_holds_until_its_peak_exceeds_it():
    """At 0.5 write units a second and user, 20 WCU carry 40 users; without demand there is no limit."""
    demand = DauDemand("A", write_units_per_dau=Decimal(730 * 3600) / 2)
    assert capacity_holds_until(demand, rcu=1, wcu=20) == 40
    assert capacity_holds_until(DauDemand("A"), rcu=1, wcu=1) is None
    assert fixed_load(demand, rcu=1, wcu=20).capacity == ProvisionedCapacity(1, 20)


def test_a_line_crosses_each_step_of_a_sizing(book):
    """On-demand at 0.0625 USD a user meets 56.76 at 909 users, and the step to 772 at 1,001 undoes that."""
    ours = dynamodb_curve(
        "DynamoDB",
        [on_demand_load(DauDemand("A", write_units_per_dau=Decimal(100_000)))],
        book,
        REGION,
    )
    steps = [
        RdsStep("current", 1000, CURRENT),
        RdsStep("one", None, RdsConfiguration("db.r5.2xlarge", Decimal(200), backup_gb=Decimal(200))),
    ]
    found = crossings(ours, rds_curve("RDS", steps, book, REGION), 1, 100_000)
    assert [(one.dau, one.cheaper_above, one.by_jump) for one in found] == [
        (909, "RDS", False),
        (1001, "DynamoDB", True),
        (12_353, "RDS", False),
    ]
    assert (found[0].usd_above, found[0].usd_below) == (Decimal("56.76"), Decimal("56.8125"))


def test_a_sizing_ends_with_its_last_step(book):
    """Beyond the last step the cost is not a number, a bill is refused, and crossings stop."""
    curve = rds_curve("RDS", [RdsStep("current", 1000, CURRENT)], book, REGION)
    assert np.isnan(curve.usd_per_month([1000, 1001])).tolist() == [False, True]
    with pytest.raises(
        InputError, match=r"RDS: dau: not sized for this number of users; got 1001, allowed 0 to 1000"
    ):
        curve.bill(1001)
    assert crossings(curve, curve, 1001, 2000) == ()
    assert crossings(curve, curve, 1, 2000) == ()


def test_steps_out_of_order_are_named(book):
    """Falling steps, a step after an unlimited one, and no step at all are errors."""
    steps = [RdsStep("a", 10, CURRENT), RdsStep("b", 10, CURRENT), RdsStep("c", None, CURRENT)]
    with pytest.raises(
        InputError, match=r"steps\.b\.max_dau: not above the step before; got 10, allowed more than 10"
    ):
        rds_curve("RDS", steps, book, REGION)
    with pytest.raises(InputError, match=r"steps\.a: a step after c, which carries any number of users"):
        check_steps([steps[2], steps[0]])
    with pytest.raises(InputError, match="no step; got an empty list"):
        check_steps([])


def test_every_missing_price_of_a_sizing_is_named(book):
    """A sizing in a region without RDS prices names what all its steps lack."""
    steps = [RdsStep("current", 1000, CURRENT), RdsStep("scale", None, AT_SCALE)]
    with pytest.raises(InputError) as error:
        rds_curve("RDS", steps, book, "eu-west-1")
    assert len(error.value.problems) == 4


def test_the_step_of_a_number_of_users():
    """The first step that carries the users holds; beyond the last there is none."""
    steps = [RdsStep("current", 1000, CURRENT), RdsStep("scale", 10_000, AT_SCALE)]
    found = [step_at(steps, dau) for dau in (1000, 1001, 10_001)]
    assert found == [steps[0], steps[1], None]


def test_a_curve_refuses_the_free_tier(book):
    """The free bands would bend every curve, so a curve does not take them."""
    with pytest.raises(ValueError, match="leaves the free tier out"):
        dynamodb_curve("A", [], book, REGION, Conventions(free_tier=True))


def test_a_table_of_costs_is_exact(book):
    """A cost table holds the exact cost of every alternative at every point."""
    curve = rds_curve("RDS", [RdsStep("current", None, CURRENT)], book, REGION)
    assert cost_table([curve], dau_grid(100, 10_000, 3)) == {"RDS": (Decimal("56.76"),) * 3}
    assert dau_grid(100, 10_000, 3) == [100, 1000, 10_000]
    assert STANDARD.hours_per_month == 730
