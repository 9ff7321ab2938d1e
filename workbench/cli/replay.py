"""`workbench replay`: run the access patterns on both sides and compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.replay import ReplayResult

ENGINES = ("dynamodb-local", "moto", "aws")


@click.command()
@click.argument("case")
@click.option(
    "--users", default=100, show_default=True, type=click.IntRange(1), help="Size of the population."
)
@click.option(
    "--samples", default=200, show_default=True, type=click.IntRange(1), help="Requests measured a pattern."
)
@click.option("--seed", default=1, show_default=True, type=int, help="Chooses population and parameters.")
@click.option("--engine", default=ENGINES[0], show_default=True, type=click.Choice(ENGINES))
@click.option("--yes-real-aws", is_flag=True, help="Consent to billed requests, which aws needs.")
@click.option("--format", "shape", default="table", show_default=True, type=click.Choice(["table", "json"]))
@click.pass_context
def replay(  # noqa: PLR0913, PLR0917 - one argument an option
    context: click.Context,
    case: str,
    users: int,
    samples: int,
    seed: int,
    engine: str,
    *,
    yes_real_aws: bool,
    shape: str,
) -> None:
    """Run every access pattern of CASE on DynamoDB and its question in SQL on PostgreSQL.

    Draws a population, moves it, then runs each pattern with parameters drawn from the data. Prints times,
    consumed and predicted capacity, and whether the answers are the same; ends with 1 when they are not, or
    when a request consumed something else than the model predicts.
    """
    from workbench.replay.render import as_json, as_table  # noqa: PLC0415 - heavy

    result = _replayed(case, users, samples, seed, (engine, yes_real_aws))
    click.echo(as_json(result) if shape == "json" else as_table(result))
    if min(result.equal_patterns, result.agreeing_patterns) < len(result.rows):
        context.exit(1)


def _replayed(name: str, users: int, samples: int, seed: int, engine: tuple[str, bool]) -> ReplayResult:
    from workbench.engines import open_dynamodb, open_postgres  # noqa: PLC0415 - heavy
    from workbench.errors import MigrationError  # noqa: PLC0415 - heavy
    from workbench.migrate import rehearse  # noqa: PLC0415 - heavy
    from workbench.replay import replay as run  # noqa: PLC0415 - heavy
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    case = load_case(name)
    with open_postgres() as postgres, open_dynamodb(engine[0], yes_real_aws=engine[1]) as dynamodb:
        moved = rehearse(case, postgres, dynamodb, users, seed, progress=True)
        if not moved.verification.equal:
            raise MigrationError(
                "rows and items differ before the replay. Run `workbench migrate` to see where."
            )
        return run(case, postgres, dynamodb, samples, seed, progress=True)
