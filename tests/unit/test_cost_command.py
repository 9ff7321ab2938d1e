"""`workbench cost`: all alternatives, every line with its source, and what a region cannot price."""

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli import workbench
from workbench.compare.case_bills import CHEAPEST, MODES, RESERVED, SCALED
from workbench.compare.case_costs import AS_DESIGNED, ON_DEMAND, RELATIONAL, SIZED
from workbench.compare.relational_case import SIZED_RELATIONAL

SCHEMA = Path(__file__).parents[2] / "docs" / "cost-output.md"


def run(*options):
    """What the command prints for AlgoItny."""
    result = CliRunner().invoke(workbench, ["cost", "algoitny", *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def document(*options):
    """The JSON document."""
    return json.loads(run("--format", "json", *options))


def totals(found):
    """Total by alternative and users."""
    return {(bill["alternative"], bill["dau"]): bill["usd_per_month"] for bill in found["bills"]}


@pytest.fixture(scope="module")
def virginia():
    """All alternatives at four numbers of users where every price is known."""
    return document("--dau", "1000,10000,1000000,2000000")


def test_every_alternative_has_a_bill(virginia):
    """DynamoDB in seven ways and six relational alternatives, for each number of users."""
    names = {*MODES, RELATIONAL, *SIZED_RELATIONAL}
    assert len(names) == 13
    assert set(totals(virginia)) == {(name, dau) for name in names for dau in (1000, 10000, 1000000, 2000000)}
    assert virginia["left_out"] == []


def test_totals_are_sums_of_lines_that_all_have_a_source(virginia):
    """Each line is quantity x price with where the price comes from; each total is their sum."""
    for bill in virginia["bills"]:
        if bill["usd_per_month"] is None:
            continue
        amounts = [Decimal(line["usd_per_month"]) for line in bill["lines"]]
        assert abs(sum(amounts) - Decimal(bill["usd_per_month"])) < Decimal("1e-18")
        for line in bill["lines"]:
            product = Decimal(line["quantity"]) * Decimal(line["usd_per_unit"])
            assert abs(product - Decimal(line["usd_per_month"])) < Decimal("1e-18")
            assert line["source"]
            assert line["source_date"]
            assert line["snapshot"] == virginia["snapshot"]
            assert line["weak"] == (line["strength"] in {"weak", "suspect"})


def test_the_cheapest_way_is_never_above_another(virginia):
    """The mix costs at most what each other way costs that carries the load."""
    found = totals(virginia)
    for dau in (1000, 10000, 1000000, 2000000):
        for name in (ON_DEMAND, SCALED, *RESERVED.values()):
            assert Decimal(found[CHEAPEST, dau]) <= Decimal(found[name, dau])
    assert found[SIZED, 1000] != found[ON_DEMAND, 1000]


def test_the_end_of_a_sizing_is_a_row_and_not_a_cap(virginia):
    """The document's sizing ends at a million users: beyond it there is no bill, and the row says so."""
    (beyond,) = [b for b in virginia["bills"] if (b["alternative"], b["dau"]) == (RELATIONAL, 2000000)]
    assert (beyond["usd_per_month"], beyond["lines"]) == (None, [])
    assert beyond["remark"] == "its sizing ends at 1,000,000 DAU: no bill beyond it"
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv", "--dau", "2000000"))))
    assert [r["component"] for r in rows if r["alternative"] == RELATIONAL] == ["not sized"]


def test_remarks_tell_what_a_total_does_not(virginia):
    """The designed capacity that no longer carries, the instance, and a load divided among servers."""
    remarks = {(bill["alternative"], bill["dau"]): bill["remark"] for bill in virginia["bills"]}
    assert re.match("without scaling, the designed capacity carries", remarks[AS_DESIGNED, 10000])
    assert remarks[AS_DESIGNED, 1000] == ""
    assert remarks[RESERVED[1], 1000] == "no block of 100 units pays for itself at this load"
    assert "reserved for 1 yr" in remarks[RESERVED[1], 1000000]
    assert remarks[RELATIONAL, 10000] == "db.r5.2xlarge + 2 read replicas"
    assert "divided among several" in remarks[SIZED_RELATIONAL[0], 1000000]


def test_a_region_without_relational_prices_names_each_of_them():
    """In eu-west-1 DynamoDB is priced; each relational alternative is left out with region and dimension."""
    found = document("--region", "eu-west-1", "--dau", "1000,10000,1000000")
    assert {name for name, _ in totals(found)} == set(MODES)
    assert {gap["alternative"] for gap in found["left_out"]} == {RELATIONAL, *SIZED_RELATIONAL}
    assert {gap["region"] for gap in found["left_out"]} == {"eu-west-1"}
    gaps = {(gap["service"], gap["dimension"]) for gap in found["left_out"]}
    assert ("rds-postgresql", "instance_single_az:db.t3.medium") in gaps
    shown = run("--region", "eu-west-1")
    assert f"left out: {RELATIONAL}: no price in eu-west-1 for rds-postgresql backup_storage, " in shown
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv", "--region", "eu-west-1"))))
    assert "no price for rds-postgresql backup_storage in eu-west-1" in {row["remark"] for row in rows}


def test_a_region_without_any_price_is_refused():
    """Nothing can be priced: the command ends with one sentence that lists the regions, and no bill."""
    result = CliRunner().invoke(workbench, ["cost", "algoitny", "--region", "mars-1"])
    told = str(result.exception)
    assert told.startswith("--region: has no DynamoDB prices; got mars-1, allowed af-south-1, ")
    assert told.endswith("us-west-2. Name one of them.")
    assert "\n" not in told


@pytest.mark.parametrize("command", ["cost", "mix", "breakeven", "claims"])
def test_a_case_and_a_region_that_are_not_there_are_told_together(command):
    """Nobody has to mend one mistake to be told of the next."""
    result = CliRunner().invoke(workbench, [command, "nosuch", "--region", "mars-1"])
    assert [problem.file for problem in result.exception.problems] == ["--region", "case"]


def test_every_option_that_cannot_be_read_is_told():
    """Users, hours and bytes of a GB are read before anything ends."""
    options = ["--dau", "x", "--hours", "-1", "--gb-bytes", "big"]
    result = CliRunner().invoke(workbench, ["cost", "nosuch", *options])
    assert str(result.exception).splitlines()[:3] == [
        "--dau: cannot be read; got 'x', allowed whole numbers with commas, 0 and more. Write `1000,10000`.",
        "--gb-bytes: cannot be read; got 'big', allowed a number above 0. Write `1073741824`.",
        "--hours: cannot be read; got '-1', allowed a number above 0. Write `730`.",
    ]


def test_every_field_is_described(virginia):
    """The documentation names the fields that the document has, and no other."""
    cells = [row.split("|")[1] for row in SCHEMA.read_text().splitlines() if row.startswith("| `")]
    described = {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)}
    bill = virginia["bills"][0]
    assert described == {*virginia, *bill, *bill["lines"][0]}
    (gap, *_) = document("--region", "eu-west-1")["left_out"]
    last = SCHEMA.read_text().split("A price that is left out:")[1].split(".")[0]
    assert set(gap) == set(re.findall(r"`([a-z_]+)`", last))


def test_a_longer_month_costs_its_hours():
    """A month of 744 hours costs 744/730 of the capacity of one of 730; stored bytes cost the same."""
    usual, longer = (document("--hours", hours) for hours in ("730", "744"))
    amounts = [
        {
            (line["table"], line["index"], line["component"]): Decimal(line["usd_per_month"])
            for line in next(b for b in found["bills"] if b["alternative"] == AS_DESIGNED)["lines"]
        }
        for found in (usual, longer)
    ]
    for key, usd in amounts[0].items():
        factor = 1 if key[2] in {"storage", "point-in-time recovery"} else Decimal(744) / 730
        assert amounts[1][key] == pytest.approx(usd * factor)


def test_a_smaller_gb_makes_more_of_them():
    """With a GB of 1,000 MB the same bytes are 2^30/10^9 times as many GB."""
    storages = [
        next(
            Decimal(line["quantity"])
            for line in document("--gb-bytes", size)["bills"][0]["lines"]
            if line["component"] == "storage"
        )
        for size in (str(2**30), str(10**9))
    ]
    assert storages[1] == pytest.approx(storages[0] * 2**30 / 10**9)


def test_the_free_tier_is_shared_by_all_tables():
    """18,600 free hours of 160,600 RCU hours and of as few WCU hours are taken off once, not per table."""
    plain, free = (
        next(b for b in document(switch)["bills"] if b["alternative"] == AS_DESIGNED)
        for switch in ("--no-free-tier", "--free-tier")
    )
    saved = Decimal(plain["usd_per_month"]) - Decimal(free["usd_per_month"])
    stored = sum(Decimal(x["quantity"]) for x in plain["lines"] if x["component"] == "storage")
    assert saved == pytest.approx(
        18_600 * (Decimal("0.00013") + Decimal("0.00065")) + stored * Decimal("0.25")
    )


@pytest.mark.parametrize(
    "options", [("--hours", "0"), ("--gb-bytes", "big"), ("--dau", "-1"), ("--dau", "x")]
)
def test_switches_refuse_what_is_no_number(options):
    """A length of zero, a word or a negative number of users ends with the allowed values."""
    result = CliRunner().invoke(workbench, ["cost", "algoitny", *options])
    assert result.exception.exit_code == 2
    assert "allowed" in str(result.exception)
