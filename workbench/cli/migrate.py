"""`workbench migrate`: loads a case's source, moves it to DynamoDB, verifies and resumes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from workbench.migrate.places import Places
    from workbench.migrate.source import Draw

ENGINES = ("dynamodb-local", "moto", "aws")
INTERRUPTED = 130

PLACES = (
    click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True),
    click.option("--endpoint-url", help="Where the engine listens; by default one of its own is started."),
    click.option("--region", default="us-east-1", show_default=True, help="AWS region."),
    click.option("--yes-real-aws", is_flag=True, help="Consent to billed requests; needed for aws."),
    click.option("--postgres-url", help="The source; by default an embedded server."),
    click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder that keeps the data of the embedded engines and the ledger, so that a move can go on.",
    ),
    click.option(
        "--ledger",
        type=click.Path(path_type=Path, dir_okay=False),
        help="File that remembers what is done; by default in the folder of --state, else in memory.",
    ),
)
DRAW = (
    click.option("--users", default=1000, show_default=True, type=click.IntRange(1), help="Population."),
    click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Chooses the rows."),
    click.option("--hostile", is_flag=True, help="Add rows that no item can hold."),
)


def _options(*groups: Any) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


def _places(given: dict[str, Any]) -> Places:
    from workbench.access.reach import Target  # noqa: PLC0415 - heavy
    from workbench.migrate.places import Places  # noqa: PLC0415 - heavy

    names = ("engine", "endpoint_url", "region", "yes_real_aws")
    return Places(
        Target(*(given[name] for name in names)), given["postgres_url"], given["state"], given["ledger"]
    )


def _draw(given: dict[str, Any]) -> Draw:
    from workbench.migrate import Draw  # noqa: PLC0415 - heavy

    return Draw(given["users"], given["seed"], given["hostile"])


@click.group()
def migrate() -> None:
    """Move a case's rows from PostgreSQL to DynamoDB and verify that they arrived whole.

    `run` does everything at once, by default in engines that end with it. With --state, or with engines that
    run and a --ledger, a move that was stopped or killed goes on when the same command is run again.
    """


@migrate.command()
@click.argument("case")
@_options(PLACES, DRAW)
def load(case: str, **given: Any) -> None:
    """Make the relational schema of CASE in PostgreSQL and fill it with drawn rows."""
    from workbench.migrate import Ledger  # noqa: PLC0415 - heavy
    from workbench.migrate.rehearsal import prepare_source  # noqa: PLC0415 - heavy
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    places, draw = _places(given), _draw(given)
    with places.open_source() as postgres, Ledger(places.ledger_path) as ledger:
        prepare_source(load_case(case), postgres, ledger, draw)
    click.echo(f"{case}: loaded, {draw}")


@migrate.command()
@click.argument("case")
@click.option("--no-load", is_flag=True, help="Move the rows that the source has, instead of drawn ones.")
@_options(PLACES, DRAW)
def run(case: str, *, no_load: bool, **given: Any) -> None:
    """Load, make the tables, move and verify CASE; ends with 1 when the two sides are not equal."""
    from workbench.migrate import Rehearsal  # noqa: PLC0415 - heavy
    from workbench.migrate.texts import move_lines  # noqa: PLC0415 - heavy
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    places = _places(given)
    draw = None if no_load else _draw(given)
    rehearsal = Rehearsal(load_case(case), draw, places.ledger_path, progress=True)
    try:
        with places.open() as (postgres, engine):
            result = rehearsal.run(postgres, engine)
    except KeyboardInterrupt:
        click.echo(_interrupted(places.ledger_path), err=True)
        sys.exit(INTERRUPTED)
    for line in move_lines(result):
        click.echo(line)
    sys.exit(int(not result.verification.equal))


def _interrupted(ledger: Path | None) -> str:
    if ledger is None:
        return "Stopped. Nothing was kept; name a --state folder to be able to go on."
    return f"Stopped. {ledger} remembers what is done: run the same command again to go on."


@migrate.command()
@click.argument("case")
@_options(PLACES)
def verify(case: str, **given: Any) -> None:
    """Compare every row of CASE with every item, both ways; ends with 1 when they are not equal."""
    from workbench.migrate import verify as compare  # noqa: PLC0415 - heavy
    from workbench.migrate.texts import verification_lines  # noqa: PLC0415 - heavy
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    with _places(given).open() as (postgres, engine):
        verification = compare(load_case(case), postgres, engine)
    for line in verification_lines(verification):
        click.echo(line)
    sys.exit(int(not verification.equal))


@migrate.command()
@_options(PLACES)
def status(**given: Any) -> None:
    """Show what a ledger remembers: progress by entity, and the rows that no item can hold."""
    from workbench.migrate import Ledger  # noqa: PLC0415 - heavy
    from workbench.migrate.texts import ledger_lines  # noqa: PLC0415 - heavy

    with Ledger(_places(given).require_ledger(), writable=False) as ledger:
        for line in ledger_lines(ledger):
            click.echo(line)
