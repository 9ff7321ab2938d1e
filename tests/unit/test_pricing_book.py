"""The price book: what it reads, and what it says about what it cannot."""

from decimal import Decimal

import pytest
from click.testing import CliRunner

from workbench.cli.prices import prices
from workbench.errors import InputError
from workbench.pricing.book import PriceBook, Strength, snapshots
from workbench.pricing.check import check_book
from workbench.pricing.dimensions import (
    Dimension,
    aurora_instance,
    cache_node,
    count_in,
    dax_node,
    dimensions_of,
    rds_instance,
    unit_of,
)

HEAD = "service,region,dimension,unit,usd,source_id,source_date,strength\n"
GOOD = "dynamodb,us-east-1,storage_standard,GB-month,0.25,aws,2026-05,strong\n"


@pytest.fixture
def snapshot(tmp_path):
    """A function that writes a snapshot and returns its folder."""

    def write(rows, checks=None):
        folder = tmp_path / "2026-05"
        folder.mkdir(exist_ok=True)
        (folder / "prices.csv").write_text(HEAD + rows, encoding="utf-8")
        (folder / "sources.csv").write_text("source_id,title,reference\naws,A list,here\n", encoding="utf-8")
        if checks:
            (folder / "cross_checks.csv").write_text(HEAD + checks, encoding="utf-8")
        return folder

    return write


def messages(error):
    """The problems of an error without the folder."""
    return [str(problem).split("prices.csv", 1)[1] for problem in error.value.problems]


def test_the_project_holds_every_price_of_its_snapshot():
    """The committed snapshot has 700 prices in 31 regions for on-demand writes, and holds together."""
    book = PriceBook.newest()
    assert (len(book.prices), book.snapshot) == (700, "2026-11")
    assert len(book.regions(service="dynamodb", dimension="on_demand_wru_standard")) == 31
    assert check_book(book) == []


def test_a_price_carries_its_source(snapshot):
    """A price states amount, unit, source, date, strength and snapshot."""
    price = PriceBook.load(snapshot(GOOD)).price(
        service="dynamodb",
        region="us-east-1",
        dimension=Dimension.STORAGE_STANDARD,
    )
    assert (price.usd, price.unit, price.source) == (Decimal("0.25"), "GB-month", "A list")
    assert (price.source_date, price.strength, price.snapshot) == ("2026-05", Strength.STRONG, "2026-05")


def test_a_missing_price_names_region_and_dimension(snapshot):
    """Another region's price is never used; the error names what is missing and where it exists."""
    book = PriceBook.load(snapshot(GOOD))
    with pytest.raises(InputError) as error:
        book.price(service="dynamodb", region="eu-west-1", dimension="storage_standard")
    assert messages(error) == [
        (
            ": dynamodb.eu-west-1.storage_standard: no price for dynamodb storage_standard in this region; "
            "got eu-west-1, allowed us-east-1. "
            "Add a row with its source to the snapshot, or choose another region"
        ),
    ]


def test_a_price_that_no_region_has_says_so(snapshot):
    """Where no region has the price the error says so."""
    with pytest.raises(InputError, match="got us-east-1, allowed no region at all"):
        PriceBook.load(snapshot(GOOD)).price(service="dynamodb", region="us-east-1", dimension="restore_warm")


def test_every_bad_row_is_named_at_once(snapshot):
    """All problems of a snapshot come together, each with its line."""
    rows = (
        "dynamo,us-east-1,storage_standard,GB-month,0.25,aws,2026-05,strong\n"
        "dynamodb,us-east-1,storage,GB-month,-1,aws,2026-05,strong\n"
        "dynamodb,us-east-1,storage_standard,GB,x,aws,2026-05,strong\n"
        "dynamodb,us-east-2,storage_standard,GB-month,1,elsewhere,2026-05,sure\n"
        "dynamodb,us-east-2,pitr_storage,GB-month,,aws,2026-05,strong\n"
    )
    with pytest.raises(InputError) as error:
        PriceBook.load(snapshot(rows))
    columns = ", ".join(HEAD.strip().split(","))
    assert messages(error) == [
        (
            ":2: service: unknown service; got dynamo, allowed dynamodb, dax, rds-postgresql, rds-proxy, "
            "aurora-postgresql, aurora-serverless-v2, elasticache, data-transfer. Correct the name"
        ),
        ":3: dimension: dynamodb has no such dimension; got storage. See workbench prices list",
        ":3: usd: not an amount; got -1, allowed a decimal of at least 0. Write it as in the source",
        ":4: unit: wrong unit for storage_standard; got GB, allowed GB-month. Convert the price",
        ":4: usd: not an amount; got x, allowed a decimal of at least 0. Write it as in the source",
        ":5: source_id: not in sources.csv; got elsewhere. Add the source",
        (
            ":5: strength: unknown strength; got sure, "
            "allowed strong, derived, weak, suspect. Choose one of them"
        ),
        f":6: usd: empty or missing; got nothing, allowed columns {columns}. Fill the cell",
    ]


def test_a_duplicate_price_is_refused(snapshot):
    """Two rows for one service, region and dimension are both named."""
    with pytest.raises(InputError) as error:
        PriceBook.load(snapshot(GOOD + GOOD))
    assert [problem.line for problem in error.value.problems] == [2, 3]
    assert "priced 2 times; got a duplicate row" in str(error.value)


def test_a_folder_without_snapshot_is_named(tmp_path):
    """An empty folder, and a folder that is no snapshot, are errors that name it."""
    with pytest.raises(InputError, match="no price snapshot in this folder"):
        snapshots(tmp_path)
    with pytest.raises(InputError, match=r"sources\.csv: no such file; got nothing"):
        PriceBook.load(tmp_path)


def test_a_second_source_that_disagrees_is_reported(snapshot):
    """Sources that differ in price, and a second source without a first, are problems."""
    checks = GOOD.replace("0.25", "0.26") + GOOD.replace("storage_standard", "pitr_storage")
    found = [problem.message for problem in check_book(PriceBook.load(snapshot(GOOD, checks)))]
    assert found == [
        "two sources disagree; got 0.25 per GB-month from aws and 0.26 per GB-month from aws",
        "a second source for a price that is absent; got no first source",
    ]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (
            (
                "dynamodb,us-east-1,provisioned_wcu_standard,WCU-hour,0.00065,aws,2026-05,strong\n"
                "dynamodb,us-east-1,provisioned_wcu_standard_ia,WCU-hour,0.0007,aws,2026-05,{strength}\n"
            ),
            "breaks the pattern; got 1.08 times provisioned_wcu_standard, allowed 1.20 to 1.28",
        ),
        (
            (
                "rds-postgresql,us-east-1,instance_single_az:db.x,hour,1,aws,2026-05,strong\n"
                "rds-postgresql,us-east-1,instance_multi_az:db.x,hour,3,aws,2026-05,{strength}\n"
            ),
            "breaks the pattern; got 3.00 times instance_single_az:db.x, allowed 1.9 to 2.1",
        ),
    ],
    ids=["standard-ia", "multi-az"],
)
def test_a_price_that_breaks_the_pattern_must_be_marked_suspect(snapshot, pair, message):
    """An unmarked outlier is a problem; the same price marked suspect is not."""
    strong = PriceBook.load(snapshot(pair.format(strength="strong")))
    assert [problem.message for problem in check_book(strong)] == [message]
    assert check_book(PriceBook.load(snapshot(pair.format(strength="suspect")))) == []


def test_an_outlier_without_its_base_price_is_not_judged(snapshot):
    """A Standard-IA price whose Standard price is absent cannot break a pattern."""
    row = "dynamodb,us-east-1,provisioned_wcu_standard_ia,WCU-hour,9,aws,2026-05,strong\n"
    assert check_book(PriceBook.load(snapshot(row))) == []


def test_every_dimension_has_one_unit():
    """Each dimension and family of instances has a unit; an unknown one has none."""
    assert unit_of("dynamodb", "on_demand_wru_standard") == "million WRU"
    assert unit_of("rds-postgresql", rds_instance("db.t3.medium", multi_az=True)) == "hour"
    assert unit_of("aurora-postgresql", aurora_instance("db.r6g.large")) == "hour"
    assert unit_of("dax", dax_node("dax.r5.large")) == "hour"
    assert unit_of("elasticache", cache_node("valkey", "cache.t4g.micro")) == "hour"
    assert unit_of("rds-postgresql", "instance_single_az:") is None
    assert unit_of("dax", "storage_standard") is None
    assert {count_in(unit_of("dynamodb", name)) for name in dimensions_of("dynamodb")} == {
        1,
        100,
        10**5,
        10**6,
    }


def test_list_filters_by_service_region_and_dimension():
    """`prices list` prints the chosen rows with their source, and how many they are."""
    arguments = ["list", "--service", "dynamodb", "--region", "eu-west-1", "--dimension", "pitr"]
    lines = CliRunner().invoke(prices, arguments).output.splitlines()
    assert lines[1].split() == [
        *("dynamodb", "eu-west-1", "pitr_storage", "0.22"),
        *("GB-month", "aws-offer-eu-west-1", "2026-10-04", "strong"),
    ]
    assert lines[2:] == ["1 of 700 prices, snapshot 2026-11"]


def test_show_names_all_sources():
    """`prices show` prints the price and each source that states it."""
    result = CliRunner().invoke(prices, ["show", "dynamodb", "eu-west-1", "storage_standard"])
    lines = result.output.splitlines()
    assert lines[:2] == ["0.283 USD per GB-month", "strength  strong"]
    assert [line.rsplit("(", 1)[1] for line in lines[2:4]] == [
        "aws-cost-template, 2025)",
        "aws-offer-eu-west-1, 2026-10-04)",
    ]


def test_check_counts_strengths(snapshot):
    """`prices check` prints how many prices have each strength."""
    result = CliRunner().invoke(prices, ["check", "--snapshot", str(snapshot(GOOD, GOOD))])
    assert result.output.splitlines() == [
        *("    1  strong", "    0  derived", "    0  weak", "    0  suspect"),
        "1 prices hold together; 1 confirmed by a second source",
    ]


def test_check_fails_on_a_disagreement(snapshot):
    """`prices check` fails with the problem where sources disagree."""
    folder = snapshot(GOOD, GOOD.replace("0.25", "0.26"))
    result = CliRunner().invoke(prices, ["check", "--snapshot", str(folder)])
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 2


def test_a_book_can_be_made_of_given_prices(snapshot):
    """For a what-if question a book takes prices directly and knows nothing else."""
    book = PriceBook.of(PriceBook.load(snapshot(GOOD)))
    assert [price.key for price in book] == [("dynamodb", "us-east-1", "storage_standard")]
    with pytest.raises(InputError, match="no price for dynamodb pitr_storage"):
        book.price(service="dynamodb", region="us-east-1", dimension="pitr_storage")
