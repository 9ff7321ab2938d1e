"""`workbench mix`: every way to pay for each table of a case, the cheapest first."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.asked import DAUS, REGION, TABLE_FORMAT, asked, whole_numbers
from workbench.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from workbench.pricing.savings import SavingsPlan

_VIEWS = ("options", "lines", "switches")


@click.command()
@click.argument("case")
@DAUS
@REGION
@click.option(
    "--show",
    "view",
    type=click.Choice(_VIEWS),
    default="options",
    show_default=True,
    help="All options, the bill of the cheapest, or the numbers of users at which the cheapest changes.",
)
@click.option(
    "--savings-plan",
    "shares",
    type=(str, str),
    default=None,
    metavar="ON_DEMAND PROVISIONED",
    help="Shares that a savings plan takes off, such as 0.18 0.12; no source states DynamoDB's own.",
)
@TABLE_FORMAT
def mix(case: str, form: str, **question: Any) -> None:
    """Compares on-demand, fixed, scaled and reserved capacity in both classes for each table of CASE.

    A price that the region lacks leaves out the options that need it and is named on standard error.
    """
    click.echo(_shown(_frame(case, **question), form))


def _frame(case: str, dau: str, region: str, view: str, shares: tuple[str, str] | None) -> pd.DataFrame:
    from workbench.compare.case_costs import case_demands  # noqa: PLC0415  # heavy
    from workbench.compare.case_mix import case_mix, case_switches  # noqa: PLC0415  # heavy
    from workbench.pricing.reserved import Term  # noqa: PLC0415  # heavy

    loaded, measured, book, (users, plan) = asked(
        case, region, partial(whole_numbers, "--dau", dau), partial(_plan, shares)
    )
    demands = case_demands(loaded.design, loaded.workload, measured)
    if view == "switches":
        return case_switches(loaded.workload, demands, book, region, tuple(Term))
    found = case_mix(loaded.workload, demands, users, book, region)
    for problem in found.missing:
        click.echo(f"left out: {problem}", err=True)
    if plan:
        found = found.with_plan(plan)
    return found.lines() if view == "lines" else found.table()


def _plan(shares: tuple[str, str] | None) -> SavingsPlan | None:
    from workbench.pricing.savings import SavingsPlan  # noqa: PLC0415  # heavy

    if shares is None:
        return None
    try:
        return SavingsPlan(*map(Decimal, shares))
    except InvalidOperation:
        message = f"cannot be read; got {' '.join(shares)}, allowed two shares"
        raise InputError([Problem("--savings-plan", 0, "", message, "Write `0.18 0.12`.")]) from None


def _shown(rows: pd.DataFrame, form: str) -> str:
    if form == "json":
        return str(rows.to_json(orient="records", indent=1, double_precision=10))
    if form == "csv":
        return str(rows.to_csv(index=False)).rstrip("\n")
    shown = rows.drop(columns=["source", "source_date"], errors="ignore")
    return str(shown.to_string(index=False, na_rep="", float_format="{:,.4f}".format))
