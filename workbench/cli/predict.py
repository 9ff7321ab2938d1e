"""`workbench predict`: the capacity that requests consume, line by line."""

from __future__ import annotations

import json
from typing import BinaryIO

import click

_HELP = """Predict the capacity that requests consume.

FILE has one JSON object a line; - reads standard input:

\b
  {"id": any, "table": CreateTable request, "operation": API call, "actions": [...]}

A member of `actions` that writes has "operation", "before" and "after" (the item in DynamoDB JSON, or null)
and "condition_failed"; ConditionCheck has "before". One that reads has "operation", "index",
"consistent_read", "evaluated" (the items of the table that were read, before any filter; behind an index the
items of its entries) and "attributes" (a list of names, "ALL", or absent for what the index projects).

Each line gives a line:

\b
  {"id": ..., "consumed": {"CapacityUnits": units, "Table": units,
   "GlobalSecondaryIndexes": {name: units}, "LocalSecondaryIndexes": {name: units}}}

Nothing is printed unless all lines are right.
"""


@click.command(help=_HELP)
@click.argument("file", type=click.File("rb"))
@click.option(
    "--dialect",
    type=click.Choice(["aws", "dynamodb-local"]),
    default="aws",
    show_default=True,
    help="The service whose ConsumedCapacity is predicted.",
)
def predict(file: BinaryIO, dialect: str) -> None:
    """Prints what each request of a file consumes."""
    from workbench.model.dialects import DIALECTS  # noqa: PLC0415 - the overview starts without the model
    from workbench.model.request_json import predictions  # noqa: PLC0415 - same

    for line in predictions(file.read(), getattr(file, "name", "<stdin>"), DIALECTS[dialect]):
        click.echo(json.dumps(line, ensure_ascii=False))
