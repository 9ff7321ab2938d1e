"""`workbench schema`: prints, applies and compares the tables of a design."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from workbench.access.reach import Target

ENGINES = ("dynamodb-local", "moto", "aws")


def _engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True),
        click.option("--endpoint-url", help="Where the engine listens; by default one that runs."),
        click.option("--region", default="us-east-1", show_default=True, help="AWS region."),
        click.option("--yes-real-aws", is_flag=True, help="Consent to billed requests; needed for aws."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _target(engine: str, given: dict[str, Any]) -> Target:
    from workbench.access.reach import Target  # noqa: PLC0415  # the overview must start at once

    return Target(engine, given["endpoint_url"], given["region"], given["yes_real_aws"])


@click.group()
def schema() -> None:
    """Print, apply and compare the tables of a design."""


@schema.command("print")
@click.argument("case")
def print_(case: str) -> None:
    """Print the operations that make the tables of CASE, as JSON."""
    from workbench.access.schema_commands import printed  # noqa: PLC0415  # the overview must start at once

    click.echo(printed(case))


@schema.command()
@click.argument("case")
@_engine_options
def apply(case: str, engine: str, **given: Any) -> None:
    """Make the tables of CASE and compare them with the design.

    Operations that the engine lacks are listed as not applied, with the reason.
    """
    from workbench.access.schema_commands import applied  # noqa: PLC0415  # the overview must start at once

    for line in applied(case, _target(engine, given)):
        click.echo(line)


@schema.command()
@click.argument("case")
@_engine_options
def diff(case: str, engine: str, **given: Any) -> None:
    """Compare the tables that exist with CASE, one line a difference; ends with 1 when there is one."""
    from workbench.access.schema_commands import compared  # noqa: PLC0415  # the overview must start at once

    lines, differ = compared(case, _target(engine, given))
    for line in lines:
        click.echo(line)
    sys.exit(int(differ))
