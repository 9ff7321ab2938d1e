"""`workbench replay`: run the access patterns, compare both sides, and put an engine under load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.cli.replay_load import Options
    from workbench.replay import ReplayResult
    from workbench.replay.timing import Timings

ENGINES = ("dynamodb-local", "moto", "aws")
TARGETS = (*ENGINES, "postgres")
PROFILES = ("realistic", "peak", "stress", "soak", "knee", "closed")
DEFAULT_SAMPLES = 200


class RunByDefault(click.Group):
    """A group whose first argument is a case unless it names a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the command `run` before a case."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=RunByDefault)
def replay() -> None:
    """Run the access patterns of a case and measure them: `workbench replay CASE`.

    `workbench replay run --help` lists the options; `merge` and `compare` work on runs kept with --out.
    """


@replay.command()
@click.argument("case")
@click.option("--users", default=100, show_default=True, type=click.IntRange(1), help="Size of the data.")
@click.option(
    "--samples",
    default=DEFAULT_SAMPLES,
    show_default=True,
    type=click.IntRange(1),
    help="Requests a pattern.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0),
    help="Chooses data, requests and arrivals.",
)
@click.option("--engine", default=ENGINES[0], show_default=True, type=click.Choice(TARGETS))
@click.option("--yes-real-aws", is_flag=True, help="Consent to billed requests, which aws needs.")
@click.option("--format", "shape", default="table", show_default=True, type=click.Choice(["table", "json"]))
@click.option(
    "--profile", type=click.Choice(PROFILES), help="Put the engine under load instead of comparing."
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Requests in the busiest second.")
@click.option(
    "--dau",
    type=click.FloatRange(min=0, min_open=True),
    help="The same as daily active users of the workload.",
)
@click.option(
    "--duration", type=click.FloatRange(min=0.5), help="Seconds of the profile; of the knee, a trial."
)
@click.option(
    "--connections",
    default=16,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="A process; with closed, users.",
)
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="That send.")
@click.option(
    "--timeout", default=5.0, show_default=True, type=click.FloatRange(0.05), help="Of a request [s]."
)
@click.option("--even", is_flag=True, help="Space arrivals evenly instead of drawing them (Poisson).")
@click.option(
    "--arrivals",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Replay arrivals: a file with a time a line [s].",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Keep the run in this new folder."
)
@click.option("--resume", is_flag=True, help="Go on with the run in --out.")
@click.pass_context
def run(context: click.Context, /, case: str, **given: object) -> None:
    """Run every access pattern of CASE on DynamoDB and its question in SQL on PostgreSQL.

    Draws data, moves it, then runs each pattern with parameters drawn from it. Prints times, units and, of at
    most 200 requests a pattern, whether the answers are the same; ends with 1 when they are not, or when a
    request consumed something else than the model predicts.

    With --profile the engine is put under load instead: requests arrive when the profile says, however slow
    the answers are, and their times count from then on. Without --rate or --dau the rate is half of what the
    engine answers at most. Ends with 1 when the engine is lost and with 130 after an interrupt, which keeps
    what was measured.
    """
    from workbench.cli.replay_load import Options  # noqa: PLC0415 - heavy

    options = Options(case, **given)  # type: ignore[arg-type]  # click has checked the types
    if options.engine not in ENGINES and not options.profile:
        raise click.UsageError(
            "--engine postgres needs --profile; without it PostgreSQL runs beside DynamoDB."
        )
    context.exit(_loaded(options) if options.profile else _compared(options))


def _loaded(options: Options) -> int:
    from workbench.cli.replay_load import EXIT_CODES, run_load  # noqa: PLC0415 - heavy
    from workbench.replay.load.render import as_json, as_table  # noqa: PLC0415 - heavy

    try:
        result = run_load(options)
    except KeyboardInterrupt:
        click.echo("Interrupted before there was a result.", err=True)
        return EXIT_CODES["interrupted"]
    click.echo(as_json(result) if options.shape == "json" else as_table(result))
    return EXIT_CODES[result.status]


def _compared(options: Options) -> int:
    from workbench.replay.render import as_json, as_table, timed_table  # noqa: PLC0415 - heavy

    engine = options.engine, options.yes_real_aws
    result, timings = _replayed(options.case, options.users, options.samples, options.seed, engine)
    if options.shape == "json":
        click.echo(as_json(result, timings))
    else:
        click.echo(f"{timed_table(timings, result)}\n\n{as_table(result)}")
    return int(min(result.equal_patterns, result.agreeing_patterns) < len(result.rows))


def _replayed(
    name: str, users: int, samples: int, seed: int, engine: tuple[str, bool]
) -> tuple[ReplayResult, Timings]:
    from workbench.engines import open_dynamodb, open_postgres  # noqa: PLC0415 - heavy
    from workbench.errors import MigrationError  # noqa: PLC0415 - heavy
    from workbench.migrate import rehearse  # noqa: PLC0415 - heavy
    from workbench.replay.timing import replay_timed  # noqa: PLC0415 - heavy
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    case = load_case(name)
    with open_postgres() as postgres, open_dynamodb(engine[0], yes_real_aws=engine[1]) as dynamodb:
        moved = rehearse(case, postgres, dynamodb, users, seed, progress=True)
        if not moved.verification.equal:
            raise MigrationError(
                "rows and items differ before the replay. Run `workbench migrate` to see where."
            )
        return replay_timed(case, postgres, dynamodb, users, samples=samples, seed=seed, progress=True)


@replay.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def merge(runs: tuple[Path, ...]) -> None:
    """Add up the histograms of RUNS, folders kept with --out, and print percentiles of the sum."""
    from workbench.replay.load.render import merged_table  # noqa: PLC0415 - heavy
    from workbench.replay.load.store import merge_logs  # noqa: PLC0415 - heavy

    click.echo(merged_table(merge_logs(runs)))


@replay.command()
@click.argument("before", type=click.Path(exists=True, path_type=Path))
@click.argument("after", type=click.Path(exists=True, path_type=Path))
def compare(before: Path, after: Path) -> None:
    """Show which patterns became faster or slower from the run BEFORE to the run AFTER."""
    from workbench.replay.load.render import compared_table  # noqa: PLC0415 - heavy
    from workbench.replay.load.store import merge_logs  # noqa: PLC0415 - heavy

    click.echo(compared_table(merge_logs([before]), merge_logs([after])))
