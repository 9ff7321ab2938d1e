"""The profiles of a load: a day made short, its busiest second, far too much, and for hours.

Source: document 001, story PERF-002: realistic traffic, peak, extreme load and recovery.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

from workbench.replay.load.arrivals import Segment
from workbench.spec.workload import Workload

Profile = Literal["realistic", "peak", "stress", "soak", "knee"]
PROFILES: tuple[Profile, ...] = ("realistic", "peak", "stress", "soak", "knee")

SECONDS: dict[Profile, float] = {"realistic": 48, "peak": 20, "stress": 120, "soak": 600, "knee": 3}
"""How long each lasts unless told otherwise; of the knee, each trial [s]."""

WARM_UP = "warm-up"
BASELINE, OVERLOAD, RECOVERY = "baseline", "overload", "recovery"
STRESS_FACTOR = 5.0
"""Overload is so many times the highest rate that holds the targets."""
CALM_SHARE = 0.5
"""Before and after the overload the rate is this share of the highest that holds the targets."""
BURST_SHARE = 1 / 6
"""Part of the busiest hour that its burst takes in a day made short."""

SECONDS_A_DAY = 86_400


def requests_per_dau_second(workload: Workload) -> float:
    """Returns the requests of one daily active user [1/s], averaged over the week."""
    return sum(workload.requests_per_dau_day(name) for name in workload.rates) / SECONDS_A_DAY


def hourly_factors(workload: Workload) -> tuple[float, ...]:
    """Returns the traffic of each hour of the busiest weekday, as a multiple of the average."""
    day = max(workload.weekly) / fmean(workload.weekly)
    return tuple(hour / fmean(workload.diurnal) * day for hour in workload.diurnal)


def peak_factor(workload: Workload) -> float:
    """Returns the traffic of the busiest second as a multiple of the average."""
    return max(hourly_factors(workload)) * workload.assumptions[workload.peak_to_average].value


def dau_of(workload: Workload, peak_requests_per_second: float) -> float:
    """Returns the daily active users whose busiest second has a rate."""
    return peak_requests_per_second / (requests_per_dau_second(workload) * peak_factor(workload))


def peak_of(workload: Workload, dau: float) -> float:
    """Returns the requests in the busiest second of daily active users [1/s]."""
    return dau * requests_per_dau_second(workload) * peak_factor(workload)


def shares_of(workload: Workload, names: Sequence[str]) -> tuple[float, ...]:
    """Returns which part of all requests each pattern is; a pattern without a rate never comes."""
    rates = [workload.requests_per_dau_day(n) if n in workload.rates else 0.0 for n in names]
    return tuple(rate / sum(rates) for rate in rates)


def segments_of(
    profile: Profile, workload: Workload, rate: float, seconds: float, overload: float = 0.0
) -> tuple[Segment, ...]:
    """Returns the rates of a profile, one after another, after a warm-up that is not judged.

    Args:
        profile: Which.
        workload: Has the hours of the day.
        rate: Requests in the busiest second; for `stress` the highest rate that holds the targets.
        seconds: How long all but the warm-up lasts [s]; of `stress` a quarter each before and under the
            overload, and at most as long as all of it for the recovery.
        overload: Rate of the overload of `stress` [1/s]; 0 for five times the rate.
    """
    if profile == "realistic":
        segments = _day(workload, rate, seconds)
    elif profile == "stress":
        segments = _stress(rate, seconds, overload or rate * STRESS_FACTOR)
    else:
        segments = (Segment(profile, seconds, rate),)
    warm = Segment(WARM_UP, min(2.0, seconds / 4), segments[0].requests_per_second, judged=False)
    return (warm, *segments)


def _day(workload: Workload, rate: float, seconds: float) -> tuple[Segment, ...]:
    """Returns the 24 hours of the busiest weekday; its busiest hour ends with a burst of the whole rate."""
    factors = hourly_factors(workload)
    average, hour = rate / peak_factor(workload), seconds / 24
    busiest = factors.index(max(factors))
    segments = [Segment(f"hour {n:02}", hour, average * factor) for n, factor in enumerate(factors)]
    calm = Segment(f"hour {busiest:02}", hour * (1 - BURST_SHARE), average * factors[busiest])
    segments[busiest : busiest + 1] = [calm, Segment("burst", hour * BURST_SHARE, rate)]
    return tuple(segments)


def _stress(rate: float, seconds: float, overload: float) -> tuple[Segment, ...]:
    calm = rate * CALM_SHARE
    return (
        Segment(BASELINE, seconds / 4, calm),
        Segment(OVERLOAD, seconds / 4, overload, judged=False),
        Segment(RECOVERY, seconds, calm, judged=False),
    )
