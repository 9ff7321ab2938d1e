"""What daily active users ask for: requests and units a second, for many numbers of users at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
import numpy.typing as npt

from workbench.spec.access import READ_OPERATIONS
from workbench.spec.design import Design
from workbench.spec.workload import Workload

SECONDS_PER_DAY = 86_400

Reals = npt.NDArray[np.float64]

UnitsPerRequest = Mapping[str, Mapping[str, float]]
"""Pattern to mean units of one request by place: `table`, or `table/index`."""


def week(workload: Workload) -> Reals:
    """Returns the traffic of each of a week's 168 hours over the week's mean, Monday 00:00 UTC first."""
    days, hours = (np.array(curve, np.float64) for curve in (workload.weekly, workload.diurnal))
    return np.outer(days / days.mean(), hours / hours.mean()).ravel()


def peak_to_mean(workload: Workload) -> float:
    """Returns the rate at the busiest second over the mean rate of a week."""
    ratio = workload.assumptions[workload.peak_to_average].value
    for curve in (workload.diurnal, workload.weekly):
        ratio *= max(curve) / (sum(curve) / len(curve))
    return ratio


@dataclass(frozen=True)
class Demand:
    """The demand of a case for many numbers of users; the first axis of every array is that of `dau`.

    Args:
        dau: Daily active users.
        patterns: Names of the patterns, in the order of the columns of requests.
        places: Tables and `table/index`, in the order of the columns of units.
        requests_per_user: Requests of one user, by pattern [1/s].
        read_units_per_user: Read units of one user, by place [units/s].
        write_units_per_user: Write units of one user, by place [units/s].
        peak_to_mean: Rate at the busiest second over the mean rate of a week.
        week: Traffic of each of a week's 168 hours over the week's mean.
    """

    dau: Reals
    patterns: tuple[str, ...]
    places: tuple[str, ...]
    requests_per_user: Reals
    read_units_per_user: Reals
    write_units_per_user: Reals
    peak_to_mean: float
    week: Reals

    @cached_property
    def requests_per_second(self) -> Reals:
        """Mean requests by users and pattern [1/s]."""
        return np.outer(self.dau, self.requests_per_user)

    @cached_property
    def read_units_per_second(self) -> Reals:
        """Mean read units by users and place [units/s]."""
        return np.outer(self.dau, self.read_units_per_user)

    @cached_property
    def write_units_per_second(self) -> Reals:
        """Mean write units by users and place [units/s]."""
        return np.outer(self.dau, self.write_units_per_user)

    @property
    def peak_requests_per_second(self) -> Reals:
        """Requests of the busiest second by users and pattern [1/s]."""
        return self.requests_per_second * self.peak_to_mean

    @property
    def peak_read_units_per_second(self) -> Reals:
        """Read units of the busiest second by users and place [units/s]."""
        return self.read_units_per_second * self.peak_to_mean

    @property
    def peak_write_units_per_second(self) -> Reals:
        """Write units of the busiest second by users and place [units/s]."""
        return self.write_units_per_second * self.peak_to_mean

    def hourly(self, per_second: Reals) -> Reals:
        """Returns the mean of each of a week's 168 hours, on a last axis that is added.

        Args:
            per_second: Any of the mean rates above [1/s].
        """
        return per_second[..., np.newaxis] * self.week


def places_of(design: Design) -> tuple[str, ...]:
    """Returns the tables of a design and their indexes as `table/index`, each table before its own."""
    return tuple(
        place
        for name, table in design.tables.items()
        for place in (
            name,
            *(
                f"{name}/{index}"
                for index in (*table.global_secondary_indexes, *table.local_secondary_indexes)
            ),
        )
    )


def units_per_user_day(
    design: Design, workload: Workload, units: UnitsPerRequest
) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Returns the read and the write units that one user consumes a day, each by place and exactly.

    Args:
        design: Its patterns.
        workload: Requests per daily active user.
        units: Mean units of one request, measured or expected.
    """
    reads: dict[str, Decimal] = {}
    writes: dict[str, Decimal] = {}
    for name, pattern in design.patterns.items():
        kind = reads if pattern.operation in READ_OPERATIONS else writes
        requests = Decimal(str(workload.requests_per_dau_day(name)))
        for place, each in units[name].items():
            kind[place] = kind.get(place, Decimal(0)) + requests * Decimal(str(each))
    return reads, writes


def demand(design: Design, workload: Workload, units: UnitsPerRequest, dau: npt.ArrayLike) -> Demand:
    """Returns the demand of a design's patterns for some numbers of daily active users.

    Args:
        design: Tables, indexes and patterns.
        workload: Requests per daily active user, the curves of day and week, the assumptions.
        units: Mean units of one request, measured or expected.
        dau: The numbers of daily active users, in one dimension.
    """
    patterns, places = tuple(design.patterns), places_of(design)
    requests = np.array([workload.requests_per_dau_day(name) for name in patterns]) / SECONDS_PER_DAY
    reads, writes = (
        np.array([float(daily.get(place, 0)) for place in places]) / SECONDS_PER_DAY
        for daily in units_per_user_day(design, workload, units)
    )
    return Demand(
        dau=np.atleast_1d(np.asarray(dau, np.float64)),
        patterns=patterns,
        places=places,
        requests_per_user=requests,
        read_units_per_user=reads,
        write_units_per_user=writes,
        peak_to_mean=peak_to_mean(workload),
        week=week(workload),
    )
