"""The shape of traffic over a week, minute by minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.pricing.quantity import Floats

MINUTES_PER_HOUR = 60


def weekly_shape(diurnal: Sequence[float], weekly: Sequence[float] = (1.0,)) -> Floats:
    """The traffic of every minute over the mean, straight lines between the hours.

    The mean is exactly one and the largest minute is the largest hour, so that neither the month nor the
    peak changes with the drawing of the lines.

    Args:
        diurnal: Relative traffic of the hours of a day.
        weekly: Relative traffic of the days of a week; one entry for days that are all alike.
    """
    hours = np.outer(np.asarray(weekly, dtype=float), np.asarray(diurnal, dtype=float)).ravel()
    hours = hours / hours.mean()
    minutes = np.arange(len(hours) * MINUTES_PER_HOUR) / MINUTES_PER_HOUR
    drawn: Floats = np.interp(minutes, np.arange(len(hours) + 1), np.append(hours, hours[0]))
    return drawn
