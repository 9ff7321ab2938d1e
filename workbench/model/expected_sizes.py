"""Distributions of sizes, measured or stated, by what decides units: how likely a size is beyond an edge."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

Probability = Fraction | float
"""Exact where the distribution is, else a float; 0 to 1."""


class SizeDistribution(Protocol):
    """Sizes of an item, an index entry or one image of it."""

    @property
    def maximum_bytes(self) -> int:
        """The largest size that occurs [bytes]."""
        ...

    def beyond(self, size_bytes: int) -> Probability:
        """Returns the probability that a size is larger than this one."""
        ...


class MeasuredSizes:
    """Sizes as they were counted.

    Args:
        counts: Size [bytes] to the number of items that have it.

    Raises:
        ValueError: Nothing was counted.

    >>> MeasuredSizes({100: 3, 1500: 1}).beyond(1024)
    Fraction(1, 4)
    """

    def __init__(self, counts: Mapping[int, int]) -> None:
        self._counts = dict(counts)
        self._total = sum(self._counts.values())
        if not self._total:
            raise ValueError("the histogram is empty")

    @property
    def maximum_bytes(self) -> int:
        """The largest size that was counted [bytes]."""
        return max(size for size, count in self._counts.items() if count)

    def beyond(self, size_bytes: int) -> Fraction:
        """Returns the share of the items that are larger."""
        return Fraction(sum(count for size, count in self._counts.items() if size > size_bytes), self._total)


@dataclass(frozen=True, slots=True)
class UniformSizes:
    """Every whole size from the least to the largest, equally likely.

    Args:
        minimum_bytes: The least [bytes].
        maximum_bytes: The largest [bytes].
    """

    minimum_bytes: int
    maximum_bytes: int

    def beyond(self, size_bytes: int) -> Fraction:
        """Returns the probability that a size is larger than this one."""
        width = self.maximum_bytes - self.minimum_bytes + 1
        return Fraction(min(max(self.maximum_bytes - size_bytes, 0), width), width)


@dataclass(frozen=True, slots=True)
class LognormalSizes:
    """Sizes whose logarithm is normal, rounded to whole bytes and cut off at both ends.

    It is what a population's text columns are drawn from.

    Args:
        median_bytes: The median before rounding [bytes].
        sigma: Standard deviation of the logarithm.
        maximum_bytes: Larger sizes count as this one [bytes].
        minimum_bytes: Smaller sizes count as this one [bytes].
    """

    median_bytes: float
    sigma: float
    maximum_bytes: int
    minimum_bytes: int = 0

    def beyond(self, size_bytes: int) -> float:
        """Returns the probability that a size is larger than this one."""
        if size_bytes >= self.maximum_bytes:
            return 0.0
        if size_bytes < self.minimum_bytes:
            return 1.0
        edge = math.log((size_bytes + 0.5) / self.median_bytes)
        return math.erfc(edge / (self.sigma * math.sqrt(2))) / 2


@dataclass(frozen=True, slots=True)
class ShiftedSizes:
    """Sizes that a fixed number of bytes is added to: names of attributes, keys, constants.

    Args:
        sizes: What varies.
        added_bytes: What does not [bytes].
    """

    sizes: SizeDistribution
    added_bytes: int

    @property
    def maximum_bytes(self) -> int:
        """The largest size that occurs [bytes]."""
        return self.sizes.maximum_bytes + self.added_bytes

    def beyond(self, size_bytes: int) -> Probability:
        """Returns the probability that a size is larger than this one."""
        return self.sizes.beyond(size_bytes - self.added_bytes)


def edges(maximum_bytes: int, unit: int) -> Iterator[int]:
    """Yields the sizes beyond which one more unit begins.

    Args:
        maximum_bytes: The largest size that occurs [bytes].
        unit: The step [bytes].

    >>> list(edges(2048, 1024)), list(edges(2049, 1024))
    ([1024], [1024, 2048])
    """
    return iter(range(unit, maximum_bytes, unit))


def begun_units(sizes: SizeDistribution, unit: int) -> Probability:
    """Returns the mean number of begun units of a size: one, and one more for each edge it lies beyond.

    Args:
        sizes: The distribution.
        unit: The step: 1,024 for writes, 4,096 for reads [bytes].

    >>> begun_units(MeasuredSizes({100: 3, 1500: 1}), 1024)
    Fraction(5, 4)

    Source: dg-read-write-operations
    """
    return 1 + sum(sizes.beyond(edge) for edge in edges(sizes.maximum_bytes, unit))
