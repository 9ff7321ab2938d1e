"""Histograms and confidence intervals, against numpy, scipy and published ranks."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from workbench.errors import InputError
from workbench.replay.load.confidence import low_rank, rank_interval
from workbench.replay.load.histograms import NO_QUANTILE, Times, begin_log, log_totals, merged, read_log

MICROSECONDS = st.lists(st.integers(1, 5_000_000), min_size=1, max_size=300)


def times_of(values):
    """Returns a histogram of times [us]."""
    times = Times()
    times.record(np.array(values))
    return times


@settings(max_examples=40, deadline=None)
@given(st.lists(MICROSECONDS, min_size=1, max_size=4))
def test_merged_histograms_are_the_histogram_of_all(parts):
    """Merging gives bin for bin what recording everything into one gives, also through encoded text."""
    whole = times_of([value for part in parts for value in part])
    assert merged(times_of(part) for part in parts) == whole
    assert merged(Times.decode(times_of(part).encode()) for part in parts) == whole


@settings(max_examples=40, deadline=None)
@given(MICROSECONDS, st.floats(0.01, 0.99))
def test_a_percentile_is_that_of_the_sorted_times(values, share):
    """It is the sample of the nearest rank, to three digits; None where the samples do not carry it."""
    found = times_of(values).quantile(share).ms
    if len(values) * (1 - share) < 1 - 1e-9:
        assert found is None
        return
    expected = sorted(values)[max(0, int(np.ceil(share * len(values) - 1e-9)) - 1)] / 1000
    assert found == pytest.approx(expected, rel=0.001, abs=0.0011)


@pytest.mark.parametrize("count", [20, 100, 367, 368, 1000, 50_000])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 0.999])
def test_ranks_enclose_the_percentile_with_95_percent(count, share):
    """At most 2.5 % lie on either side, and one rank inwards it is more: by scipy's binomial."""
    ranks = rank_interval(count, share)
    if ranks is None:
        assert binom.cdf(count - 1, count, share) < 0.975
        return
    lower, upper = ranks
    assert lower == 1 or binom.cdf(lower - 1, count, share) <= 0.025 < binom.cdf(lower, count, share)
    assert binom.cdf(upper - 1, count, share) >= 0.975 > binom.cdf(upper - 2, count, share)


@settings(deadline=None)
@given(st.integers(1, 300), st.sampled_from([0.5, 0.99, 0.999]))
def test_the_lower_end_is_known_however_few_samples_there_are(count, share):
    """At most 2.5 % of the percentiles lie below it, unless it is the first; one rank higher it is more."""
    rank = low_rank(count, share)
    assert rank == 1 or binom.cdf(rank - 1, count, share) <= 0.025
    assert rank == count or binom.cdf(rank, count, share) > 0.025


def test_ranks_of_the_median_are_those_of_the_tables():
    """Tables of the sign test give ranks 6 and 15 for the median of 20, and 40 and 61 for that of 100."""
    assert rank_interval(20, 0.5) == (6, 15)
    assert rank_interval(100, 0.5) == (40, 61)


def test_an_interval_covers_the_truth_in_95_of_100():
    """Of 400 draws of 500 exponential times, the interval of p90 encloses the true one in at least 92 %."""
    random = np.random.default_rng(1)
    truth = -np.log(0.1) * 10_000 / 1000
    covered = 0
    for _ in range(400):
        found = times_of((random.standard_exponential(500) * 10_000).astype(int) + 1).quantile(0.9)
        covered += found.low_ms <= truth * 1.001 and found.high_ms >= truth * 0.999
    assert covered >= 368


def test_too_few_samples_carry_no_percentile():
    """Of 99 samples none lies above the 99th percentile; an empty histogram carries nothing."""
    assert times_of(range(1, 100)).quantile(0.99) == NO_QUANTILE
    assert times_of(range(1, 101)).quantile(0.99).high_ms is None
    assert Times().quantile(0.5) == NO_QUANTILE
    assert Times().curve() == []


@pytest.mark.parametrize(
    "payload",
    ["", "HISTgarbage", "HISTFAAA", "HISTFAAAAAB42pNpmSzMwMDAw4AA0AA="],
    ids=["none", "letters", "short", "cut"],
)
def test_a_line_that_is_no_interval_is_named(tmp_path, payload):
    """A damaged log is told by file and line, whatever the damage."""
    (tmp_path / "log").write_text(f"#[head]\nTag=get,0.0,1.0,0.1,{payload}\nTag=get\n")
    with pytest.raises(InputError, match=r"log:2: no interval of a histogram log; got 'Tag=get"):
        log_totals(tmp_path / "log")


def test_a_log_adds_up_to_what_was_recorded(tmp_path):
    """Two intervals of two patterns are read back; a line that was cut off is left out."""
    text = io.StringIO()
    begin_log(text)
    parts = {"get": ([1000, 2000], [3000]), "put": ([500], [700, 900])}
    for interval in (0, 1):
        for name, values in parts.items():
            times_of(values[interval]).write(text, name, interval, interval + 1.0)
    path = tmp_path / "times.hlog"
    path.write_text(text.getvalue() + "Tag=get,2.0,1.0,0.1,HISTF")
    totals = log_totals(path)
    assert totals == {name: times_of([*one, *two]) for name, (one, two) in parts.items()}
    assert [(line.tag, line.start_s, line.seconds) for line in read_log(path)] == [
        ("get", 0.0, 1.0),
        ("put", 0.0, 1.0),
        ("get", 1.0, 1.0),
        ("put", 1.0, 1.0),
    ]
