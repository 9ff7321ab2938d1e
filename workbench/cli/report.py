"""`workbench report`: runs the notebooks of a case and writes its pages."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("cases", nargs=-1, metavar="[CASE]...")
@click.option("--dau", type=click.IntRange(1), help="Daily active users.")
@click.option("--region", help="AWS region whose prices are used.")
@click.option("--engine", type=click.Choice(["dynamodb-local", "moto"]), help="DynamoDB engine.")
@click.option("--users", type=click.IntRange(1), help="Users in the generated source data.")
@click.option("--samples", type=click.IntRange(1), help="Measured requests per access pattern.")
@click.option("--seed", type=click.IntRange(0), help="Seed of every random choice.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
def report(cases: tuple[str, ...], output: Path, **given: int | str | None) -> None:
    """Runs the notebooks and writes OUTPUT/index.html; all cases when none is named.

    What is not given keeps the default of each notebook's parameters cell.
    """
    from workbench.report.build import build_reports  # noqa: PLC0415  # the overview must start at once

    parameters = {name: value for name, value in given.items() if value is not None}
    click.echo(build_reports(cases, output, parameters))
