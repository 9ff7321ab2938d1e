"""`workbench check`: names every problem of a case's files."""

from __future__ import annotations

import click

KINDS = ("design", "workload", "mapping", "population", "migration", "plan")


@click.command()
@click.argument("inputs", nargs=-1, metavar="[CASE|FOLDER|FILE]...")
@click.option("--json-schema", type=click.Choice(KINDS), help="Print the JSON Schema of such a file and end.")
@click.option("--reference", is_flag=True, help="Print the reference of all fields as Markdown and end.")
def check(inputs: tuple[str, ...], json_schema: str | None, *, reference: bool) -> None:
    """Check cases or single YAML files; all cases when none is named.

    Every problem is one line: file, line, path, what is wrong, what to do. Ends with 2 when there is one.
    """
    if json_schema:
        from workbench.spec.json_schema import json_schema_text  # noqa: PLC0415  # the overview must start at once

        click.echo(json_schema_text(json_schema), nl=False)
    elif reference:
        from workbench.spec.reference import reference as reference_text  # noqa: PLC0415  # the overview must start at once

        click.echo(reference_text(), nl=False)
    else:
        _check(inputs)


def _check(inputs: tuple[str, ...]) -> None:
    from workbench.spec.case import case_names  # noqa: PLC0415  # the overview must start at once
    from workbench.spec.checking import check_inputs  # noqa: PLC0415  # the overview must start at once

    for line in check_inputs(inputs or tuple(case_names())):
        click.echo(line)
