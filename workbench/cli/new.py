"""`workbench new`: starts a case of the user's own."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Start a case in the new FOLDER, whose last part is its name.

    It holds a small system that works: change it until it is yours. Every other command takes the folder
    wherever it takes a case.
    """
    from workbench.spec.template import start_case  # noqa: PLC0415  # heavy

    made = start_case(folder)
    click.echo(f"{made} written. Change design.yaml, workload.yaml and the others, then:")
    for command, purpose in _STEPS:
        click.echo(f"  workbench {command} {made}".ljust(_WIDTH + len(str(made))) + purpose)


_STEPS = (
    ("check", "name every mistake"),
    ("lint", "argue with the design"),
    ("measure", "move and replay it once, which prices need"),
    ("cost", "price it"),
    ("report", "make its pages"),
)
_WIDTH = len("  workbench measure   ")
