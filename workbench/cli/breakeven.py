"""`workbench breakeven`: where a case's alternatives cross, how sure that is, and what decides it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

    from workbench.compare.case_comparison import CaseComparison

DECADES = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
SHOWN = 8


@click.command()
@click.argument("case")
@click.option("--region", default="us-east-1", show_default=True, help="AWS region whose prices are used.")
@click.option("--low", default=100, show_default=True, type=click.IntRange(1), help="Least DAU.")
@click.option("--high", default=10**8, show_default=True, type=click.IntRange(2), help="Largest DAU.")
@click.option("--draws", default=10_000, show_default=True, type=click.IntRange(10), help="Draws.")
@click.option("--dau", default=10_000, show_default=True, type=click.IntRange(1), help="DAU of the tornado.")
@click.option("--seed", default=1, show_default=True, type=int, help="Chooses the draws.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def breakeven(  # noqa: PLR0913, PLR0917 - one argument an option
    case: str, region: str, low: int, high: int, draws: int, dau: int, seed: int, form: str
) -> None:
    """Compares DynamoDB with every relational alternative of CASE, from --low to --high DAU.

    Prints every crossing at the assumed values, in users and in requests a second; then, over seeded draws
    of the assumptions, the chance that DynamoDB is cheaper, where crossings fall, and what decides.
    """
    if low >= high:
        raise click.BadParameter(f"--low must be below --high; got {low} and {high}")
    found = _compared(case, region)
    for problem in found.missing:
        click.echo(f"left out: {problem}", err=True)
    tables = _tables(found, (low, high), dau, draws, seed)
    if form == "json":
        click.echo(json.dumps({name: json.loads(t.to_json(orient="records")) for name, t in tables.items()}))
        return
    for name, table in tables.items():
        click.echo(f"{name}\n{_shown(table)}\n")


def _compared(name: str, region: str) -> CaseComparison:
    from workbench.compare.case_comparison import compare_case  # noqa: PLC0415  # heavy
    from workbench.pricing import PriceBook  # noqa: PLC0415  # heavy
    from workbench.spec import load_case  # noqa: PLC0415  # heavy
    from workbench.spec.measured import load_measurement  # noqa: PLC0415  # heavy
    from workbench.spec.sql_profile import load_sql_profile  # noqa: PLC0415  # heavy

    case = load_case(name)
    measured, profile = load_measurement(case.directory), load_sql_profile(case.directory)
    return compare_case(case, measured, profile, PriceBook.newest(), region)


def _tables(
    found: CaseComparison, ends: tuple[int, int], dau: int, draws: int, seed: int
) -> dict[str, pd.DataFrame]:
    import numpy as np  # noqa: PLC0415  # heavy

    from workbench.compare.case_comparison import dau_points  # noqa: PLC0415  # heavy
    from workbench.compare.sensitivity import sobol_indices, tornado  # noqa: PLC0415  # heavy

    values = found.draws(draws, seed)
    decades = np.array([float(users) for users in DECADES if ends[0] <= users <= ends[1]] or ends[:1], float)
    rival = found.theirs[0]
    chances = found.chances(values, decades)
    return {
        "Crossings at the assumed values": found.crossings(*ends),
        f"Chance that DynamoDB is cheaper, {draws:,} draws": chances.pivot_table(
            index="theirs", columns="dau", values="chance", sort=False
        ).reset_index(),
        "Crossings of the draws": found.crossing_spread(values, dau_points(*ends)),
        f"What decides at {dau:,} DAU against {rival} [USD per month]": tornado(
            found.costs, found.ours, rival, dau
        ).head(SHOWN),
        f"Shares of the variance of the cost ratio at {dau:,} DAU": sobol_indices(
            found.costs, found.ours, rival, dau, seed=seed
        ).head(SHOWN),
    }


def _shown(table: pd.DataFrame) -> str:
    if table.empty:
        return "none"
    return str(table.to_string(index=False, na_rep="", float_format="{:,.4g}".format))
