"""`workbench claims`: what the document of a case says, what we compute, and who is right."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.asked import REGION
from workbench.errors import together

if TYPE_CHECKING:
    from workbench.claims import Audit, AuditedClaim

VERDICTS = ("confirmed", "contradicted", "depends on", "not checkable here")


@click.command()
@click.argument("case", required=False)
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of a claims.yaml and end.")
@REGION
@click.option("--document", type=click.Path(path_type=Path), help="Check the ledger against this file first.")
@click.option(
    "--verdict", "chosen", type=click.Choice(VERDICTS), multiple=True, help="Show only these claims."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def claims(case: str | None, *, json_schema: bool, form: str, **question: Any) -> None:
    """Audits the document of CASE: every claim with our value, a verdict and the reason.

    With --document, every line of that file with a number must be in the ledger's index, unchanged, and
    every quote must be found; ends with 2 otherwise.
    """
    if json_schema:
        from workbench.claims.ledger import Ledger  # noqa: PLC0415  # heavy
        from workbench.spec.json_schema import schema_text  # noqa: PLC0415  # heavy

        click.echo(schema_text(Ledger), nl=False)
    elif case is None:
        raise click.UsageError("Missing argument 'CASE'.")
    else:
        _audit(case, form=form, **question)


def _audit(case: str, *, region: str, document: Path | None, chosen: tuple[str, ...], form: str) -> None:
    from workbench.claims import audit, check_document  # noqa: PLC0415  # heavy
    from workbench.pricing import book_for  # noqa: PLC0415  # heavy
    from workbench.spec import load_case  # noqa: PLC0415  # heavy

    loaded, book = together(partial(load_case, case), partial(book_for, region))
    found = audit(loaded, book, region)
    if document:
        check_document(found.ledger, document)
    shown = [claim for claim in found.claims if not chosen or claim.verdict in chosen]
    click.echo(_json(found, shown) if form == "json" else _text(found, shown))


def _json(found: Audit, shown: list[AuditedClaim]) -> str:
    content = {
        "case": found.ledger.case,
        "document": found.ledger.document,
        "counts": found.counts(),
        "claims": [claim.row() for claim in shown],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def _text(found: Audit, shown: list[AuditedClaim]) -> str:
    counts = ", ".join(f"{number} {verdict}" for verdict, number in found.counts().items())
    split = len(found.split_claims())
    head = (
        f"{found.ledger.document}: {len(found.claims)} claims: {counts}; "
        f"the document contradicts itself in {split} of them"
    )
    return "\n\n".join([head, *map(_paragraph, shown)])


def _paragraph(claim: AuditedClaim) -> str:
    return (
        f"{claim.place}: {claim.quote}\n"
        f"  {claim.verdict} ({claim.id}, {claim.kind}, by {claim.check})\n"
        f"  documented: {claim.documented}; ours: {claim.ours}\n"
        f"  {claim.why}"
    )
