"""Where the cheapest way to pay for a table changes as its load grows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from workbench.pricing.mix import Mode, TableUse, cheapest_mix, scaled_use
from workbench.pricing.reserved import Term

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.pricing.book import PriceBook
    from workbench.pricing.dynamodb import TableClass

Choice = tuple[Mode, "TableClass", Term | None]
"""Mode, class and length of the reservation."""

_CLOSE = Decimal("1.01")


@dataclass(frozen=True, slots=True)
class Switch:
    """A load at which another choice becomes the cheapest.

    Args:
        factor: Multiple of the load up to which the first choice is known to be cheapest.
        until: Multiple from which the second one is known to be; the change lies between, 1 % apart.
        before: Cheapest choice below.
        after: Cheapest choice above.
    """

    factor: Decimal
    until: Decimal
    before: Choice
    after: Choice


def switch_points(
    use: TableUse,
    factors: Sequence[Decimal],
    book: PriceBook,
    region: str,
    *,
    terms: Sequence[Term] = tuple(Term),
) -> tuple[Switch, ...]:
    """The changes of the cheapest choice between multiples of a load, each found to 1 %.

    A choice that is cheapest only between two neighbouring multiples is not seen; give more of them.

    Args:
        use: Loads and shape of the traffic.
        factors: Multiples of the load, rising.
        book: Prices.
        region: AWS region code.
        terms: Reservations that may be bought; none to leave them out.

    Raises:
        InputError: No choice can be priced.

    Source: prices-mix
    """
    finder = _Finder(use, book, region, tuple(terms))
    chosen = [(factor, finder.choice(factor)) for factor in factors]
    return tuple(
        switch
        for (low, before), (high, after) in pairwise(chosen)
        for switch in finder.between(low, high, before, after)
    )


@dataclass(frozen=True, slots=True)
class _Finder:
    use: TableUse
    book: PriceBook
    region: str
    terms: tuple[Term, ...]

    def choice(self, factor: Decimal) -> Choice:
        """The cheapest choice at a multiple of the load; of equals the simplest."""
        mix = cheapest_mix(scaled_use(self.use, factor), self.book, self.region)
        allowed = (one for one in mix.options if one.term is None or one.term in self.terms)
        best = next(allowed)
        return best.mode, best.table_class, best.term

    def between(self, low: Decimal, high: Decimal, before: Choice, after: Choice) -> Iterator[Switch]:
        """The changes between two multiples, one after the other; none where both choices are the same."""
        while before != after:
            switch = self._first(low, high, before, after)
            yield switch
            low, before = switch.until, switch.after

    def _first(self, low: Decimal, high: Decimal, before: Choice, after: Choice) -> Switch:
        while high > low * _CLOSE:
            middle = (low * high).sqrt()
            found = self.choice(middle)
            if found == before:
                low = middle
            else:
                high, after = middle, found
        return Switch(low, high, before, after)
