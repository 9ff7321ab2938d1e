"""`workbench engines`: start, list and stop the embedded engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.engines.sessions import RunningEngine, Session

NAMES = ("dynamodb-local", "moto", "postgres", "redis")
HIGHEST_PORT = 65535


@click.group()
def engines() -> None:
    """Start, list and stop the database engines.

    They listen on the loopback interface or a Unix socket only, hold their data in memory or in a temporary
    folder, and end with the command that started them, even when it is killed.
    """


@engines.command()
@click.argument("names", metavar="[ENGINE]...", nargs=-1, type=click.Choice(NAMES))
@click.option(
    "--port",
    type=click.IntRange(1, HIGHEST_PORT),
    help="Port of 127.0.0.1 for a DynamoDB engine; by default the system chooses one.",
)
def start(names: tuple[str, ...], port: int | None) -> None:
    """Run engines in the foreground until Ctrl-C or `workbench engines stop`.

    ENGINE is dynamodb-local (the default), moto, postgres or redis; `workbench serve --cache` takes the URL
    of the last.
    """
    from workbench.engines.sessions import serve  # noqa: PLC0415  heavy

    serve(names or NAMES[:1], port or 0, _announce)


def _announce(engine: RunningEngine) -> None:
    click.echo(_row(engine))


def _row(engine: RunningEngine) -> str:
    return f"{engine.name} {engine.version}: {engine.address}"


@engines.command()
def status() -> None:
    """List the engines that run."""
    from workbench.engines.sessions import running_sessions  # noqa: PLC0415  heavy

    _list(running_sessions(), "runs in process")


@engines.command()
def capabilities() -> None:
    """Print what each engine can do and where it differs from DynamoDB on AWS, as Markdown."""
    from workbench.engines.capabilities import capability_page  # noqa: PLC0415  heavy

    click.echo(capability_page(), nl=False)


@engines.command()
def stop() -> None:
    """End the engines that `workbench engines start` runs, in any terminal."""
    from workbench.engines.sessions import stop_sessions  # noqa: PLC0415  heavy

    _list(stop_sessions(), "stopped in process")


def _list(sessions: tuple[Session, ...], state: str) -> None:
    for session in sessions:
        for engine in session.engines:
            click.echo(f"{_row(engine)} ({state} {session.identity.pid})")
    if not sessions:
        click.echo("No engine runs. Start one with `workbench engines start`.")
