"""Two price books side by side: what changed, what came, what went."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.pricing.book import Price, PriceBook


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price in both books that differs.

    Args:
        before: The price in the first book.
        after: The price in the second book.
    """

    before: Price
    after: Price

    @property
    def relative(self) -> Decimal | None:
        """Change over the price before, -0.5 for half the price; None where it was free."""
        return (self.after.usd - self.before.usd) / self.before.usd if self.before.usd else None


@dataclass(frozen=True, slots=True)
class BookDiff:
    """What differs between two price books, each part sorted by service, region and dimension.

    Args:
        before: Name of the first snapshot.
        after: Name of the second snapshot.
        changed: Prices of both that differ.
        added: Prices of the second only.
        removed: Prices of the first only.
        unchanged: Number of prices that are the same in both.
    """

    before: str
    after: str
    changed: tuple[PriceChange, ...]
    added: tuple[Price, ...]
    removed: tuple[Price, ...]
    unchanged: int


def diff_books(before: PriceBook, after: PriceBook) -> BookDiff:
    """What differs between two price books; sources and strengths are not compared.

    Args:
        before: The first book.
        after: The second book.
    """
    common = sorted(before.prices.keys() & after.prices.keys())
    pairs = (PriceChange(before.prices[key], after.prices[key]) for key in common)
    changed = tuple(pair for pair in pairs if pair.before.usd != pair.after.usd)
    return BookDiff(
        before.snapshot,
        after.snapshot,
        changed,
        _only(after, before),
        _only(before, after),
        len(common) - len(changed),
    )


def _only(here: PriceBook, there: PriceBook) -> tuple[Price, ...]:
    return tuple(here.prices[key] for key in sorted(here.prices.keys() - there.prices.keys()))
