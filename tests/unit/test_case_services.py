"""What runs beside the tables of a case is on the bill of every DynamoDB alternative, and on no other."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from workbench.compare.case_bills import MODES, REPLICATED, case_bills
from workbench.compare.case_comparison import compare_case
from workbench.compare.case_costs import ON_DEMAND, SIZED
from workbench.compare.draws import assumed
from workbench.errors import InputError
from workbench.pricing import PriceBook
from workbench.spec import load_case
from workbench.spec.measured import load_measurement
from workbench.spec.services import Services
from workbench.spec.sql_profile import load_sql_profile

BOOK = PriceBook.newest()
REGION = "us-east-1"
MAIN = "AlgoItny-Main"
WHY = {"reconstructed": "chosen for the example"}
CASE = load_case("algoitny")
MEASURED = load_measurement(CASE.directory)
PROFILE = load_sql_profile(CASE.directory)
BESIDE = {
    "backups": {"every_days": 1, "keep_days": 35},
    "stream_reads_per_second": 4,
    "kinesis": True,
    "full_exports_per_month": 2,
    "source": WHY,
}
EVERYTHING = {
    "tables": {MAIN: BESIDE},
    "dax": {"node_type": "dax.r5.large", "nodes": 3, "source": WHY},
}


def with_services(services):
    """AlgoItny with services beside its tables."""
    given = Services.model_validate(services)
    return replace(CASE, workload=CASE.workload.model_copy(update={"services": given}))


def bills(case, dau=1000):
    """Bill by alternative."""
    found = case_bills(case, MEASURED, PROFILE, BOOK, REGION, dau=[dau])
    return {one.alternative: one.bill for one in found.bills}


def price(service, dimension):
    """A list price."""
    return BOOK.price(service=service, region=REGION, dimension=dimension).usd


@pytest.fixture(scope="module")
def plain():
    """The bills without services."""
    return bills(CASE)


@pytest.fixture(scope="module")
def served():
    """The bills with all services."""
    return bills(with_services(EVERYTHING))


def test_each_service_has_its_line(plain, served):
    """35 copies, 2 exports, 4 x 730 x 3,600 calls, a unit for each write unit, 3 nodes for 730 hours."""
    lines = {(line.component, line.table): line for line in served[ON_DEMAND].lines if line.index is None}
    stored = lines["storage", MAIN].quantity
    assert round(lines["backups", MAIN].quantity - 35 * stored, 18) == 0
    assert lines["backups", MAIN].usd == lines["backups", MAIN].quantity * price("dynamodb", "backup_warm")
    assert round(lines["full export to S3", MAIN].quantity - 2 * stored, 18) == 0
    assert lines["stream reads", MAIN].quantity == Decimal("105.12")
    writes = lines["on-demand writes", MAIN].quantity
    assert lines["change data capture to Kinesis", MAIN].quantity == writes
    assert lines["DAX dax.r5.large", "DAX"].usd == 3 * 730 * price("dax", "node:dax.r5.large")
    assert len(served[ON_DEMAND].lines) == len(plain[ON_DEMAND].lines) + 5


def test_every_dynamodb_alternative_pays_the_same_for_services(plain, served):
    """The difference is one amount for DynamoDB and nothing for the relational side."""
    more = {name: round(served[name].total - plain[name].total, 12) for name in plain}
    assert len({more[name] for name in MODES}) == 1
    assert more[ON_DEMAND] > 0
    assert all(more[name] == 0 for name in more if name not in MODES)


def test_curves_and_draws_pay_for_services_too():
    """The exact curve, the bill and the costs of draws agree at the assumed values."""
    case = with_services(EVERYTHING)
    found = compare_case(case, MEASURED, PROFILE, BOOK, REGION)
    once = assumed(found.costs.model.assumptions)
    for name in (ON_DEMAND, SIZED):
        exact = float(found.curves[name].usd(1000))
        assert exact == pytest.approx(float(bills(case)[name].total))
        assert found.costs.usd(name, once, np.array([1000.0]))[0, 0] == pytest.approx(exact)


def test_replicas_add_a_global_table(plain):
    """Each region has its lines; writes cost the same again in a second region of the same prices."""
    found = bills(with_services({"replicas": {"us-east-2": 0.25}}))
    assert set(found) - set(plain) == {REPLICATED}
    lines = found[REPLICATED].lines
    assert {line.price.region for line in lines} == {"us-east-1", "us-east-2"}
    writes = [line.quantity for line in lines if line.component.startswith("replicated on-demand writes")]
    by_hand = [
        line.quantity
        for line in plain[ON_DEMAND].lines
        if line.component == "on-demand writes" and line.index is None
    ]
    assert sorted(writes) == sorted(2 * by_hand)
    reads = [
        sum(line.quantity for line in lines if line.component == f"on-demand reads, {region}")
        for region in ("us-east-1", "us-east-2")
    ]
    assert float(reads[1] / reads[0]) == pytest.approx(1 / 3)


def test_what_cannot_be_is_refused():
    """Cold storage for less than 90 days, and a replica in the region itself."""
    short = {**BESIDE, "backups": {"every_days": 1, "keep_days": 100, "cold_after_days": 30}}
    with pytest.raises(InputError, match="less than 90 days in cold storage"):
        bills(with_services({"tables": {MAIN: short}}))
    with pytest.raises(InputError, match="a replica in the region itself; got us-east-1"):
        bills(with_services({"replicas": {REGION: 0.5}}))


def test_cold_backups_are_a_line_of_their_own():
    """Of 365 daily copies 30 are warm and 335 cold."""
    cold = {**BESIDE, "backups": {"every_days": 1, "keep_days": 365, "cold_after_days": 30}}
    lines = {line.component: line for line in bills(with_services({"tables": {MAIN: cold}}))[ON_DEMAND].lines}
    ratio = lines["backups in cold storage"].quantity / lines["backups"].quantity
    assert ratio == pytest.approx(Decimal(335) / 30)
