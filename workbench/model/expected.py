"""Expected units over a distribution of sizes, exact: the mean of the rounded sizes, not the rounded mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from workbench.model.item_size import begun

Histogram = Mapping[int, int]
"""Size [bytes] to the number of items that have it."""


def histogram(sizes: Iterable[int]) -> Histogram:
    """Returns how many items have each size.

    Args:
        sizes: The size of each item [bytes].

    >>> dict(histogram([100, 200, 100]))
    {100: 2, 200: 1}
    """
    return dict(sorted(Counter(sizes).items()))


def expected_units(sizes: Histogram, unit: int) -> Fraction:
    """Returns the mean number of begun units of an item that is drawn from a histogram, exact.

    Args:
        sizes: The histogram.
        unit: The step: 1,024 for writes, 4,096 for reads [bytes].

    Raises:
        ValueError: The histogram is empty; there is nothing to draw.

    >>> expected_units({100: 3, 1500: 1}, 1024)
    Fraction(5, 4)

    Source: dg-read-write-operations
    """
    return _mean(sizes, {size: begun(size, unit) for size in sizes})


def expected_collection_units(sizes: Histogram, unit: int, items: int) -> Fraction:
    """Returns the mean number of begun units of a Query that reads some items together, exact.

    The items are drawn independently of each other; their sizes are added, then rounded once.

    Args:
        sizes: The histogram of one item's size.
        unit: The step: 4,096 for reads [bytes].
        items: How many items the Query reads.

    Raises:
        ValueError: The histogram is empty.

    >>> expected_collection_units({2000: 1, 3000: 1}, 4096, 2)
    Fraction(7, 4)

    Source: dg-read-write-operations
    """
    total = sum(sizes.values())
    if not total:
        raise ValueError("the histogram is empty")
    sums: dict[int, int] = {0: 1}
    for _ in range(items):
        sums = _added(sums, sizes)
    return _mean(sums, {size: begun(size, unit) for size in sums})


def _added(left: Histogram, right: Histogram) -> dict[int, int]:
    """Returns the histogram of the sum of two independent draws."""
    sums: Counter[int] = Counter()
    for size, count in left.items():
        for other, times in right.items():
            sums[size + other] += count * times
    return dict(sums)


def _mean(sizes: Histogram, units: Mapping[int, int]) -> Fraction:
    total = sum(sizes.values())
    if not total:
        raise ValueError("the histogram is empty")
    return Fraction(sum(count * units[size] for size, count in sizes.items()), total)
