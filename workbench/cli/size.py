"""`workbench size`: the bytes of items in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from workbench.model.item_file import FileItem

_HELP = """Print the size of items in a file.

FILE is one item in DynamoDB JSON, items one a line, an export of DynamoDB ({"Item": ...} a line, compressed
or not) or the answer of a Scan ({"Items": [...]}); - reads standard input.

Each item gives its line in FILE, its bytes as DynamoDB counts them, the bytes that storage is billed for, and
the units of one write and of one strongly consistent read. The last line sums up.
"""


@click.command(help=_HELP)
@click.argument("file", type=click.File("rb"))
def size(file: BinaryIO) -> None:
    """Prints the size of each item and the totals."""
    from workbench.model.item_file import read_items  # noqa: PLC0415 - the overview starts without the model

    for row in _rows(read_items(file.read(), getattr(file, "name", "<stdin>"))):
        click.echo("\t".join(map(str, row)))


def _rows(items: Iterable[FileItem]) -> Iterator[tuple[object, ...]]:
    """Yields a heading, a row for each item and the totals."""
    from workbench.model.indexes import write_steps  # noqa: PLC0415 - the overview starts without the model
    from workbench.model.item_size import item_bytes  # noqa: PLC0415 - same
    from workbench.model.read_units import read_steps  # noqa: PLC0415 - same
    from workbench.model.storage import stored_bytes  # noqa: PLC0415 - same

    yield "line", "item_bytes", "stored_bytes", "write_units", "read_units"
    totals = [0, 0, 0, 0, 0]
    for held in items:
        size_bytes = item_bytes(held.item)
        row = (size_bytes, stored_bytes(size_bytes), write_steps(size_bytes), read_steps(size_bytes))
        totals = [total + part for total, part in zip(totals, (1, *row), strict=True)]
        yield held.line, *row
    yield f"{totals[0]} items", *totals[1:]
