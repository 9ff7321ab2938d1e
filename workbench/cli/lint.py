"""`workbench lint`: argues with the design of a case."""

from __future__ import annotations

import sys

import click

from workbench.cli.asked import REGION

_FORMS = ("text", "json", "sarif")


@click.command()
@click.argument("cases", nargs=-1, metavar="[CASE]...")
@click.option("--format", "form", type=click.Choice(_FORMS), default="text", help="How findings are printed.")
@click.option(
    "--dau", type=click.IntRange(1, 10**10), help="Daily active users; as the case's document sizes."
)
@REGION
@click.option("--reference", is_flag=True, help="Print the reference of all rules as Markdown and end.")
def lint(cases: tuple[str, ...], form: str, dau: int | None, region: str, *, reference: bool) -> None:
    """Say what is wrong with a design, with numbers; all cases when none is named.

    CASE is a case's name or folder; json and sarif take one. Ends with 1 when a finding is an error, with 2
    when a file is wrong.
    """
    if reference:
        from workbench.lint.documentation import rules_page  # noqa: PLC0415  # the overview must start at once

        click.echo(rules_page(), nl=False)
        return
    from workbench.lint.command import lint_cases  # noqa: PLC0415  # the overview must start at once
    from workbench.spec.case import case_names  # noqa: PLC0415  # likewise

    chosen = cases or tuple(case_names())
    if form != "text" and len(chosen) != 1:
        raise click.UsageError(f"--format {form} takes one case; got {len(chosen)}.")
    linted = lint_cases(chosen, dau=dau, region=region)
    for each in linted:
        click.echo(each.printed(form))
    sys.exit(any(each.result.failed for each in linted))
