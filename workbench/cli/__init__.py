"""The command line: `workbench COMMAND`; each command's module is imported only when it is used."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from workbench.errors import EngineError, WorkbenchError

COMMANDS = {
    "breakeven": ("workbench.cli.breakeven:breakeven", "Show where alternatives cross and how sure that is."),
    "check": ("workbench.cli.check:check", "Check the files of a case and name every problem."),
    "claims": ("workbench.cli.claims:claims", "Audit the claims of a case's document."),
    "cost": ("workbench.cli.cost:cost", "Price a case at given numbers of daily active users."),
    "engines": ("workbench.cli.engines:engines", "Run the database engines, show and stop them."),
    "finops": ("workbench.cli.finops:finops", "Watch and lower what a case costs: budgets, changes, advice."),
    "import-files": ("workbench.cli.import_files:import_files", "Write a case's rows for an import from S3."),
    "measure": ("workbench.cli.measure:measure", "Measure units and sizes of a case on the real engines."),
    "lint": ("workbench.cli.lint:lint", "Argue with a design: what will hurt, with numbers."),
    "migrate": ("workbench.cli.migrate:migrate", "Move a case's data from PostgreSQL and verify it."),
    "mix": ("workbench.cli.mix:mix", "Compare every way to pay for the tables of a case."),
    "new": ("workbench.cli.new:new", "Start a case of your own from a small one that works."),
    "predict": ("workbench.cli.predict:predict", "Predict the capacity that requests consume."),
    "prices": ("workbench.cli.prices:prices", "List, compare, check and update the price snapshots."),
    "profile": ("workbench.cli.profile:profile", "Measure what the SQL of a case costs its server."),
    "replay": ("workbench.cli.replay:replay", "Run the access patterns and measure them."),
    "report": ("workbench.cli.report:report", "Run the notebooks of a case and write its HTML pages."),
    "schema": ("workbench.cli.schema:schema", "Print, apply and compare the tables of a design."),
    "serve": ("workbench.cli.serve:serve", "Run the query service of a case over HTTP."),
    "size": ("workbench.cli.size:size", "Print the size of items in a file."),
}
"""Command to the place of its click command and its line in the overview."""


class LazyGroup(click.Group):
    """A group whose commands are imported on use, so that the overview starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names of all commands."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Returns a command, importing its module."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the overview without importing any command."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dynamodb-workbench", prog_name="workbench")
def workbench() -> None:
    """Design, price, rehearse and audit a move from a relational database to DynamoDB."""


def main() -> None:
    """Runs the command line; a problem that the user can act on ends it without a traceback."""
    try:
        workbench.main(standalone_mode=True)
    except WorkbenchError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        name = _silent(error)
        if name is None:
            raise
        told = str(error).rstrip(".") or type(error).__name__
        click.echo(f"{name} stopped answering: {told}. See that it runs, and repeat the command.", err=True)
        sys.exit(EngineError.exit_code)


def _silent(error: Exception) -> str | None:
    """Returns the database that gave no answer, if that is what the error says."""
    from workbench.engines.failures import DYNAMODB_SILENT, POSTGRES_SILENT  # noqa: PLC0415 - heavy

    silences = {"PostgreSQL": POSTGRES_SILENT, "DynamoDB": DYNAMODB_SILENT}
    return next((name for name, kinds in silences.items() if isinstance(error, kinds)), None)
