"""A quantity that may depend on the daily active users: constant, linear, or rounded up to whole units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

_NEAR_INTEGER = 1e-12


@dataclass(frozen=True, slots=True)
class Quantity:
    """`factor x (fixed + per_dau x dau)`, the bracket kept above a minimum and optionally rounded up.

    Args:
        fixed: Part that no user adds to; negative for an allowance that users have to exceed.
        per_dau: Part that each daily active user adds.
        whole: Round the bracket up to a whole number, as provisioned capacity is.
        minimum: The bracket's least value.
        factor: Applied last, for units (730 hours, 1/1,000,000).

    >>> Quantity(per_dau=Decimal("0.015"), whole=True, minimum=Decimal(1), factor=Decimal(730)).at(100)
    Decimal('1460')
    """

    fixed: Decimal = Decimal(0)
    per_dau: Decimal = Decimal(0)
    whole: bool = False
    minimum: Decimal = Decimal(0)
    factor: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        allowance = self.fixed < 0 < self.per_dau
        if min(self.per_dau, self.minimum, self.factor) < 0 or (self.fixed < 0 and not allowance):
            raise ValueError(f"a quantity cannot be negative: {self!r}")

    @classmethod
    def of(cls, value: Quantity | Decimal | int) -> Quantity:
        """The quantity itself, or a number as a constant quantity."""
        return value if isinstance(value, Quantity) else cls(fixed=Decimal(value))

    @property
    def is_zero(self) -> bool:
        """Whether it is zero for every number of users."""
        return not self.factor or not (self.fixed or self.per_dau or self.minimum)

    def scaled(self, factor: Decimal) -> Quantity:
        """The quantity times a factor, applied after rounding."""
        return replace(self, factor=self.factor * factor)

    def at(self, dau: int) -> Decimal:
        """The exact value for a number of daily active users."""
        inner = max(self.minimum, self.fixed + self.per_dau * dau)
        if self.whole:
            inner = inner.to_integral_value(rounding=ROUND_CEILING)
        return self.factor * inner

    def array(self, dau: Floats) -> Floats:
        """The values for many numbers of daily active users, in floating point."""
        inner = np.maximum(float(self.minimum), float(self.fixed) + float(self.per_dau) * dau)
        if self.whole:
            inner = np.ceil(inner - _NEAR_INTEGER * np.maximum(1.0, inner))
        values: Floats = float(self.factor) * inner
        return values

    def steps(self, low: int, high: int) -> list[int]:
        """The numbers of users in (low, high] at which it leaves a straight line."""
        if not self.per_dau:
            return []
        if not self.whole:
            return [edge for edge in [self._first_above(self.minimum)] if low < edge <= high]
        first = max(self._level(low), self.minimum.to_integral_value(rounding=ROUND_CEILING))
        levels = range(int(first), int(self._level(high)))
        return [edge for level in levels if low < (edge := self._first_above(level)) <= high]

    def _level(self, dau: int) -> Decimal:
        return (self.fixed + self.per_dau * dau).to_integral_value(rounding=ROUND_CEILING)

    def _first_above(self, level: Decimal | int) -> int:
        top, top_unit = (Decimal(level) - self.fixed).as_integer_ratio()
        slope, slope_unit = self.per_dau.as_integer_ratio()
        return max(0, top * slope_unit // (top_unit * slope) + 1)
