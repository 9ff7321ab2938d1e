"""Prices from AWS's Price List API, snapshots side by side, and their differences."""

import json
from copy import deepcopy
from decimal import Decimal
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner

from workbench.cli.prices import prices
from workbench.engines import price_list as engine
from workbench.engines.price_list import fetch_products
from workbench.errors import EngineError, InputError
from workbench.pricing.book import PriceBook, snapshots
from workbench.pricing.diff import diff_books
from workbench.pricing.price_list import listed_prices
from workbench.pricing.snapshot import references_of, updated, write_snapshot

ANSWERS = json.loads(Path(__file__).with_name("price_list_answers.json").read_text(encoding="utf-8"))
REGION = "eu-west-1"


@pytest.fixture
def stubbed(monkeypatch):
    """A client of the API that answers from a script, and the script."""
    client = boto3.client(
        "pricing",
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106  a stub checks no secret
    )
    monkeypatch.setattr(engine, "price_list_client", lambda: client)
    with Stubber(client) as script:
        yield script


def expect(script, service, pages):
    """Scripts the pages of one question."""
    filters = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": REGION}]
    asked = {"ServiceCode": service, "Filters": filters, "FormatVersion": "aws_v1"}
    for number, page in enumerate(pages):
        answer = {"FormatVersion": "aws_v1", "PriceList": [json.dumps(product) for product in page]}
        if number + 1 < len(pages):
            answer["NextToken"] = f"page{number + 1}"
        token = {"NextToken": f"page{number}"} if number else {}
        script.add_response("get_products", answer, {**asked, **token})


def test_products_become_prices_in_the_units_of_the_book():
    """Requests by the million, the paid band, blocks of 100, nodes, instances; no other region."""
    listed = listed_prices(ANSWERS, REGION, "2026-12")
    assert [(one.service, one.dimension, str(one.usd.normalize()), one.unit) for one in listed.prices] == [
        ("dax", "node:dax.r5.large", "0.287", "hour"),
        ("dynamodb", "on_demand_wru_standard", "0.705", "million WRU"),
        ("dynamodb", "provisioned_wcu_standard", "0.000735", "WCU-hour"),
        ("dynamodb", "reserved_wcu_1yr_hourly", "0.0145", "100 unit-hours"),
        ("dynamodb", "reserved_wcu_1yr_upfront", "169", "100 units"),
        ("dynamodb", "storage_standard_ia", "0.1132", "GB-month"),
        ("dynamodb", "streams_read", "0.02266", "100,000 sRRU"),
        ("rds-postgresql", "instance_multi_az:db.t3.medium", "0.158", "hour"),
    ]
    assert listed.skipped == ("EU-VectorSearch",)
    assert {(one.source_date, one.snapshot) for one in listed.prices} == {("2026-10-04", "2026-12")}


@pytest.mark.parametrize(
    ("usage", "dimension"),
    [
        ("WriteRequestUnits", "on_demand_wru_standard"),
        ("USW2-ReadRequestUnits", "on_demand_rru_standard"),
        ("IA-TimedStorage-ByteHrs", "storage_standard_ia"),
        ("USE1-TimedPITRStorage-ByteHrs", "pitr_storage"),
        ("APN1-IA-ReplWriteCapacityUnit-Hrs", "replicated_wcu_standard_ia"),
    ],
)
def test_a_usage_type_is_read_with_and_without_its_region(usage, dimension):
    """The prefix of the region is optional, and IA is no region."""
    product = deepcopy(ANSWERS[0])
    product["product"]["attributes"]["usagetype"] = usage
    assert [one.dimension for one in listed_prices([product], REGION, "x").prices] == [dimension]


def test_what_the_book_has_no_place_for_is_skipped_by_name():
    """A cluster of three zones, another engine, and a price without node are no prices of the book."""
    cluster, mysql, transfer = (deepcopy(ANSWERS[number]) for number in (6, 6, 5))
    cluster["product"]["attributes"]["deploymentOption"] = "Multi-AZ (readable standbys)"
    mysql["product"]["attributes"] |= {
        "databaseEngine": "MySQL",
        "usagetype": "EU-InstanceUsage:db.t3.medium",
    }
    del transfer["product"]["attributes"]["instanceType"]
    listed = listed_prices([cluster, mysql, transfer], REGION, "x")
    assert listed.prices == ()
    assert len(listed.skipped) == 3


def test_an_answer_of_another_format_is_refused():
    """Every entry that lacks what the format promises is named by its number."""
    broken = [{}, {**ANSWERS[0], "terms": None}]
    with pytest.raises(InputError) as error:
        listed_prices(broken, REGION, "x")
    assert [str(problem) for problem in error.value.problems] == [
        (
            "Price List API:1: PriceList: not a product of the documented format; got KeyError at 'product'. "
            "Keep the answer and compare its fields"
        ),
        (
            "Price List API:2: PriceList: not a product of the documented format; got AttributeError at "
            "'NoneType' object has no attribute 'get'. Keep the answer and compare its fields"
        ),
    ]


def test_two_products_with_different_prices_are_refused():
    """The same usage type at two prices cannot be read as one price."""
    other = json.loads(json.dumps(ANSWERS[0]).replace("0.0000007050", "0.0000008000"))
    with pytest.raises(InputError, match=r"two products for the same price; got 0\.705 and 0\.8\. "):
        listed_prices([ANSWERS[0], other], REGION, "x")


def test_without_consent_nothing_is_asked():
    """The flag is asked for before a client is made."""
    with pytest.raises(InputError, match="with your credentials; got no --yes-real-aws"):
        fetch_products("AmazonDynamoDB", REGION, yes_real_aws=False)


def test_all_pages_are_read(stubbed):
    """The token of each page leads to the next one."""
    expect(stubbed, "AmazonDynamoDB", [ANSWERS[:2], ANSWERS[2:3]])
    assert fetch_products("AmazonDynamoDB", REGION, yes_real_aws=True) == ANSWERS[:3]
    stubbed.assert_no_pending_responses()


def test_a_refusal_of_aws_is_an_engine_error(stubbed):
    """What AWS says is passed on, with service and region."""
    stubbed.add_client_error("get_products", "AccessDeniedException", "not you")
    with pytest.raises(EngineError, match=r"Price List API, AmazonDynamoDB in eu-west-1: .*not you"):
        fetch_products("AmazonDynamoDB", REGION, yes_real_aws=True)


def test_an_answer_that_is_no_json_is_an_engine_error(stubbed):
    """A torn entry does not become a traceback."""
    stubbed.add_response("get_products", {"FormatVersion": "aws_v1", "PriceList": ["{torn"]})
    with pytest.raises(EngineError, match="AmazonDynamoDB in eu-west-1: no JSON"):
        fetch_products("AmazonDynamoDB", REGION, yes_real_aws=True)


def test_update_writes_a_snapshot_that_keeps_the_other_prices(stubbed, tmp_path):
    """New prices replace old ones, the rest stays with its source, and the command says what changed."""
    expect(stubbed, "AmazonDynamoDB", [ANSWERS[:5]])
    out = tmp_path / "2026-12"
    arguments = [
        "update",
        "--region",
        REGION,
        "--service",
        "AmazonDynamoDB",
        "--out",
        str(out),
        "--yes-real-aws",
    ]
    result = CliRunner().invoke(prices, arguments, catch_exceptions=False)
    assert result.output.splitlines()[-1] == "6 prices from AWS, 1 usage types without a place in the book"
    book, base = PriceBook.load(out), PriceBook.newest()
    changed = book.price(service="dynamodb", region=REGION, dimension="provisioned_wcu_standard")
    assert (changed.usd, changed.source_id) == (Decimal("0.000735"), "aws-price-list-api")
    kept = [key for key, price in base.prices.items() if book.prices[key].source_id == price.source_id]
    assert len(kept) >= len(base.prices) - 6
    assert references_of(book)["aws-cost-template"] == references_of(base)["aws-cost-template"]


def test_a_snapshot_is_never_overwritten(tmp_path):
    """A folder that exists is refused, and nothing is left beside it."""
    folder = tmp_path / "2026-12"
    folder.mkdir()
    with pytest.raises(InputError, match="a snapshot is never overwritten"):
        write_snapshot(folder, PriceBook.newest())
    assert list(tmp_path.iterdir()) == [folder]


def test_a_snapshot_that_cannot_be_read_back_is_not_kept(tmp_path):
    """A price of an unknown unit leaves no folder behind."""
    price = next(iter(PriceBook.newest()))
    wrong = type(price)(**{name: getattr(price, name) for name in price.__slots__} | {"unit": "bushel"})
    with pytest.raises(InputError, match="got bushel"):
        write_snapshot(tmp_path / "2026-12", [wrong])
    assert list(tmp_path.iterdir()) == []


def test_a_written_snapshot_is_the_same_book(tmp_path):
    """All prices come back as they were."""
    base = PriceBook.newest()
    again = write_snapshot(tmp_path / "2026-12", base, references_of(base))
    assert diff_books(base, again).changed == ()
    assert {key: price.usd for key, price in again.prices.items()} == {
        key: price.usd for key, price in base.prices.items()
    }


def test_snapshots_lie_side_by_side():
    """The book of 2024 holds the prices before the cut, which halved both on-demand prices."""
    assert [folder.name for folder in snapshots()][:1] == ["2024-10"]
    found = diff_books(*(PriceBook.load(folder) for folder in (snapshots()[0], snapshots()[-1])))
    assert [(one.after.dimension, one.relative) for one in found.changed] == [
        ("on_demand_rru_standard", Decimal("-0.5")),
        ("on_demand_wru_standard", Decimal("-0.5")),
    ]
    assert found.removed == ()
    assert len(found.added) == len(PriceBook.newest().prices) - 2


def test_diff_prints_a_table_and_json():
    """Both forms name the change; the table ends with the counts."""
    table = CliRunner().invoke(prices, ["diff", "2024-10", "2026-11"]).output.splitlines()
    assert [line.split()[3:6] for line in table[1:3]] == [
        ["0.25", "0.125", "-50.0%"],
        ["1.25", "0.625", "-50.0%"],
    ]
    assert table[3].startswith("2 changed, ")
    answer = CliRunner().invoke(prices, ["diff", "2024-10", "2026-11", "--format", "json"]).output
    assert json.loads(answer)["changed"][1] == {
        "price": "dynamodb.us-east-1.on_demand_wru_standard",
        "before": "1.25",
        "after": "0.625",
        "unit": "million WRU",
    }


def test_equal_books_have_no_difference():
    """A book compared with itself has all prices unchanged, and the command prints no table."""
    output = CliRunner().invoke(prices, ["diff", "2026-11", "2026-11"]).output
    assert output == f"0 changed, 0 added, 0 gone, {len(PriceBook.newest().prices)} the same\n"


def test_updated_replaces_by_service_region_and_dimension():
    """An update keeps the number of prices when it only replaces."""
    base = PriceBook.newest()
    price = next(iter(base))
    assert len(updated(base, [price])) == len(base.prices)


def test_weak_prices_can_be_listed():
    """The strength is a filter, and every line shows it."""
    lines = CliRunner().invoke(prices, ["list", "--strength", "suspect"]).output.splitlines()
    assert len(lines) > 3
    assert all(line.endswith("suspect") for line in lines[1:-1])


def test_the_snapshots_are_listed():
    """Each snapshot is one line, oldest first."""
    lines = CliRunner().invoke(prices, ["snapshots"]).output.splitlines()
    assert lines[0] == "2024-10  2 prices"
