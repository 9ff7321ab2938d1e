"""Components of a bill beside requests and storage: quantities, names, and what is refused."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from workbench.errors import InputError
from workbench.pricing import Conventions, PriceBook, TableClass, TableLoad, dynamodb_bill, price_charges
from workbench.pricing.autoscaling import ScalingPolicy, simulate
from workbench.pricing.bill import STANDARD
from workbench.pricing.global_tables import ReplicatedTable, global_table_bill, new_replica_charges
from workbench.pricing.growth import Inflow, grown_inflow, month_of, monthly_bills
from workbench.pricing.mix import Mode, TableUse, cheapest_mix
from workbench.pricing.movement import (
    dax_charges,
    incremental_export_charges,
    kinesis_charges,
    stream_charges,
)
from workbench.pricing.profile import CapacityProfile
from workbench.pricing.protection import BackupPlan, backup_charges, restore_charges
from workbench.pricing.reserved import Kind, Reservation, Term, reserved_charges
from workbench.pricing.savings import SavingsPlan, with_savings_plan
from workbench.pricing.shape import weekly_shape
from workbench.pricing.switch import switch_points
from workbench.pricing.transfer import cross_zone_charges, inter_region_charges, internet_charges

REGION = "us-east-1"
GB = 2**30
FLAT = weekly_shape([1.0] * 24)
PEAKED = weekly_shape([1.0] * 23 + [24.0])


@pytest.fixture(scope="module")
def book():
    """The newest snapshot of the project."""
    return PriceBook.newest()


def quantities(charges):
    """Dimension and quantity in the unit of the price, of each charge."""
    return [(charge.dimension, charge.quantity.at(0)) for charge in charges]


def problems(error):
    """The problems of an error as text."""
    return [str(problem) for problem in error.value.problems]


def test_capacity_profiles_add_hour_by_hour():
    """A constant capacity fits every cycle; cycles of different length do not fit each other."""
    assert CapacityProfile((1, 2)) + CapacityProfile((5,)) == CapacityProfile((6, 7))
    assert CapacityProfile((1, 2, 3, 4)).share_above(2) == Decimal("0.5")
    with pytest.raises(ValueError, match="cycles of 2 and 3 hours cannot be added"):
        CapacityProfile((1, 2)) + CapacityProfile((1, 2, 3))


@pytest.mark.parametrize("hours", [(), (1, -1)])
def test_a_profile_needs_hours(hours):
    """No hours, or a negative capacity, is a mistake of the caller."""
    with pytest.raises(ValueError, match="a capacity profile needs hours"):
        CapacityProfile(hours)


def test_a_reservation_is_paid_whether_used_or_not(book):
    """One block of WCU for 3 years under no load: 730 x 0.0081 + 180 / 36 = 10.913."""
    charges = reserved_charges("Main", CapacityProfile((0,)), Reservation(Kind.WRITE, 1, Term.THREE_YEARS))
    bill = price_charges(charges, book, REGION)
    assert [line.component for line in bill.lines] == [
        "reserved writes 3 yr, month's share of the upfront payment",
        "reserved writes 3 yr",
    ]
    assert round(bill.total, 6) == Decimal("10.913")


def test_backups_are_counted_by_rhythm_and_retention():
    """Weekly backups kept 35 days are 5 copies; daily ones kept 120 days, cold after 30, are 30 and 90."""
    weekly = BackupPlan(Decimal(7), Decimal(35))
    daily = BackupPlan(Decimal(1), Decimal(120), Decimal(30))
    assert quantities(backup_charges("Main", Decimal(10), weekly)) == [("backup_warm", 50)]
    assert quantities(backup_charges("Main", Decimal(10), daily)) == [
        ("backup_warm", 300),
        ("backup_cold", 900),
    ]
    assert [weekly.copies_after(Decimal(day)) for day in (0, 6, 7, 27, 28, 100)] == [1, 1, 2, 4, 5, 5]


def test_a_backup_plan_that_cannot_be_is_refused():
    """A rhythm must be positive, and cold storage lasts 90 days at least."""
    with pytest.raises(InputError) as error:
        BackupPlan(Decimal(0), Decimal(60), Decimal(30))
    assert problems(error) == [
        (
            "backup plan: cold_after_days: less than 90 days in cold storage; got 30, allowed at most -30 "
            "with 60 kept. Keep backups longer, or warm"
        ),
        (
            "backup plan: every_days: not a rhythm; got every 0 days, kept 60 days. "
            "Give a positive rhythm and a retention"
        ),
    ]


def test_a_restore_comes_from_warm_or_cold_storage():
    """Cold storage has its own price."""
    found = [restore_charges("Main", Decimal(3), cold=cold)[0].dimension for cold in (False, True)]
    assert found == ["restore_warm", "restore_cold"]


def test_change_data_capture_counts_begun_kilobytes():
    """1,025 bytes are two units, no bytes one; a million writes of 3 KB are three million units."""
    assert [kinesis_charges("Main", 1, size)[0].count.at(0) for size in (0, 1024, 1025)] == [1, 1, 2]
    assert quantities(kinesis_charges("Main", 1_000_000, 3072)) == [("kinesis_cdc", 3)]
    assert kinesis_charges("Main", 0, 3072) == ()


def test_incremental_exports_have_a_least_size():
    """An export of 1 MB is billed as 10 MB, each time."""
    found = incremental_export_charges("Main", Decimal(1) / 1024, exports=3)
    assert quantities(found) == [("export_to_s3_incremental", Decimal(30) / 1024)]


def test_what_is_not_used_makes_no_line():
    """No stream reads, no nodes and no transfer leave no charge."""
    assert stream_charges("Main", 0) == dax_charges("cache", "dax.r5.large", 0) == ()
    assert internet_charges("app", Decimal(0)) == inter_region_charges("app", Decimal(0), "eu-west-1") == ()


def test_transfer_to_the_internet_is_billed_in_bands():
    """200 TB: 10,240 at 0.09, 40,960 at 0.085, 102,400 at 0.07, 51,200 at 0.05 = 14,131.20 USD."""
    charges = internet_charges("app", Decimal(200 * 1024))
    assert [count for _, count in quantities(charges)] == [10_240, 40_960, 102_400, 51_200]


def test_the_bands_of_transfer_are_priced(book):
    """10,240 x 0.09 + 40,960 x 0.085 + 102,400 x 0.07 + 51,200 x 0.05 = 14,131.20."""
    bill = price_charges(internet_charges("app", Decimal(200 * 1024)), book, REGION)
    assert bill.total == Decimal("14131.200")


def test_the_first_100_gb_can_be_free():
    """150 GB are billed as 50 with the free band, 100 as nothing."""
    assert quantities(internet_charges("app", Decimal(150), free_band=True)) == [("internet_out_to_10tb", 50)]
    assert internet_charges("app", Decimal(100), free_band=True) == ()


def test_data_between_zones_is_billed_twice():
    """10 GB count on both sides."""
    assert quantities(cross_zone_charges("app", Decimal(10))) == [("cross_az", 20)]


def test_a_savings_plan_lowers_what_it_covers_only(book):
    """35 % off on-demand requests, nothing off storage; the line names the plan."""
    load = TableLoad("Main", write_units=1_000_000, stored_bytes=4 * GB)
    bill = with_savings_plan(
        dynamodb_bill([load], book, REGION), SavingsPlan(Decimal("0.35"), Decimal("0.2"))
    )
    requests, storage = bill.lines
    assert (requests.usd, storage.usd) == (Decimal("0.625") * Decimal("0.65"), Decimal("1.00"))
    assert requests.price.source.endswith("less 35% by a savings plan")
    assert (requests.price.strength, storage.price.strength) == ("derived", "strong")


@pytest.mark.parametrize(
    ("service", "dimension", "share"),
    [
        ("dynamodb", "provisioned_wcu_standard", "0.2"),
        ("dynamodb", "replicated_wru_standard", "0.35"),
        ("dynamodb", "pitr_storage", "0"),
        ("aurora-serverless-v2", "acu_standard", "0.35"),
        ("rds-postgresql", "instance_single_az:db.m7g.large", "0.2"),
        ("rds-postgresql", "instance_single_az:db.r6g.large", "0"),
        ("rds-postgresql", "instance_single_az:db.t4g.large", "0"),
        ("rds-postgresql", "gp2_storage_single_az", "0"),
        ("aurora-postgresql", "instance_standard:db.r8g.large", "0.2"),
    ],
)
def test_what_a_savings_plan_covers(service, dimension, share, book):
    """Serverless at one rate, provisioned at the other, instances of the seventh generation and newer."""
    price = book.price(service=service, region=REGION, dimension=dimension)
    assert SavingsPlan(Decimal("0.35"), Decimal("0.2")).share_off(price) == Decimal(share)


def test_a_savings_plan_takes_off_a_share():
    """Percentages and negative shares are refused together."""
    with pytest.raises(InputError) as error:
        SavingsPlan(Decimal(35), Decimal(-1))
    step = "allowed 0 up to but not including 1. Write 0.35 for 35 %"
    assert problems(error) == [
        f"savings plan: on_demand: not a share; got 35, {step}",
        f"savings plan: provisioned: not a share; got -1, {step}",
    ]


def test_a_scaling_policy_has_aws_bounds():
    """The target lies between 20 and 90 %, the minimum is at least one and below the maximum."""
    with pytest.raises(InputError) as error:
        ScalingPolicy(Decimal("0.95"), minimum=9, maximum=5)
    assert problems(error) == [
        (
            "scaling policy: minimum: not a range; got 9 to 5, allowed 1 or more, in order. "
            "Swap or raise the bounds"
        ),
        (
            "scaling policy: target: not a target utilisation; got 0.95, allowed 0.2 to 0.9. "
            "Choose a target that AWS accepts"
        ),
    ]


STEP = np.array([7.0] * 60 + [70.0] * 60)


def test_capacity_rises_after_two_minutes_and_the_delay():
    """A step to 70 units: 10 used of 10 in minutes 60 and 61, so 15 from 63, and so on by 1/0.7 up to 100."""
    run = simulate(STEP)
    steps = {60: 10, 62: 10, 63: 15, 66: 22, 69: 32, 72: 46, 75: 66, 78: 95, 81: 100, 119: 100}
    assert {minute: run.capacity[minute] for minute in steps} == steps
    assert run.increases == 7


def test_capacity_falls_after_fifteen_minutes_and_the_delay():
    """Back at 7 units from minute 0: the 15th low minute is 14, the capacity of 10 holds from 16."""
    run = simulate(STEP)
    assert (run.capacity[15], run.capacity[16]) == (100, 10)
    assert run.decreases == 1


def test_bursts_are_served_from_what_was_left_over():
    """3,000 saved units give 50 a second in minute 60; 10 + 2x60 + 3x(55+48+38+24+4) of 4,620 are refused."""
    assert simulate(STEP).throttled == pytest.approx(637 / 4620)


def test_no_traffic_is_never_refused():
    """An idle table keeps the minimum."""
    run = simulate(np.zeros(60))
    assert (run.throttled, set(run.capacity)) == (0.0, {5})


def use_of(**units):
    """A table with one index and even traffic."""
    return TableUse((TableLoad("Main", **units), TableLoad("Main", "GSI1", write_units=10**7)), FLAT)


def test_a_local_index_uses_the_capacity_of_its_table(book):
    """No capacity line names the local index; its units are in the table's."""
    loads = (TableLoad("Main", read_units=10**8), TableLoad("Main", "LSI1", read_units=10**8, local=True))
    bill = cheapest_mix(TableUse(loads, FLAT), book, REGION).option(Mode.FIXED, TableClass.STANDARD).bill
    assert {line.index for line in bill.lines} == {None}
    reads = bill.subtotal(component="provisioned reads")
    assert reads == 109 * 730 * Decimal("0.00013")  # 2e8 / 2,628,000 s / 0.7 = 108.7


def test_every_option_says_what_it_is(book):
    """A 3-year block pays from 23 used units on, so 544 + 6 WCU and 544 + 1 RCU take six blocks each."""
    mix = cheapest_mix(use_of(write_units=10**9, read_units=10**9), book, REGION)
    assert mix.cheapest.term is Term.THREE_YEARS
    assert mix.cheapest.name.endswith("600 WCU and 600 RCU reserved for 3 yr")
    assert mix.option(Mode.ON_DEMAND, TableClass.STANDARD_IA).name == "on-demand, standard-ia"


def test_a_price_that_a_region_lacks_leaves_its_options_out_and_says_so(book):
    """Zurich has no reserved prices: they are named, no other region's are taken."""
    mix = cheapest_mix(use_of(write_units=10**9), book, "eu-central-2")
    assert mix.option(Mode.FIXED, TableClass.STANDARD, Term.ONE_YEAR) is None
    assert {problem.path for problem in mix.left_out} >= {"dynamodb.eu-central-2.reserved_wcu_1yr_hourly"}


def test_a_region_without_any_price_is_an_error(book):
    """Where no option can be priced every missing price is named."""
    with pytest.raises(InputError, match=r"dynamodb\.mars-1\.on_demand_wru_standard"):
        cheapest_mix(use_of(write_units=1), book, "mars-1")


def test_peaked_traffic_switches_from_on_demand_to_capacity(book):
    """Without reservations a small table is cheapest on demand; the change is found to 1 %."""
    use = TableUse((TableLoad("Main", write_units=10**6, read_units=10**6),), PEAKED)
    factors = [Decimal(10) ** power for power in range(5)]
    (switch,) = switch_points(use, factors, book, REGION, terms=())
    assert switch.before == (Mode.ON_DEMAND, TableClass.STANDARD, None)
    assert switch.after[0] in {Mode.SCALED, Mode.MIXED}
    assert switch.factor < switch.until <= switch.factor * Decimal("1.01")


def replicated(**changes):
    """A table of two regions with a global index."""
    loads = (
        TableLoad("Main", read_units=4_000_000, write_units=1_000_000, stored_bytes=GB),
        TableLoad("Main", "GSI1", read_units=4_000_000, write_units=500_000, stored_bytes=GB),
    )
    shares = {"us-east-1": Decimal("0.75"), "us-east-2": Decimal("0.25")}
    return replace(ReplicatedTable(loads, Decimal(GB), Decimal(GB), shares), **changes)


def test_each_region_of_a_global_table_pays_its_own_lines(book):
    """Writes of the table are replicated ones, of the index plain; reads by share; 48 bytes more an item."""
    bill = global_table_bill(replicated(), "us-east-1", book)
    second = [
        (line.component, line.index, line.quantity) for line in bill.lines if "us-east-2" in line.component
    ]
    assert second == [
        ("transfer to us-east-2", None, 1),
        ("replicated on-demand writes, us-east-2", None, 1),
        ("on-demand reads, us-east-2", None, 1),
        ("storage, us-east-2", None, 49),
        ("on-demand writes, us-east-2", "GSI1", Decimal("0.5")),
        ("on-demand reads, us-east-2", "GSI1", 1),
        ("storage, us-east-2", "GSI1", 1),
    ]


def test_a_global_table_needs_shares_that_add_up(book):
    """Shares that miss one, and a writer that is no region, are refused."""
    with pytest.raises(InputError, match=r"shares of the reads do not add up to one; got 0\.5"):
        replicated(read_shares={"us-east-1": Decimal("0.5")})
    with pytest.raises(InputError, match="got eu-west-1, allowed us-east-1, us-east-2"):
        global_table_bill(replicated(), "eu-west-1", book)


def test_a_new_replica_costs_a_restore(book):
    """100 GB restored at 0.15 are 15 USD."""
    bill = price_charges(new_replica_charges("Main", Decimal(100)), book, REGION)
    assert (bill.lines[0].component, bill.total) == ("new replica", Decimal("15.00"))


def test_storage_of_a_growing_table_is_billed_month_by_month(book):
    """1 GB a month kept 2 months: 0.5, 1.5, 2, 2 GB on average, at 0.25."""
    inflow = Inflow(grown_inflow(Decimal(GB), Decimal(0), 4), retention_months=Decimal(2))
    bills = monthly_bills(TableLoad("Main"), inflow, book, REGION, STANDARD)
    assert [bill.total for bill in bills] == [Decimal(amount) for amount in ("0.125", "0.375", "0.5", "0.5")]
    assert month_of(Decimal(2 * GB), inflow.stored_bytes()) == 3
    assert month_of(Decimal(3 * GB), inflow.stored_bytes()) is None


def test_inflow_can_grow():
    """10 % a month from 100: 100, 110, 121."""
    assert grown_inflow(Decimal(100), Decimal("0.1"), 3) == (100, 110, 121)


def test_the_free_tier_reaches_the_mix(book):
    """A table within the free band of storage and without requests costs nothing on demand."""
    use = TableUse((TableLoad("Main", stored_bytes=GB),), FLAT)
    assert cheapest_mix(use, book, REGION, Conventions(free_tier=True)).cheapest.bill.total == 0
