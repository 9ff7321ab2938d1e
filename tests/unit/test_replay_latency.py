"""Percentiles: nearest rank, and only where the samples carry them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.replay.latency import Latency, percentile_ms

MS = 1_000_000


def test_percentiles_of_1_to_1000_are_the_ranks_themselves():
    """By the nearest rank, the p-th percentile of 1..1000 ms is 1000 p ms."""
    found = Latency.of([n * MS for n in range(1000, 0, -1)])
    assert found == Latency(1000, 500.0, 900.0, 990.0, 999.0)


@pytest.mark.parametrize(
    ("count", "carried"),
    [(0, 0), (1, 0), (2, 1), (9, 1), (10, 2), (99, 2), (100, 3), (999, 3), (1000, 4)],
)
def test_a_percentile_needs_a_sample_above_it(count, carried):
    """p50 needs 2 samples, p90 10, p99 100 and p999 1,000; without them it is None."""
    found = Latency.of([MS] * count)
    given_percentiles = [found.p50_ms, found.p90_ms, found.p99_ms, found.p999_ms]
    assert [value is not None for value in given_percentiles] == [n < carried for n in range(4)]


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=10), st.sampled_from([Fraction(1, 2), Fraction(9, 10)]))
def test_at_least_the_share_of_samples_lies_at_or_below_the_percentile(times, share):
    """The percentile is a sample, and the smallest that enough samples do not exceed."""
    ordered = sorted(times)
    limit = percentile_ms(ordered, share)
    assert limit in [time / MS for time in ordered]
    assert sum(time / MS <= limit for time in ordered) >= share * len(ordered)
    assert sum(time / MS < limit for time in ordered) < share * len(ordered)
