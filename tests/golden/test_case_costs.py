"""Costs of a small case, derived by hand from prices of us-east-1."""

from decimal import Decimal
from pathlib import Path

import pytest

from workbench.compare.case_costs import (
    AS_DESIGNED,
    ON_DEMAND,
    RELATIONAL,
    SIZED,
    CaseCosts,
    case_costs,
    case_demands,
    cost_ranges,
    peak_to_mean,
)
from workbench.pricing.book import PriceBook
from workbench.spec.case import Case
from workbench.spec.design import Design
from workbench.spec.measured import Measurement
from workbench.spec.workload import Workload

KEY = {"name": "id", "type": "S"}
CAPACITY = {"read_capacity_units": 5, "write_capacity_units": 2}
PATTERN = {"entity": "Thing", "source": {"line": 1}, "draw": "", "sql": "", "description": "one"}
DESIGN = Design.model_validate(
    {
        "schema_version": 1,
        "case": "small",
        "title": "Small",
        "document": "none.txt",
        "tables": {
            "Things": {
                "partition_key": KEY,
                "billing_mode": "PROVISIONED",
                "provisioned_throughput": CAPACITY,
                "point_in_time_recovery": True,
                "global_secondary_indexes": {
                    "ByName": {
                        "partition_key": {"name": "name", "type": "S"},
                        "projection": {"type": "KEYS_ONLY"},
                        "provisioned_throughput": CAPACITY,
                    }
                },
            }
        },
        "entities": {
            "Thing": {"table": "Things", "keys": {"id": "{id}"}, "attributes": {"id": {"type": "S"}}}
        },
        "patterns": {
            "get": {**PATTERN, "operation": "GetItem", "key": {"id": "{id}"}},
            "put": {**PATTERN, "operation": "PutItem"},
        },
    }
)
ASSUMED = {"low": 0, "high": 10_000, "unit": "each", "reason": "chosen for the example"}
WORKLOAD = Workload.model_validate(
    {
        "schema_version": 1,
        "case": "small",
        "assumptions": {
            "gets": {"value": 240, **ASSUMED},
            "puts": {"value": 24, **ASSUMED},
            "peak": {"value": 3, **ASSUMED},
            "registered": {"value": 10, **ASSUMED},
        },
        "rates": {"get": {"assumption": "gets"}, "put": {"assumption": "puts", "factor": 0.5}},
        "diurnal": [2.0] * 12 + [0.0] * 12,
        "peak_to_average": "peak",
        "registered_users_per_dau": "registered",
        "relational": [
            {
                "max_dau": 5000,
                "instance": "db.t3.medium",
                "storage_gb": 20,
                "backup_gb": 30,
                "source": {"line": 1},
            }
        ],
    }
)
MEASURED = Measurement.model_validate(
    {
        "case": "small",
        "fingerprint": "",
        "engine": "none",
        "users": 1,
        "seed": 1,
        "samples": 1,
        "units": {"get": {"Things": 0.5}, "put": {"Things": 2.0, "Things/ByName": 1.0}},
        "entities": {
            "Thing": {
                "items_per_user": 2,
                "mean_bytes": 924,
                "p50_bytes": 924,
                "p99_bytes": 924,
                "max_bytes": 924,
                "billed_bytes_per_item": {"Things": 1024.0, "Things/ByName": 512.0},
            }
        },
    }
)


def costs(region: str = "us-east-1") -> CaseCosts:
    """Returns the costs of the small case."""
    demands = case_demands(DESIGN, WORKLOAD, MEASURED)
    return case_costs(DESIGN, WORKLOAD, demands, PriceBook.newest(), region)


def test_peak_is_the_busiest_hour_times_the_busiest_second() -> None:
    """Traffic in half the hours doubles the mean; the busiest second is three times that."""
    assert peak_to_mean(WORKLOAD) == 6


def test_demand_is_rate_times_units_times_days() -> None:
    """730/24 days a month: 240 x 0.5 reads and 12 x 2 table, 12 x 1 index writes a day; 10 users stored."""
    table, index = costs().demands
    days = Decimal(730) / 24
    assert table.read_units_per_dau == pytest.approx(120 * days)
    assert table.write_units_per_dau == pytest.approx(24 * days)
    assert (index.read_units_per_dau, index.write_units_per_dau) == (0, pytest.approx(12 * days))
    assert (table.bytes_per_dau, index.bytes_per_dau) == (20480, 10240)


def test_on_demand_bill() -> None:
    """At 1,000 DAU: 1.095 M writes, 3.65 M reads, 30,720,000 bytes stored, 20,480,000 of them under PITR."""
    curve = costs().curve(ON_DEMAND)
    gigabytes = Decimal(2**30)
    expected = (
        Decimal("1.095") * Decimal("0.625")
        + Decimal("3.65") * Decimal("0.125")
        + 30_720_000 / gigabytes * Decimal("0.25")
        + 20_480_000 / gigabytes * Decimal("0.20")
    )
    assert curve is not None
    assert curve.usd(1000) == pytest.approx(expected)


def test_designed_capacity_costs_its_hours_until_the_peak_exceeds_it() -> None:
    """Twice 730 h of 5 RCU, 2 WCU; writes last to 2 / (24 / 86,400 x 6), reads to 5 / (120 / 86,400 x 6)."""
    result = costs()
    curve = result.curve(AS_DESIGNED)
    capacity = 730 * 2 * (5 * Decimal("0.00013") + 2 * Decimal("0.00065"))
    assert curve is not None
    assert curve.usd(0) == capacity
    assert result.designed_until_dau == min(1200, 600)


def test_sized_capacity_carries_the_peak_at_the_target() -> None:
    """At 1,000 DAU the peak is 8.33 reads, 1.67 and 0.83 writes a second: at 70 % 12 RCU + 1, 3 and 2 WCU."""
    curve = costs().curve(SIZED)
    assert curve is not None
    lines = {(line.index, line.component): line.quantity for line in curve.bill(1000).lines}
    assert lines[None, "provisioned reads"] == 730 * 12
    assert lines["ByName", "provisioned reads"] == 730 * 1
    assert lines[None, "provisioned writes"] == 730 * 3
    assert lines["ByName", "provisioned writes"] == 730 * 2


def test_relational_bill_bills_the_backup_that_the_sizing_states() -> None:
    """730 h x 0.072 + 20 GB x 0.115 + 30 GB x 0.095."""
    curve = costs().curve(RELATIONAL)
    assert curve is not None
    assert curve.usd(1000) == Decimal("52.56") + Decimal("2.30") + Decimal("2.85")


def test_a_region_without_relational_prices_loses_that_alternative_by_name() -> None:
    """RDS has no price in eu-west-1 here: DynamoDB is still priced, and the gap is named."""
    result = costs("eu-west-1")
    assert result.curve(ON_DEMAND) is not None
    assert result.curve(RELATIONAL) is None
    assert any("eu-west-1" in str(problem) for problem in result.missing)


def test_a_retention_takes_the_place_of_the_population() -> None:
    """90 days at 24 a day are 2,160 items a DAU: 2,160 x 1,024 bytes, whatever the population held."""
    kept = {"stored_items": {"Thing": {"assumption": "puts", "factor": 90}}}
    workload = Workload.model_validate({**WORKLOAD.model_dump(), **kept})
    table, _ = case_demands(DESIGN, workload, MEASURED)
    assert table.bytes_per_dau == 2160 * 1024


def test_range_is_the_cost_at_both_ends_of_every_assumption() -> None:
    """With low and high at half and twice the value, demand and storage, and so the cost, do the same."""
    stretched = {
        name: {**assumption.model_dump(), "low": assumption.value / 2, "high": assumption.value * 2}
        for name, assumption in WORKLOAD.assumptions.items()
    }
    workload = Workload.model_validate({**WORKLOAD.model_dump(), "assumptions": stretched})
    case = Case(Path("small"), DESIGN, workload, None, None, None)
    book = PriceBook.newest()
    curve = costs().curve(ON_DEMAND)
    assert curve is not None
    ranges = cost_ranges(case, MEASURED, book, "us-east-1", 1000)
    assert ranges[ON_DEMAND] == pytest.approx((curve.usd(1000) / 2, curve.usd(1000) * 2))
    assert ranges[RELATIONAL][0] == ranges[RELATIONAL][1]
    assert cost_ranges(case, MEASURED, book, "us-east-1", 6000).keys() == {
        ON_DEMAND,
        SIZED,
        AS_DESIGNED,
    }
