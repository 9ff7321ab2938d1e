"""A move in words, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.migrate.ledger import Ledger, Reject
from workbench.migrate.rehearsal import MoveResult
from workbench.migrate.verify import Verification

COUNTS = ("entity", "rows", "equal", "different", "missing", "rejected")


def move_lines(result: MoveResult) -> Iterator[str]:
    """Yields what became of a move, line by line."""
    yield f"{result.rows:,} rows of {result.source} -> {result.items:,} items of {result.engine}"
    times = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in result.seconds.items())
    yield f"{times}; chunks resumed: {result.resumed_chunks}"
    yield from reject_lines(result.rejects)
    yield from verification_lines(result.verification)


def reject_lines(rejects: tuple[Reject, ...]) -> Iterator[str]:
    """Yields the rows that did not become items."""
    if rejects:
        yield f"{len(rejects):,} rows cannot become items:"
        yield from (f"  {reject}" for reject in rejects)


def verification_lines(verification: Verification) -> Iterator[str]:
    """Yields a comparison: a table of counts, what differs, and the verdict."""
    rows = [[str(getattr(entity, name)) for name in COUNTS] for entity in verification.entities]
    yield from columns([list(COUNTS), *rows])
    for table, extra in verification.extra.items():
        if extra:
            yield f"{table}: {extra:,} items without a row"
    yield from (f"  {discrepancy}" for discrepancy in verification.discrepancies)
    yield "equal: every row that an item can hold has its item" if verification.equal else "not equal"


def ledger_lines(ledger: Ledger) -> Iterator[str]:
    """Yields what a ledger remembers: what it is bound to, the progress of each entity, and the rejects."""
    yield from (f"{name}: {value}" for name, value in ledger.facts().items())
    chunks = ledger.chunks()
    rows = [["entity", "chunks", "done", "rows", "items"]]
    for entity in dict.fromkeys(chunk.entity for chunk in chunks):
        own = [chunk for chunk in chunks if chunk.entity == entity]
        done = [chunk for chunk in own if chunk.done]
        counts = (len(own), len(done), sum(c.rows for c in done), sum(c.items for c in done))
        rows.append([entity, *map(str, counts)])
    yield from columns(rows)
    yield from reject_lines(ledger.rejects())


def columns(rows: list[list[str]]) -> Iterator[str]:
    """Yields rows as aligned text, the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = (text.rjust(width) for text, width in zip(others, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *cells])
