"""Values of assumptions, drawn from their ranges by the hundred or taken at their ends."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.pricing.quantity import Floats
    from workbench.spec.workload import Assumption

WIDE = 10
"""A range is wide where its ends differ by more than this factor."""


class Shape(StrEnum):
    """How the values of an assumption are spread over its range."""

    FIXED = "fixed"
    TRIANGULAR = "triangular"
    LOG_UNIFORM = "log-uniform"


def shape_of(assumption: Assumption) -> Shape:
    """Returns the spread of an assumption.

    A range over an order of magnitude and more says that its size is hardly known: log-uniform. Any other is
    triangular with its peak at the assumed value.
    """
    if assumption.low == assumption.high:
        return Shape.FIXED
    wide = assumption.low > 0 and assumption.high / assumption.low > WIDE
    return Shape.LOG_UNIFORM if wide else Shape.TRIANGULAR


def quantiles(assumption: Assumption, share: Floats) -> Floats:
    """Returns the values below which shares of the distribution of an assumption lie.

    Args:
        assumption: Value and range.
        share: Shares, 0 to 1.
    """
    low, high, top = assumption.low, assumption.high, assumption.value
    shape = shape_of(assumption)
    if shape is Shape.FIXED:
        return np.full(share.shape, low)
    if shape is Shape.LOG_UNIFORM:
        spread: Floats = low * (high / low) ** share
        return spread
    before = (top - low) / (high - low)
    rising = low + np.sqrt(share * (high - low) * (top - low))
    falling = high - np.sqrt((1 - share) * (high - low) * (high - top))
    values: Floats = np.where(share < before, rising, falling)
    return values


def values_at(assumptions: Mapping[str, Assumption], shares: Floats) -> Floats:
    """Returns values of all assumptions, one column each, from shares of their distributions.

    Args:
        assumptions: The columns, in their order.
        shares: One row a draw, one column an assumption, 0 to 1.
    """
    columns = [quantiles(one, shares[:, number]) for number, one in enumerate(assumptions.values())]
    return np.column_stack(columns)


def draw(assumptions: Mapping[str, Assumption], count: int, seed: int) -> Floats:
    """Returns independent draws of all assumptions: one row a draw, one column an assumption."""
    return values_at(assumptions, np.random.default_rng(seed).random((count, len(assumptions))))


def assumed(assumptions: Mapping[str, Assumption]) -> Floats:
    """Returns one row with the assumed values."""
    return np.array([[one.value for one in assumptions.values()]])


def one_at_a_time(assumptions: Mapping[str, Assumption]) -> Floats:
    """Returns the rows of a tornado: each assumption at its low, then at its high end."""
    rows = np.repeat(assumed(assumptions), 2 * len(assumptions), axis=0)
    for number, one in enumerate(assumptions.values()):
        rows[2 * number, number] = one.low
        rows[2 * number + 1, number] = one.high
    return rows
