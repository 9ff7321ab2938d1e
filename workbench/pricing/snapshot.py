"""A price snapshot on disk, written whole or not at all."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import InputError, Problem
from workbench.pricing.book import COLUMNS, PriceBook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.pricing.book import Price

_FORMAT = "f"


def references_of(book: PriceBook) -> dict[str, str]:
    """Where the sources of a snapshot can be found, by source id.

    Args:
        book: A book that was read from a folder.
    """
    with (book.directory / "sources.csv").open(newline="", encoding="utf-8") as stream:
        return {row["source_id"]: row["reference"] for row in csv.DictReader(stream)}


def updated(base: PriceBook, prices: Iterable[Price]) -> tuple[Price, ...]:
    """The prices of a book with some replaced or added.

    Args:
        base: The book before.
        prices: What is newer.
    """
    return tuple({**base.prices, **{price.key: price for price in prices}}.values())


def write_snapshot(
    folder: Path | str, prices: Iterable[Price], references: Mapping[str, str] | None = None
) -> PriceBook:
    """Writes a snapshot beside its place, reads it back, and moves it there.

    Args:
        folder: Folder of the snapshot, which must not exist; its name is the date.
        prices: Prices with their sources.
        references: Where each source can be found, by source id.

    Raises:
        InputError: The folder exists, or the snapshot cannot be read back.
    """
    place = Path(folder)
    if place.exists():
        message = f"a snapshot is never overwritten; got {place}"
        raise InputError([Problem(str(place), 0, "", message, "Name a new folder")])
    place.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}-"))
    try:
        _fill(work, sorted(prices, key=lambda price: price.key), references or {})
        PriceBook.load(work)
        work.chmod(0o755)
        work.replace(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return PriceBook.load(place)


def _fill(folder: Path, prices: Sequence[Price], references: Mapping[str, str]) -> None:
    rows = [
        (
            price.service,
            price.region,
            price.dimension,
            price.unit,
            _plain(price),
            price.source_id,
            price.source_date,
            price.strength,
        )
        for price in prices
    ]
    sources = sorted(
        {(price.source_id, price.source, references.get(price.source_id, "")) for price in prices}
    )
    (folder / "prices.csv").write_text(_csv(COLUMNS, rows), encoding="utf-8")
    (folder / "sources.csv").write_text(_csv(("source_id", "title", "reference"), sources), encoding="utf-8")


def _plain(price: Price) -> str:
    return format(price.usd.normalize(), _FORMAT)


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
