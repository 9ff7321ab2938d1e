"""`workbench measure`: moves and replays a case once, and keeps its units and sizes beside its files."""

from __future__ import annotations

import click


@click.command()
@click.argument("case")
@click.option("--users", type=click.IntRange(1), default=100, show_default=True, help="Registered users.")
@click.option("--samples", type=click.IntRange(1), default=100, show_default=True, help="Requests a pattern.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of every random choice."
)
@click.option("--check", is_flag=True, help="Compare with what is kept, and write nothing.")
def measure(case: str, users: int, samples: int, seed: int, *, check: bool) -> None:
    """Measures the units and sizes of CASE and writes its measured.json; prices are computed from it.

    Nothing is written unless every answer equals the relational one and every unit the predicted one.
    """
    from workbench.report.measuring import keep_measurement, measure_case  # noqa: PLC0415  # heavy
    from workbench.spec import load_case  # noqa: PLC0415  # heavy

    loaded = load_case(case)
    measured = measure_case(loaded, users=users, samples=samples, seed=seed)
    click.echo(keep_measurement(loaded, measured, check=check))
