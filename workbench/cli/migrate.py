"""`workbench migrate`: runs a plan in phases, or its parts: load, copy, verify."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from workbench.migrate.places import Places
    from workbench.migrate.plan.conductor import Conductor, Report
    from workbench.migrate.plan.session import KeptPlan
    from workbench.migrate.plan.steps import Attempt
    from workbench.migrate.source import Draw

ENGINES = ("dynamodb-local", "moto", "aws")
INTERRUPTED = 130
STEPS = "plan.sqlite"

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
POPULATION = (
    click.option("--users", default=1000, show_default=True, type=click.IntRange(1), help="Population."),
    click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Chooses the rows."),
)
DRAW = (*POPULATION, click.option("--hostile", is_flag=True, help="Add rows that no item can hold."))
BEGUN = (
    click.option(
        "--users", type=click.IntRange(1), help="Population; by default that of the begun plan, or 1000."
    ),
    click.option(
        "--seed", type=click.IntRange(0), help="Chooses the rows; by default the begun plan's, or 1."
    ),
)
STATE = click.option(
    "--state", type=click.Path(path_type=Path, file_okay=False), help="Folder of the plan's run."
)


def _options(*groups: Any) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


def _places(given: dict[str, Any], folder: Path | None = None) -> Places:
    from workbench.access.reach import Target  # noqa: PLC0415 - heavy
    from workbench.migrate.places import Places  # noqa: PLC0415 - heavy

    names = ("engine", "endpoint_url", "region", "yes_real_aws")
    return Places(
        Target(*(given[name] for name in names)),
        given["postgres_url"],
        folder or given["state"],
        given["ledger"],
    )


def _draw(given: dict[str, Any]) -> Draw:
    from workbench.migrate import Draw  # noqa: PLC0415 - heavy

    return Draw(given["users"], given["seed"], given.get("hostile", False))


@click.group()
def migrate() -> None:
    """Move a case from PostgreSQL to DynamoDB.

    `run` follows the case's plan phase by phase while an application reads and writes; `plan` prints it,
    `status`, `pause`, `resume` and `rollback` steer it, and `rehearse` tries all of it with every way back.
    A command that was stopped or killed goes on when it is run again: everything is kept in the folder of
    --state, by default one for each case in your state directory.

    `copy` moves the rows once, without phases; `load` and `verify` are its first and its last part.
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
def copy(case: str, *, no_load: bool, **given: Any) -> None:
    """Load, make the tables, move and verify CASE at once; ends with 1 when the two sides are not equal.

    Without --state nothing is kept; with it, or with engines that run and a --ledger, a copy that was stopped
    goes on when the same command is run again.
    """
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

    described, places = load_case(case), _places(given, _moved(case, given))
    with places.open() as (postgres, engine):
        verification = compare(described, postgres, engine)
    for line in verification_lines(verification):
        click.echo(line)
    if not verification.equal and _left_behind(places.state):
        click.echo(
            "The plan is over and PostgreSQL follows no more: only DynamoDB has what was written since."
        )
    sys.exit(int(not verification.equal))


@migrate.command()
@click.argument("case")
@STATE
def plan(case: str, *, state: Path | None) -> None:
    """Print the plan of CASE as a runbook in Markdown, with what is done ticked off."""
    from workbench.migrate.plan.runbook import runbook  # noqa: PLC0415 - heavy

    kept = _kept(case, state)
    begun = (kept.folder / STEPS).exists()
    with kept.ledger() if begun else nullcontext() as ledger:
        click.echo(runbook(kept.case, ledger.latest() if ledger else None), nl=False)


@migrate.command()
@click.argument("case")
@click.option("--to", help="Last phase to run; all of them without it.")
@_options(PLACES, BEGUN)
def run(case: str, *, to: str | None, **given: Any) -> None:
    """Run the plan of CASE, or go on with it; ends with 1 when a gate stops it."""
    _conduct(case, to, given)


@migrate.command()
@click.argument("case")
@click.option("--to", help="Last phase to run; all of them without it.")
@_options(PLACES, BEGUN)
def resume(case: str, *, to: str | None, **given: Any) -> None:
    """Go on with a plan of CASE that was paused."""
    kept = _kept(case, given["state"])
    kept.check_phase(to)
    with kept.ledger() as ledger:
        ledger.pause(paused=False)
    _conduct(case, to, given)


@migrate.command()
@click.argument("case")
@STATE
def pause(case: str, *, state: Path | None) -> None:
    """Let the plan of CASE stop before its next step, also when another process runs it."""
    with _kept(case, state).ledger() as ledger:
        ledger.pause(paused=True)
    click.echo(f"{case}: stops before its next step")


@migrate.command()
@click.argument("case")
@STATE
def status(case: str, *, state: Path | None) -> None:
    """Show every step of the plan of CASE, and how far its backfill has come."""
    from workbench.migrate import Ledger  # noqa: PLC0415 - heavy
    from workbench.migrate.plan.stage import BACKFILL  # noqa: PLC0415 - heavy
    from workbench.migrate.plan.texts import status_lines  # noqa: PLC0415 - heavy
    from workbench.migrate.texts import ledger_lines  # noqa: PLC0415 - heavy

    kept = _kept(case, state)
    with kept.ledger() as steps:
        lines = [*status_lines(kept.plan, steps.attempts(), paused=steps.paused)]
    if (kept.folder / BACKFILL).exists():
        with Ledger(kept.folder / BACKFILL, writable=False) as ledger:
            lines += ledger_lines(ledger)
    click.echo("\n".join(lines))


@migrate.command()
@click.argument("case")
@click.option("--to", help="Phase whose end is gone back to; before the first one without it.")
@_options(PLACES, BEGUN)
def rollback(case: str, *, to: str | None, **given: Any) -> None:
    """Undo the steps of CASE's plan in reverse order; no acknowledged write is lost."""
    kept = _kept(case, given["state"])
    kept.check_phase(to)
    kept.ledger().close()
    with _conducted(kept, given, _silent) as conductor:
        undone = conductor.rollback(to)
    click.echo(f"{case}: undone {', '.join(undone) or 'nothing'}")


@migrate.command()
@click.argument("case")
@_options(POPULATION)
def rehearse(case: str, **given: Any) -> None:
    """Run all phases of CASE and every way back in engines of their own; ends with 1 on a loss."""
    from workbench.engines import open_dynamodb, open_postgres  # noqa: PLC0415 - heavy
    from workbench.migrate.plan.rehearse import rehearse_plan  # noqa: PLC0415 - heavy
    from workbench.migrate.plan.texts import rehearsal_lines  # noqa: PLC0415 - heavy
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    with open_postgres() as postgres, open_dynamodb() as engine:
        result = rehearse_plan(load_case(case), postgres, engine, given["users"], given["seed"], report=_tell)
    for line in rehearsal_lines(result):
        click.echo(line)
    sys.exit(int(not result.clean))


def _moved(case: str, given: dict[str, Any]) -> Path | None:
    """Returns the folder that keeps the rows to verify; None where the source is named.

    Raises:
        InputError: Nothing was moved there.
    """
    from workbench.errors import InputError, Problem  # noqa: PLC0415 - beside what is heavy
    from workbench.migrate.plan.session import kept_folder  # noqa: PLC0415 - heavy

    if given["postgres_url"]:
        return None
    folder: Path = given["state"] or kept_folder(case)
    if not (folder / "postgres").exists():
        step = f"Move it with `workbench migrate run {case}`, or name its folder or its source."
        raise InputError([Problem("--state", 0, "", f"nothing was moved here; got {folder}", step)])
    return folder


def _left_behind(folder: Path | None) -> bool:
    """Returns whether a plan ended in this folder, so that PostgreSQL is not given what DynamoDB takes."""
    from workbench.migrate.live import FlagStore  # noqa: PLC0415 - heavy
    from workbench.migrate.plan.stage import FLAGS  # noqa: PLC0415 - heavy

    if folder is None or not (folder / FLAGS).exists():
        return False
    flags = FlagStore(folder / FLAGS).read()
    return flags.write_mode == "dynamodb" and not flags.reverse_replication


def _kept(case: str, state: Path | None) -> KeptPlan:
    from workbench.migrate.plan.session import KeptPlan, kept_folder  # noqa: PLC0415 - heavy
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    return KeptPlan(load_case(case), state or kept_folder(case))


def _conducted(kept: KeptPlan, given: dict[str, Any], report: Report) -> AbstractContextManager[Conductor]:
    return kept.conducted(_places(given, kept.folder), kept.draw(given["users"], given["seed"]), report)


def _conduct(case: str, to: str | None, given: dict[str, Any]) -> None:
    """Runs a plan, tells every step, and ends with 1 when a gate stopped it."""
    from workbench.migrate.plan.texts import state_line  # noqa: PLC0415 - heavy

    kept = _kept(case, given["state"])
    kept.check_phase(to)
    try:
        with _conducted(kept, given, _tell) as conductor:
            reached = conductor.run(to)
    except KeyboardInterrupt:
        click.echo(f"Stopped. {kept.folder} remembers what is done: run the same again to go on.", err=True)
        sys.exit(INTERRUPTED)
    click.echo(state_line(case, reached))
    sys.exit(int(reached.reason == "gate"))


def _tell(attempt: Attempt) -> None:
    from workbench.migrate.plan.texts import attempt_lines  # noqa: PLC0415 - heavy

    for line in attempt_lines(attempt):
        click.echo(line)


def _silent(attempt: Attempt) -> None:
    """Tells nobody."""
