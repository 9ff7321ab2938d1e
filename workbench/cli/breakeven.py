"""`workbench breakeven`: where a case's alternatives cross, how sure that is, and what decides it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.asked import REGION, asked

if TYPE_CHECKING:
    import pandas as pd

    from workbench.compare.case_comparison import CaseComparison
    from workbench.compare.priced_case import PricedCase
    from workbench.pricing.quantity import Floats

DECADES = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
SHOWN = 8
WHOLE_FROM = 1000


@click.command()
@click.argument("case")
@REGION
@click.option("--low", default=100, show_default=True, type=click.IntRange(1), help="Least DAU.")
@click.option("--high", default=10**8, show_default=True, type=click.IntRange(2), help="Largest DAU.")
@click.option("--draws", default=10_000, show_default=True, type=click.IntRange(10), help="Draws.")
@click.option(
    "--dau", default=10_000, show_default=True, type=click.IntRange(1), help="DAU of tornado, first month."
)
@click.option("--against", help="Relational alternative of the tornado; the first one unless named.")
@click.option("--growth", default=0.05, show_default=True, type=click.FloatRange(-0.9, 1), help="A month.")
@click.option("--dual-months", default=3, show_default=True, type=click.IntRange(0, 36), help="Paid twice.")
@click.option(
    "--engineering-usd", default=0, show_default=True, type=click.IntRange(0), help="Cost of the people."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Chooses the draws.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def breakeven(case: str, region: str, low: int, high: int, form: str, **question: Any) -> None:
    """Compares DynamoDB with every relational alternative of CASE, from --low to --high DAU.

    Prints every crossing at the assumed values, in users and in requests a second; then, over seeded draws
    of the assumptions, the chance that DynamoDB is cheaper, where crossings fall, what decides, and when a
    move has paid for itself within 36 months.
    """
    if low >= high:
        raise click.BadParameter(f"--low must be below --high; got {low} and {high}")
    priced, found = _compared(case, region)
    for problem in found.missing:
        click.echo(f"left out: {problem}", err=True)
    tables = _tables(priced, found, (low, high), question)
    if form == "json":
        click.echo(json.dumps({name: json.loads(t.to_json(orient="records")) for name, t in tables.items()}))
        return
    for name, table in tables.items():
        click.echo(f"{name}\n{_shown(table)}\n")


def _compared(name: str, region: str) -> tuple[PricedCase, CaseComparison]:
    from workbench.compare.case_comparison import compare_case  # noqa: PLC0415  # heavy
    from workbench.compare.priced_case import PricedCase  # noqa: PLC0415  # likewise
    from workbench.spec.sql_profile import load_sql_profile  # noqa: PLC0415  # heavy

    case, measured, book, _ = asked(name, region)
    profile = load_sql_profile(case.directory)
    return PricedCase.of(case, measured, book, region), compare_case(case, measured, profile, book, region)


def _tables(
    priced: PricedCase, found: CaseComparison, ends: tuple[int, int], question: dict[str, Any]
) -> dict[str, pd.DataFrame]:
    import numpy as np  # noqa: PLC0415  # heavy

    from workbench.compare.case_comparison import dau_points  # noqa: PLC0415  # heavy
    from workbench.compare.sensitivity import sobol_indices, tornado  # noqa: PLC0415  # heavy

    dau, rival = question["dau"], _rival(found, question["against"])
    values = found.draws(question["draws"], question["seed"])
    decades = np.array([users for users in DECADES if ends[0] <= users <= ends[1]] or ends[:1])
    chances = found.chances(values, decades)
    sobol = sobol_indices(found.costs, found.ours, rival, dau, seed=question["seed"])
    return {
        "Crossings at the assumed values": found.crossings(*ends),
        f"Chance that DynamoDB is cheaper, {question['draws']:,} draws": chances.pivot_table(
            index="theirs", columns="dau", values="chance", sort=False
        ).reset_index(),
        "Crossings of the draws": found.crossing_spread(values, dau_points(*ends)),
        f"What decides at {dau:,} DAU against {rival} [USD per month]": tornado(
            found.costs, found.ours, rival, dau
        ).head(SHOWN),
        f"Shares of the variance of the cost ratio at {dau:,} DAU": sobol.head(SHOWN),
        **_paybacks(priced, found, values, question),
    }


def _rival(found: CaseComparison, named: str | None) -> str:
    if named is not None and named not in found.theirs:
        allowed = ", ".join(found.theirs)
        raise click.BadParameter(f"--against is no alternative; got {named!r}, allowed {allowed}")
    return named or found.theirs[0]


def _paybacks(
    priced: PricedCase, found: CaseComparison, values: Floats, question: dict[str, Any]
) -> dict[str, pd.DataFrame]:
    from workbench.compare.payback import DauForecast, MovePlan, move_bill  # noqa: PLC0415  # heavy

    dual, people = question["dual_months"], question["engineering_usd"]
    bill = move_bill(priced, dau=question["dau"], plan=MovePlan(dual_months=dual))
    one_off = float(bill.total) + people
    forecast = DauForecast(question["dau"], Decimal(str(question["growth"])))
    title = (
        f"Payback within 36 months from {question['dau']:,} DAU, {question['growth']:.0%} growth a month, "
        f"loading and people {one_off:,.2f} USD, {dual} months of both"
    )
    return {title: found.paybacks(values, forecast, one_off, dual)}


def _shown(table: pd.DataFrame) -> str:
    if table.empty:
        return "none"
    return str(table.to_string(index=False, na_rep="", float_format=_number))


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= WHOLE_FROM else f"{value:.4g}"
