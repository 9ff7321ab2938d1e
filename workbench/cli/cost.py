"""`workbench cost`: the monthly bill of every alternative, line by line, with the source of each price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd


def whole_numbers(_: click.Context, __: click.Parameter, value: str) -> tuple[int, ...]:
    """Returns the whole numbers of an option that lists them with commas."""
    try:
        numbers = tuple(int(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(
            f"got {value!r}, allowed whole numbers with commas, as in 1000,10000"
        ) from None
    if min(numbers) < 0:
        raise click.BadParameter(f"got {min(numbers)}, allowed 0 and more")
    return numbers


@click.command()
@click.argument("case")
@click.option(
    "--dau", default="1000", show_default=True, callback=whole_numbers, help="Daily active users: N[,N...]."
)
@click.option("--region", default="us-east-1", show_default=True, help="AWS region whose prices are used.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
def cost(case: str, dau: tuple[int, ...], region: str, form: str) -> None:
    """Prices CASE from its measured units: on-demand, provisioned, as designed, and RDS.

    A price that the region lacks leaves out the alternatives that need it and is named on standard error.
    """
    from workbench.compare.bill_lines import bill_lines  # noqa: PLC0415  # heavy
    from workbench.compare.case_costs import case_costs, case_demands  # noqa: PLC0415  # heavy
    from workbench.errors import InputError  # noqa: PLC0415  # heavy
    from workbench.pricing import PriceBook  # noqa: PLC0415  # heavy
    from workbench.spec import load_case  # noqa: PLC0415  # heavy
    from workbench.spec.measured import load_measurement  # noqa: PLC0415  # heavy

    loaded = load_case(case)
    demands = case_demands(loaded.design, loaded.workload, load_measurement(loaded.directory))
    costs = case_costs(loaded.design, loaded.workload, demands, PriceBook.newest(), region)
    if not costs.curves:
        raise InputError(costs.missing)
    for problem in costs.missing:
        click.echo(f"left out: {problem}", err=True)
    click.echo(_shown(bill_lines(costs.curves, dau), form))


def _shown(lines: pd.DataFrame, form: str) -> str:
    if form == "json":
        return str(lines.to_json(orient="records", indent=1, double_precision=10))
    if form == "csv":
        return str(lines.to_csv(index=False)).rstrip("\n")
    shown = lines.drop(columns=["source", "source_date"])
    return str(shown.to_string(index=False, na_rep="", float_format="{:,.4f}".format))
