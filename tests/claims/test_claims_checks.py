"""Our values of claims, each derived by hand from list prices of us-east-1 or from a document."""

from dataclasses import replace
from decimal import Decimal

import pytest

from workbench.claims.checks import CHECKS
from workbench.claims.checks.traffic import ALTERNATIVES
from workbench.claims.evidence import Evidence
from workbench.errors import InputError
from workbench.pricing.book import PriceBook
from workbench.spec import load_case


@pytest.fixture(scope="module")
def algoitny() -> Evidence:
    """The evidence of the case with the largest ledger."""
    return Evidence(load_case("algoitny"), PriceBook.newest())


@pytest.mark.parametrize(
    ("check", "given", "value"),
    [
        ("total", {"parts": ((500, 600), 30, 20, 1000)}, (1550, 1650)),
        ("total", {"parts": (4, 8, 12, 5)}, 29),
        ("product", {"factors": (90, 50)}, 4500),
        ("saved", {"before": (1550, 1650), "after": (850, 850)}, (700, 800)),
        ("saved_percent", {"before": (1550, 1650), "after": (850, 850)}, (Decimal("45.2"), Decimal("48.5"))),
        ("percent", {"part": 1, "whole": 33}, 3),
        ("more_indexes", {"now": 3, "then": (5, 6)}, (50, 75)),
        ("listed", {"items": ("a", "b")}, 2),
        ("listed", {"items": ("a", "b"), "unstated": 3}, (2, 5)),
        ("other_line", {"line": 474, "says": 132}, 132),
        ("other_line", {"line": 142, "says": "Prisma"}, "Prisma"),
        ("holds_throughout", {"line": 68, "against": "none needed"}, False),
        ("not_here", {"needs": "a month"}, None),
        ("capacity_month", {"rcu": 50}, Decimal("4.745")),
        ("capacity_month", {"wcu": 20}, Decimal("9.49")),
        ("capacity_month", {"rcu": 50, "wcu": 20}, Decimal("14.235")),
        (
            "documented_total",
            {"rcu": 50, "wcu": 20, "holders": 4, "others": (1, 0.2, 3)},
            Decimal("61.14"),
        ),
        ("rds_instances_month", {"instance": "db.t3.medium"}, Decimal("52.56")),
        ("rds_instances_month", {"instance": "db.r5.2xlarge", "count": 2}, 1460),
        ("rds_storage_month", {"gb": 20}, Decimal("2.30")),
        ("rds_backup_month", {"gb": 20}, (0, Decimal("1.90"))),
        (
            "rds_total_month",
            {"instance": "db.t3.medium", "count": 1, "gb": 20, "backup_gb": 20},
            Decimal("56.76"),
        ),
        ("storage_month", {"gb": 12}, 3),
        ("tables_designed", {}, 3),
        ("indexes_designed", {}, 7),
        ("indexes_designed", {"table": "AlgoItny-Plans"}, 1),
        ("patterns_designed", {}, 33),
        ("entities_of", {"table": "AlgoItny-Users"}, "User"),
        ("billing_mode", {"tables": ("AlgoItny-Users", "AlgoItny-Main")}, "on-demand and provisioned"),
        ("key_template", {"entity": "Problem", "key": "PK"}, "PROBLEM#{}#{}"),
        ("primary_key", {"table": "AlgoItny-Main"}, "PK + SK"),
        ("index_key", {"table": "AlgoItny-Main", "index": "GSI2"}, "GSI2PK + GSI2SK"),
        ("index_is_sparse", {"table": "AlgoItny-Main", "index": "GSI1"}, True),
        ("recovery_enabled", {"tables": ("AlgoItny-Main",)}, True),
        ("expiry_attribute", {"table": "AlgoItny-Main"}, "expires_at"),
        ("expiry_attribute", {"table": "AlgoItny-Plans"}, "none"),
        ("scaled_tables", {"tables": ("AlgoItny-Main", "AlgoItny-Users")}, True),
        ("pattern_served", {"patterns": ("get_user_by_google_id",)}, True),
        ("pattern_served", {"patterns": ("drop_everything",)}, False),
        ("attributes_kept", {"entity": "SearchHistory", "attributes": ("platform", "title")}, True),
        ("attributes_kept", {"entity": "SearchHistory", "attributes": ("shoe_size",)}, False),
        ("without_scan", {}, Decimal("97.0")),
        ("kept_days", {"entity": "UsageLog"}, 90),
        ("fact", {"name": "transaction_items"}, 100),
        ("fact", {"name": "default_consistency"}, "eventually consistent"),
        ("fact", {"name": "encryption_at_rest"}, True),
        ("strong_read_factor", {}, 2),
        ("default_connections", {"instance": "db.t3.medium"}, 450),
        ("default_connections", {"instance": "db.r5.2xlarge"}, 5000),
        ("users_in_flight", {"users": 100, "seconds": 0.2, "rate": 1000}, "open"),
        ("users_in_flight", {"users": 100, "seconds": 0.1, "rate": 1000}, 1000),
        ("units_per_second", {"requests": 1000, "units": 8, "at_most": 8000}, True),
        ("units_per_second", {"requests": 1000, "units": 8, "at_most": 7999}, False),
        ("storage_saved", {"kept_days": 90, "after_days": (180, 900)}, (50, 90)),
    ],
)
def test_value(algoitny, check, given, value) -> None:
    """730 h; RCU 0.00013, WCU 0.00065; t3.medium 0.072, r5.2xlarge 1 an hour; GB 0.115, backup 0.095."""
    assert CHECKS[check](algoitny, **given).value == value


def test_reads_at_the_price_of_writes_are_shown(algoitny) -> None:
    """50 units at 0.00065 for 730 h are 23.725, which the document rounds to 23."""
    working = CHECKS["capacity_month"](algoitny, rcu=50).working
    assert "= 4.75 USD a month (were reads priced as writes, it would be 23.73)" in working


def test_relational_tables_are_those_that_the_schema_creates(algoitny) -> None:
    """Names in alphabetical order, whatever the case of the statement and with or without quotes."""
    sql = 'create table if not exists "zebra" (a int);\nCREATE TABLE ant (a int);'
    evidence = replace(algoitny, case=replace(algoitny.case, source_sql=sql))
    assert CHECKS["relational_tables"](evidence).value == "ant, zebra"


def test_an_unknown_fact_is_refused_with_the_known_ones(algoitny) -> None:
    """A ledger that names a fact which nobody wrote down gets no verdict."""
    with pytest.raises(
        InputError, match=r'there is no such fact; got "gravity", allowed .*transaction_items'
    ):
        CHECKS["fact"](algoitny, name="gravity")


@pytest.mark.parametrize("alternative", sorted(ALTERNATIVES))
def test_a_cost_range_holds_the_cost_at_the_assumed_values(algoitny, alternative) -> None:
    """Every assumption lies between its low and its high end, and no cost falls when one rises."""
    value = CHECKS["monthly_cost"](algoitny, alternative=alternative, dau=1000).value
    low, high = value if isinstance(value, tuple) else (value, value)
    usd = algoitny.costs.curve(ALTERNATIVES[alternative]).usd(1000)
    assert low <= round(usd, 2) <= high


def test_hot_keys_are_found_from_the_users_on_that_break_them(algoitny) -> None:
    """One key takes 1,000 writes a second: no key does at 10,000 DAU, and some key does at ten billion."""
    given = {"rules": ("hot-partition-key", "low-cardinality-partition-key")}
    few, many = (CHECKS["rules_clear"](algoitny, dau=dau, **given) for dau in (10_000, 10_000_000_000))
    assert (few.value, many.value) == (True, False)
    assert "nearest to its limit is" in few.working


def test_parts_of_a_bill_add_up(algoitny) -> None:
    """What all tables take together is the whole bill."""
    tables = tuple(algoitny.case.design.tables)
    part = CHECKS["table_cost"](algoitny, alternative="on-demand", tables=tables, dau=1000).value
    assert part == algoitny.costs.curve(ALTERNATIVES["on-demand"]).bill(1000).total


def test_a_crossing_at_a_step_depends_on_the_sizing(algoitny) -> None:
    """The sizing puts the larger instance behind 5,000 DAU, so the crossing there is no result."""
    found = CHECKS["crossing"](algoitny, alternative="as designed")
    assert found.value == "5,001"
    assert found.depends_on == ("where the larger instance is needed, which the document leaves open",)


@pytest.mark.parametrize(
    ("instance", "value", "in_words"),
    [
        ("db.t3.medium", "open", "not in the end with all assumptions high, from 100 DAU on"),
        ("db.r5.2xlarge", (100, 100), "from 100 DAU on with all assumptions high"),
    ],
)
def test_a_crossing_without_a_step_is_a_result(algoitny, instance, value, in_words) -> None:
    """At 10,000 DAU the most requests cost 247 USD: more than the small instance, less than 730."""
    step = algoitny.case.workload.relational[0].model_copy(update={"max_dau": 10**6, "instance": instance})
    workload = algoitny.case.workload.model_copy(update={"relational": (step,)})
    evidence = replace(algoitny, case=replace(algoitny.case, workload=workload))
    found = CHECKS["crossing"](evidence, alternative="on-demand")
    assert found.value == value
    assert in_words in found.working


def test_more_capacity_carries_more_users(algoitny) -> None:
    """Auto scaling may set ten times the written capacity, and users grow with it."""
    written, scaled = (CHECKS[name](algoitny).value for name in ("designed_capacity", "scaled_capacity"))
    assert [after // before for before, after in zip(written, scaled, strict=True)] == [10, 10]


def test_fixed_capacity_does_not_grow_with_users(algoitny) -> None:
    """On-demand is linear in its requests; the designed capacity of the main table is not."""
    check = CHECKS["grows_with_users"]
    rest = {"dau": 1000, "factor": 10, "within": 0.01}
    assert check(algoitny, alternative="on-demand", **rest).value
    assert not check(algoitny, alternative="as designed", **rest).value


def test_stored_volume_is_that_of_the_demands(algoitny) -> None:
    """The sum of billed bytes of tables and indexes, in GB of 2^30 bytes, lies in the stated range."""
    low, high = CHECKS["stored_gb"](algoitny, dau=1000).value
    stored = 1000 * sum(demand.bytes_per_dau for demand in algoitny.costs.demands) / 2**30
    assert low <= stored <= high


def test_index_cost_is_part_of_the_cost(algoitny) -> None:
    """Indexes cost something, and less than the whole bill, at either end of the assumptions."""
    given = {"alternative": "sized", "dau": 10000}
    part, whole = (CHECKS[name](algoitny, **given).value for name in ("index_cost", "monthly_cost"))
    assert 0 < part[0] < whole[0]
    assert part[1] < whole[1]


def test_a_case_without_prices_names_what_is_missing(algoitny) -> None:
    """eu-west-1 has no RDS prices here: the crossing is refused by name, not computed from another region."""
    with pytest.raises(InputError, match="eu-west-1"):
        CHECKS["crossing"](Evidence(algoitny.case, algoitny.book, "eu-west-1"), alternative="on-demand")
