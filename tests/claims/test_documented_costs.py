"""The documented cost tables of AlgoItny again: list prices by hand, our bill whole, reasons computed."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from workbench.claims import break_even
from workbench.claims.break_even import break_evens, meeting
from workbench.claims.checks import CHECKS
from workbench.claims.cost_tables import our_curve, reproduce
from workbench.claims.documented import DOCUMENTED_COSTS, load_documented_costs
from workbench.claims.evidence import Evidence
from workbench.claims.ledger import load_ledger
from workbench.errors import InputError
from workbench.pricing import PriceBook
from workbench.spec import load_case

SOURCES = Path(__file__).parents[2] / "docs" / "sources.md"

LISTED = {
    448: "52.56",  # 730 x 0.072
    449: "2.30",  # 20 x 0.115
    450: "1.90",  # 20 x 0.095
    452: "56.76",
    464: "4.745",  # 730 x 50 x 0.00013
    465: "9.49",  # 730 x 20 x 0.00065
    466: "14.235",
    467: "14.235",
    468: "14.235",
    472: "3",  # 12 x 0.25
    474: "61.14",  # 4 x 14.235 + 3, and 1.20 as documented
    486: "730",
    487: "23",
    488: "19",
    489: "1460",
    491: "2232",
    494: "142.35",  # ten times 14.235
    495: "427.05",  # three times that
    496: "50",
    498: "619.40",
}
"""Line of the document to its quantities at list prices of us-east-1 [USD a month], by hand."""


@pytest.fixture(scope="module")
def evidence():
    """AlgoItny with the newest prices."""
    return Evidence(load_case("algoitny"), PriceBook.newest())


@pytest.fixture(scope="module")
def costs(evidence):
    """What the document states."""
    return load_documented_costs(evidence.case.directory)


@pytest.fixture(scope="module")
def tables(costs, evidence):
    """The four tables, reproduced."""
    return reproduce(costs, evidence)


def by_line(tables):
    """Rows and totals by line of the document."""
    return {row.line: row for table in tables for row in (*table.rows, table.total) if row.line}


def test_list_prices_are_those_by_hand(tables):
    """Every row with a quantity costs quantity x list price; two rows state no quantity."""
    found = {line: row.listed for line, row in by_line(tables).items()}
    assert found == {**{line: Decimal(usd) for line, usd in LISTED.items()}, 470: None, 471: None}


def test_our_rows_add_up_to_our_bill(tables, costs, evidence):
    """No line of our bill is left out or counted twice."""
    for table in tables:
        bill = our_curve(costs.tables[table.name].alternative, evidence).bill(table.dau)
        parts = sum(row.ours for row in table.rows)
        assert round(parts, 18) == round(table.total.ours, 18) == round(bill.total, 18)


def test_rows_are_those_of_the_ledger(tables, costs, evidence):
    """Lines and amounts are what the claims of the same lines state."""
    ledger = load_ledger(evidence.case.directory, frozenset(CHECKS))
    prices = {line: claim.documented for claim in ledger.claims.values() if claim.kind == "price"
              for line in claim.lines[:1]}  # fmt: skip
    for table in costs.tables.values():
        for row in table.rows:
            if row.line not in {470, 471}:
                assert row.documented == prices[row.line]
    assert sum(by_line(tables)[line].documented[0] for line in (470, 471)) == Decimal(str(prices[470]))
    assert ledger.claims["break_even"].documented == costs.break_even.dau


def test_the_price_of_reads_explains_the_dynamodb_table(tables):
    """Reads priced as writes give 23 and 23 + 9; the one row of writes alone is right but for its cents."""
    rows = by_line(tables)
    for line in (464, 466, 467, 468):
        assert "but reads were priced as writes" in rows[line].why
    assert "730 h x 50 x 0.00065 = 23.73, or 23 with the cents of each dropped" in rows[464].why
    assert "730 h x 20 x 0.00065 = 9.49, as documented but for cents" in rows[465].why
    assert "uses 4.31 of 20 WCU" in rows[465].why


def test_other_differences_name_the_price_that_was_taken(tables):
    """20 GB for 3 USD are 0.15 each, 730 hours for 500 to 600 USD are 0.685 to 0.822."""
    rows = by_line(tables)
    assert "the document takes 1.30 times that, a price of 0.150 each" in rows[449].why
    assert "a price of 0.685 to 0.822 each" in rows[486].why
    assert "The document states no quantity" in rows[470].why
    assert "ours needs none at this load" in rows[489].why
    assert "is limited by" in rows[448].why


def test_what_the_document_leaves_out_is_a_row(tables):
    """Point-in-time recovery is on in the design and in no row of the document."""
    for table in tables:
        extra = [row for row in table.rows if row.line is None]
        assert bool(extra) == table.name.startswith("dynamodb")
        assert all("point-in-time recovery" in row.why for row in extra)


def test_totals_say_whether_the_document_adds_up(tables):
    """23 + 9 + 3 x 32 + 1 + 0.20 + 3 = 132.20, and 500 + 300 + 50 = 850."""
    rows = by_line(tables)
    assert rows[474].why.startswith("The documented rows add up to 132.20; we find 45 % of its total.")
    assert rows[498].why.startswith("The documented rows add up to 850.00;")
    assert rows[452].why.startswith("The documented rows add up to 55.00 to 75.00;")


def test_no_typed_sentence_has_a_figure(evidence):
    """Figures in explanations are computed: what is typed names at most a line of the document."""
    data = yaml.safe_load((evidence.case.directory / DOCUMENTED_COSTS).read_text(encoding="utf-8"))
    for table in data["tables"].values():
        for row in table["rows"]:
            typed = [row.get("note", ""), row.get("inferred", ""), row.get("mistake", {}).get("told", "")]
            assert not re.search(r"\d", re.sub(r"line \d+", "", " ".join(typed)))


def test_every_row_names_a_rule_of_the_sources(tables):
    """The rule of a row is an id of docs/sources.md."""
    ids = set(re.findall(r"^\| ([a-z][a-z0-9-]+) \|", SOURCES.read_text(encoding="utf-8"), re.MULTILINE))
    rules = {row.rule for table in tables for row in table.rows if row.line}
    assert rules <= ids


def test_the_break_even_of_the_documents_own_totals(costs, tables, evidence):
    """132 + 718 x = 55 + 1,495 x gives 1,892 DAU, 132 + 718 x = 75 + 1,575 x gives 1,599: not 5,000."""
    rows = {row.basis: row for row in break_evens(costs.break_even, tables, evidence)}
    assert rows["The document"].dau == "5,000"
    assert rows["The document's own totals"].dau == "1,599 to 1,892"
    # 61.14 + 558.26 x = 56.76 + 2,175.24 x: x = 4.38 / 1,616.98, of 9,000 users
    assert rows["The same quantities at list prices"].dau == "1,024"
    assert rows["Ours: DynamoDB on-demand against RDS as sized"].dau == "none"
    assert "where the designed capacity ends" in rows["Ours: DynamoDB as designed against RDS as sized"].why
    many = next(row for basis, row in rows.items() if basis.startswith("Ours: DynamoDB provisioned"))
    assert re.match(r"\d+, from", many.dau)


def test_few_crossings_are_named_one_by_one(costs, tables, evidence, monkeypatch):
    """Capacity for the peak crosses the document's sizing once, and that number of users is told."""
    monkeypatch.setattr(break_even, "OURS", (("sized", "relational"),))
    mine, rival = (our_curve(name, evidence) for name in ("sized", "relational"))
    (*_, last) = break_evens(costs.break_even, tables, evidence)
    dau = int(last.dau.replace(",", ""))
    assert mine.usd(dau - 1) <= rival.usd(dau - 1)
    assert mine.usd(dau) > rival.usd(dau)


def test_lines_that_do_not_meet_have_no_break_even():
    """Parallel lines, and one that stays below, meet nowhere; equal ends meet at the first point."""
    one, two = Decimal(1), Decimal(2)
    assert meeting(0, 10, (one, one), (two, two)) is None
    assert meeting(0, 10, (one, one), (one, two)) == 0


def test_a_case_without_documented_costs_is_named():
    """Asking for tables that no document has ends with the file that is missing."""
    with pytest.raises(
        InputError, match=r"documented_costs\.yaml: the document of this case has no cost tables"
    ):
        load_documented_costs(load_case("dealership").directory)


BROKEN = """
schema_version: 1
case: broken
tables:
  small:
    title: Small
    dau: 10
    alternative: on-demand
    total_line: 2
    total: 1
    rows:
      - {line: 1, name: one, documented: 1, stated: [{dimension: gold, count: 1}], ours: {}, rule: prices-gb}
break_even: {line: 3, dau: 5, dynamodb: [small, large], relational: [small, small]}
"""


def test_unknown_dimensions_and_tables_are_named_together(tmp_path):
    """Both mistakes come at once, with line and what is allowed."""
    (tmp_path / DOCUMENTED_COSTS).write_text(BROKEN, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_documented_costs(tmp_path)
    assert [problem.path for problem in error.value.problems] == [
        "tables.small.rows[0].stated",
        "break_even.dynamodb",
    ]
