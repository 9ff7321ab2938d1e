"""Relational servers chosen from a workload: needs, classes, bills by hand, and Aurora's own charges."""

from decimal import Decimal

import pytest

from workbench.compare.relational_case import (
    AURORA,
    AURORA_IO,
    RDS_ONE_ZONE,
    RDS_TWO_ZONES,
    SERVERLESS,
    SIZED_RELATIONAL,
    Rung,
    assumed_values,
    rds_hours,
    relational_curves,
    rungs,
)
from workbench.errors import InputError
from workbench.pricing import PriceBook, Quantity
from workbench.pricing.aurora import AuroraConfiguration, aurora_bill, aurora_charges
from workbench.pricing.relational_sizing import (
    ASSUMPTIONS,
    WITHOUT_END,
    Needs,
    UserLoad,
    carries,
    instance_size,
    needs,
    share_of,
)

REGION = "us-east-1"


@pytest.fixture(scope="module")
def book():
    """The newest snapshot of the project."""
    return PriceBook.newest()


def needed(**changed):
    """A thousandth of a processor, of a GB of cache and of a connection for each user."""
    each = {
        "peak_vcpu": "0.001",
        "mean_vcpu": "0.0001",
        "cache_gb": "0.001",
        "connections": "0.001",
        "iops": "0.1",
        "ios_per_second": "0.01",
        "stored_gb": "0.01",
        "allocated_gb": "0.01",
        "backup_gb": "0",
        **changed,
    }
    acu = (Decimal("0.0004"), Decimal("0.0005"))
    return Needs(**{name: Decimal(value) for name, value in each.items()}, acu=acu)


def curve(name, book, **changed):
    """The curve of a sized alternative for those needs."""
    return relational_curves(needed(**changed), book, REGION)[name]()


@pytest.mark.parametrize(
    ("name", "vcpu", "memory_gb", "sustained"),
    [
        ("db.t4g.micro", 2, 1, "0.1"),
        ("db.t3.medium", 2, 4, "0.2"),
        ("db.t4g.xlarge", 4, 16, "0.4"),
        ("db.m7g.large", 2, 8, "1"),
        ("db.r6g.2xlarge", 8, 64, "1"),
        ("db.r7g.8xlarge", 32, 256, "1"),
    ],
)
def test_sizes_of_classes(name, vcpu, memory_gb, sustained):
    """Processors, memory and the sustained share are those of the provider's table of classes."""
    size = instance_size(name)
    assert (size.vcpu, size.memory_gb, size.sustained) == (vcpu, memory_gb, Decimal(sustained))


def test_connections_follow_the_memory_up_to_5000():
    """The default is memory / 9,531,392, so 112.65 for a GB, and at most 5,000."""
    assert round(instance_size("db.t4g.micro").connections, 2) == Decimal("112.65")
    assert instance_size("db.r6g.2xlarge").connections == 5000


def test_needs_by_hand():
    """A request a second and user, 1 ms each, a GB of items, and a peak of twice the mean."""
    load = UserLoad(Decimal(1), Decimal("0.001"), Decimal(2), Decimal(2**30))
    assumed = {
        "sql_cpu_factor": Decimal(2),
        "sql_cpu_target": Decimal("0.5"),
        "sql_bytes_ratio": Decimal("1.5"),
        "sql_working_set": Decimal("0.2"),
        "sql_cache_share": Decimal("0.6"),
        "sql_hold_ms": Decimal(10),
        "sql_io_per_request": Decimal("0.3"),
        "sql_storage_headroom": Decimal(2),
        "sql_backup_ratio": Decimal(1),
        "sql_vcpu_per_acu": Decimal("0.25"),
    }
    found = needs(load, assumed)
    assert found == Needs(
        peak_vcpu=Decimal("0.008"),
        mean_vcpu=Decimal("0.002"),
        cache_gb=Decimal("0.5"),
        connections=Decimal("0.02"),
        iops=Decimal("0.6"),
        ios_per_second=Decimal("0.3"),
        stored_gb=Decimal("1.5"),
        allocated_gb=Decimal(3),
        backup_gb=Decimal("1.5"),
        acu=(Decimal("0.016"), Decimal("0.25")),
    )
    assert set(assumed) == set(ASSUMPTIONS) == set(assumed_values())


def test_every_assumption_lies_in_its_range_and_says_why():
    """An assumed value is within its range, and its reason is a sentence."""
    for assumption in ASSUMPTIONS.values():
        assert assumption.low <= assumption.value <= assumption.high
        assert assumption.reason.endswith(".")


def test_only_classes_that_carry_more_are_used(book):
    """Two processors carry 2,000 users at most, so the dearer classes with two are never worth it."""
    found = rungs(needed(), rds_hours(book, REGION, multi_az=False), aurora=False)
    assert found == (
        Rung("db.t4g.micro", 1000, "memory for the working set"),
        Rung("db.t4g.small", 2000, "memory for the working set"),
        Rung("db.t4g.xlarge", 4000, "processors at the peak"),
        Rung("db.m7g.2xlarge", 8000, "processors at the peak"),
    )


def test_a_burstable_class_ends_with_its_credits(book):
    """A mean of a quarter of a thousandth uses up 10 % of two processors at 800 users."""
    found = rungs(needed(mean_vcpu="0.00025"), rds_hours(book, REGION, multi_az=False), aurora=False)
    assert found[0] == Rung("db.t4g.micro", 800, "sustained processors")


def test_who_asks_nothing_needs_no_larger_server():
    """Without any need the smallest server carries everybody."""
    assert carries([("processors", Decimal(2), Decimal(0))]) == (WITHOUT_END, "nothing")
    nothing = needed(**dict.fromkeys(("stored_gb", "allocated_gb", "iops"), "0"))
    assert relational_curves(nothing, PriceBook.newest(), REGION)[RDS_ONE_ZONE]().usd(0) == Decimal("13.98")


@pytest.mark.parametrize(
    ("dau", "usd"),
    [
        (0, "13.98"),  # 730 x 0.016 + 20 x 0.115
        (1000, "13.98"),
        (1001, "25.66"),  # 730 x 0.032 + 20 x 0.115
        (4000, "192.94"),  # 730 x 0.258 + 40 x 0.115
        (8000, "501.22"),  # 730 x 0.674 + 80 x 0.115
        (20_000, "1499.06"),  # 3 x 730 x 0.674 + 200 x 0.115
        (50_000, "3501.64"),  # 7 x 730 x 0.674 + 500 x 0.115; the I/O is within that of seven volumes
    ],
)
def test_bills_of_a_sized_rds(book, dau, usd):
    """The class follows the users; beyond the largest they are divided among several servers."""
    assert curve(RDS_ONE_ZONE, book).usd(dau) == Decimal(usd)


def test_two_zones_cost_twice(book):
    """A standby doubles instance and storage."""
    assert curve(RDS_TWO_ZONES, book).usd(1001) == 2 * Decimal("25.66")


def test_io_is_billed_until_a_larger_volume_that_includes_it_is_cheaper(book):
    """10 I/O a second and user: a volume includes 3,000, one of 400 GB 12,000.

    At 411 users 206 GB and 1,110 I/O cost 23.69 + 22.20, less than 400 GB for 46.00; one user more tips it.
    """
    sized = curve(RDS_ONE_ZONE, book, iops="10", allocated_gb="0.5")
    parts = {
        dau: [sized.bill(dau).subtotal(component=f"gp3 {part}") for part in ("storage", "IOPS")]
        for dau in (300, 301, 411, 412, 1000)
    }
    assert parts == {
        300: [Decimal("17.25"), 0],
        301: [Decimal("17.365"), Decimal("0.2")],
        411: [Decimal("23.69"), Decimal("22.2")],
        412: [Decimal(46), 0],
        1000: [Decimal("57.5"), 0],
    }


def test_more_users_never_cost_less_where_volumes_become_large(book):
    """Below 400 GB the bill would fall at that size: 990 I/O a second and more were paid before it."""
    sized = curve(RDS_ONE_ZONE, book, iops="10", allocated_gb="0.5")
    usd = [sized.usd(dau) for dau in range(250, 1000)]
    assert usd == sorted(usd)


def test_an_even_number_of_full_servers_needs_no_other():
    """A share is rounded down, so seven times the users of a server need exactly seven servers."""
    for users in (3, 7, 8000, 98_940):
        servers = Quantity(per_dau=share_of(users), whole=True)
        assert [servers.at(users * 7), servers.at(users * 7 + 1)] == [7, 8]


def test_aurora_runs_a_writer_and_a_reader(book):
    """At 1,000 users: 2 x 730 x 0.073 + 10 GB x 0.10 + 26.28 million I/O x 0.20."""
    bill = curve(AURORA, book).bill(1000)
    assert [(line.component, line.usd) for line in bill.lines] == [
        ("instance db.t4g.medium", Decimal("106.58")),
        ("storage", Decimal("1.0")),
        ("I/O requests", Decimal("5.256")),
    ]


def test_io_optimized_trades_io_for_compute_and_storage(book):
    """1.3 times the instances and 0.225 instead of 0.10 a GB, and no line for I/O."""
    bill = curve(AURORA_IO, book).bill(1000)
    assert [line.usd for line in bill.lines] == [Decimal("106.58") * Decimal("1.3"), Decimal("2.25")]


def test_serverless_follows_the_larger_need_above_its_minimum(book):
    """0.0005 ACU a user: the minimum of half a unit up to 1,000 users, 2.5 units at 5,000; two instances."""
    found = curve(SERVERLESS, book)
    capacity = [found.bill(dau).subtotal(component="Serverless v2 capacity") for dau in (0, 1000, 5000)]
    assert capacity == [Decimal("87.6"), Decimal("87.6"), Decimal(438)]


def test_serverless_capacity_as_published(book):
    """3,650 ACU-hours cost 438.00; 6 ACU all month 525.60, published as 526."""
    mean = AuroraConfiguration(acu=Decimal(5))
    assert aurora_bill(mean, book, REGION).total == Decimal(438)
    steady = aurora_bill(AuroraConfiguration(acu=6), book, REGION).total
    assert (steady, round(steady)) == (Decimal("525.60"), 526)
    assert round(steady * Decimal("0.65")) == 342


def test_a_proxy_is_billed_by_the_vcpu(book):
    """Four vCPU behind a proxy: 4 x 730 x 0.015 = 43.80."""
    bill = aurora_bill(AuroraConfiguration("db.r6g.large", proxy_vcpu=4), book, REGION)
    assert bill.subtotal(component="RDS Proxy") == Decimal("43.80")


def test_serverless_has_no_number_of_instances_that_follows_users():
    """A number of serverless instances that depends on the users is refused."""
    odd = AuroraConfiguration(instances=Quantity(per_dau=Decimal(1)), acu=1)
    with pytest.raises(ValueError, match="scales by its capacity"):
        aurora_charges(odd)


def test_regions_without_relational_prices_fail_by_name(book):
    """Each alternative names the prices that the region lacks."""
    for name in SIZED_RELATIONAL:
        with pytest.raises(InputError, match="eu-west-1"):
            relational_curves(needed(), book, "eu-west-1")[name]()
