"""`workbench profile`: measures the processor time of a case's SQL, and keeps it beside its files."""

from __future__ import annotations

import click


@click.command()
@click.argument("case")
@click.option("--users", type=click.IntRange(1), default=200, show_default=True, help="Registered users.")
@click.option("--samples", type=click.IntRange(1), default=300, show_default=True, help="Requests a pattern.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of every random choice."
)
def profile(case: str, users: int, samples: int, seed: int) -> None:
    """Measures what each question of CASE costs PostgreSQL and writes its sql_profile.json.

    Sizing of the relational side reads it. The times hold for the machine that the file names; the assumption
    sql_cpu_factor carries them over to another one.
    """
    from workbench.engines import open_postgres  # noqa: PLC0415  # heavy
    from workbench.migrate.source import load_source  # noqa: PLC0415  # heavy
    from workbench.replay.cpu import keep_profile, measure_sql  # noqa: PLC0415  # heavy
    from workbench.spec import load_case  # noqa: PLC0415  # heavy

    loaded = load_case(case)
    with open_postgres() as postgres:
        load_source(loaded, postgres, users, seed)
        found = measure_sql(loaded, postgres, users, samples, seed)
    click.echo(keep_profile(loaded, found))
