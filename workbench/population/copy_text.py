"""Rows as PostgreSQL's COPY text format."""

from __future__ import annotations

from collections.abc import Sequence

Cell = bytes | None
"""One value before escaping; None is NULL."""

NULL = b"\\N"

_ESCAPES = ((b"\\", b"\\\\"), (b"\n", b"\\n"), (b"\t", b"\\t"), (b"\r", b"\\r"))


def escaped(cell: Cell) -> bytes:
    r"""Returns a cell as it stands between tabs.

    >>> escaped(b"a\tb\\"), escaped(None), escaped(b"")
    (b'a\\tb\\\\', b'\\N', b'')
    """
    if cell is None:
        return NULL
    for plain, escape in _ESCAPES:
        if plain in cell:
            cell = cell.replace(plain, escape)
    return cell


def copy_block(columns: Sequence[Sequence[Cell]]) -> bytes:
    """Returns the lines of rows that are given column by column, each line ended."""
    fields = [[escaped(cell) for cell in column] for column in columns]
    lines = [b"\t".join(row) for row in zip(*fields, strict=True)]
    return b"\n".join([*lines, b""])
