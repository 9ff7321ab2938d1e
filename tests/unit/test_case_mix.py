"""Every way to pay for the tables of a case, and the command that shows them."""

import csv
import json
from decimal import Decimal

import pytest
from click.testing import CliRunner

from workbench.cli.mix import mix
from workbench.compare.case_costs import case_demands
from workbench.compare.case_mix import case_mix, case_switches, table_uses
from workbench.pricing import PriceBook
from workbench.pricing.mix import Mode
from workbench.pricing.savings import SavingsPlan
from workbench.spec import load_case
from workbench.spec.measured import load_measurement

TABLES = ["AlgoItny-Main", "AlgoItny-Users", "AlgoItny-Plans"]


@pytest.fixture(scope="module")
def case():
    """The main case, loaded."""
    return load_case("algoitny")


@pytest.fixture(scope="module")
def demands(case):
    """What a user of the main case asks of each table and index."""
    return case_demands(case.design, case.workload, load_measurement(case.directory))


def test_the_loads_of_a_table_are_those_of_its_users(case, demands):
    """Twice the users ask for twice the units, and indexes stay with their table."""
    one, two = (table_uses(case.workload, demands, dau) for dau in (1000, 2000))
    assert [use.table for use in one] == TABLES
    for small, large in zip(one, two, strict=True):
        assert [2 * load.read_units for load in small.loads] == [load.read_units for load in large.loads]
    assert sum(len(use.loads) for use in one) == len(demands)


def test_the_options_of_a_table_come_cheapest_first(case, demands):
    """Costs rise down the rows of a table, the first one is marked, and no option is shown twice."""
    rows = case_mix(case.workload, demands, [100, 10_000], PriceBook.newest(), "us-east-1").table()
    for _, group in rows.groupby(["dau", "table"], sort=False):
        assert list(group["cheapest"]) == [True] + [False] * (len(group) - 1)
        assert group["usd_per_month"].is_monotonic_increasing
        assert group["option"].is_unique


def test_the_lines_of_the_cheapest_add_up_to_it(case, demands):
    """Quantity x price is each line's amount, and the lines of a table are its cheapest option's cost."""
    found = case_mix(case.workload, demands, [10_000], PriceBook.newest(), "eu-west-1")
    lines, rows = found.lines(), found.table()
    assert (lines["quantity"] * lines["price_usd"]).tolist() == pytest.approx(lines["usd_per_month"].tolist())
    assert lines["source"].str.len().min() > 0
    for table in TABLES:
        cheapest = rows[(rows["table"] == table) & rows["cheapest"]]["usd_per_month"].item()
        assert lines[lines["table"] == table]["usd_per_month"].sum() == pytest.approx(cheapest)


def test_on_demand_ends_where_switches_say(case, demands):
    """At 0.98 of the users of a table's first switch on-demand is the cheapest, at those users it is not."""
    (demand,) = [[one for one in demands if one.table == "AlgoItny-Plans"]]
    switches = case_switches(case.workload, demand, PriceBook.newest(), "us-east-1", terms=())
    dau = int(switches["dau"][0])
    modes = []
    for users in (int(dau * Decimal("0.98")), dau):
        options = case_mix(case.workload, demand, [users], PriceBook.newest(), "us-east-1").options
        modes.append(next(option.mode for _, _, option in options if option.term is None))
    assert modes[0] is Mode.ON_DEMAND
    assert modes[1] is not Mode.ON_DEMAND


def test_the_command_says_what_a_region_lacks():
    """Elsewhere than in three regions recovery has an assumed price, marked; what is left out is named."""
    arguments = ["algoitny", "--region", "eu-central-2", "--show", "lines", "--format", "csv"]
    result = CliRunner().invoke(mix, arguments)
    recovery = [
        line for line in csv.DictReader(result.stdout.splitlines()) if "recovery" in line["component"]
    ]
    assert {line["strength"] for line in recovery} == {"assumed"}
    assert {line["price_usd"] for line in recovery} == {"0.26928"}
    assert "dynamodb.eu-central-2.reserved_wcu_1yr_hourly: no price" in result.stderr


def test_the_command_shows_options_lines_and_switches(monkeypatch):
    """The three views, in their three forms; reserved prices that are missing are named on standard error."""
    monkeypatch.setattr("workbench.compare.case_mix._FACTORS", (Decimal(100), Decimal(1000)))
    arguments = ["algoitny", "--dau", "100,1000", "--region", "eu-west-1"]
    rows = json.loads(CliRunner().invoke(mix, [*arguments, "--format", "json"]).stdout)
    assert {row["dau"] for row in rows} == {100, 1000}
    head = CliRunner().invoke(mix, [*arguments, "--show", "lines", "--format", "csv"]).stdout.splitlines()[0]
    assert head.endswith("strength,source,source_date")
    table = CliRunner().invoke(mix, [*arguments, "--show", "switches"]).stdout.splitlines()[0]
    assert "before" in table or "Empty" in table


def test_a_savings_plan_lowers_and_reorders(case, demands):
    """90 % off on-demand makes it the cheapest where it was not; what is reserved stays as it was."""
    found = case_mix(case.workload, demands, [100_000], PriceBook.newest(), "us-east-1")
    planned = found.with_plan(SavingsPlan(on_demand=Decimal("0.9")))
    assert {option.mode for _, _, option in found.options[:1]} != {Mode.ON_DEMAND}
    assert planned.options[0][2].mode is Mode.ON_DEMAND
    assert len(planned.options) == len(found.options)


def test_the_command_takes_a_savings_plan():
    """Two shares lower the costs; text and percentages are refused in a sentence."""
    arguments = ["algoitny", "--dau", "100", "--format", "json", "--savings-plan"]
    listed = json.loads(CliRunner().invoke(mix, arguments[:-1]).stdout)
    planned = json.loads(CliRunner().invoke(mix, [*arguments, "0.3", "0.2"]).stdout)
    assert sum(row["usd_per_month"] for row in planned) < sum(row["usd_per_month"] for row in listed)
    refused = CliRunner().invoke(mix, [*arguments, "much", "0.2"])
    assert "got much 0.2, allowed two shares" in str(refused.exception)
    assert "not a share; got 30" in str(CliRunner().invoke(mix, [*arguments, "30", "0.2"]).exception)
