"""Sizes as histograms, and the measurement that is kept of them."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.replay import Histogram, ReplayResult, Sizes, measure_sizes, measurement
from workbench.spec import load_case
from workbench.spec.measured import fingerprint

SIZES = Sizes(
    items={"Order": Histogram({100: 3, 500: 1}), "Note": Histogram({50: 2})},
    entries={"Order": {"ByStatus": Histogram({40: 2})}, "Note": {"ByStatus": Histogram({})}},
    unrepresentable={"Order": 0, "Note": 1},
    tables={"Order": "Shop", "Note": "Shop"},
)


def test_storage_is_billed_with_100_bytes_an_item_and_entry():
    """Shop: 800 + 100 bytes of items and 6 times 100; the index: 80 bytes and twice 100."""
    assert SIZES.billed_bytes() == {"Shop": 900 + 600, "Shop/ByStatus": 80 + 200}


def test_a_histogram_tells_count_mean_percentiles_and_maximum():
    """Of three items of 100 bytes and one of 500, the mean is 200 and three quarters are at most 100."""
    sizes = Histogram({500: 1, 100: 3})
    assert (sizes.count, sizes.total_bytes, sizes.mean_bytes, sizes.max_bytes) == (4, 800, 200.0, 500)
    assert [sizes.percentile_bytes(Fraction(n, 100)) for n in (50, 75, 76, 99)] == [100, 100, 500, 500]


def test_an_empty_histogram_is_all_zero():
    """An index without entries has no bytes."""
    empty = Histogram({})
    assert (empty.count, empty.mean_bytes, empty.max_bytes, empty.billed_bytes) == (0, 0.0, 0, 0)
    assert empty.percentile_bytes(Fraction(1, 2)) == 0


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1), st.integers(1, 99))
def test_a_percentile_is_the_nearest_rank_of_the_sorted_sizes(sizes, percent):
    """The histogram gives the same percentile as the sorted list of its sizes."""
    share = Fraction(percent, 100)
    histogram = Histogram({size: sizes.count(size) for size in sizes})
    rank = -(-len(sizes) * percent // 100)
    assert histogram.percentile_bytes(share) == sorted(sizes)[rank - 1]


def test_a_measurement_divides_by_the_registered_users():
    """Items are kept per user and billed bytes per item, beside the fingerprint of the case's files."""
    case = load_case("algoitny")
    replayed = ReplayResult(case.name, (), "dynamodb-local 3.1.0", "PostgreSQL 18", "m", 100, 10, 4, 1.0)
    found = measurement(case, SIZES, replayed, users=4)
    assert found.fingerprint == fingerprint(case.directory)
    assert found.entities["Order"].billed_bytes_per_item == {"Shop": 300.0, "Shop/ByStatus": 70.0}
    assert found.entities["Note"].billed_bytes_per_item == {"Shop": 150.0}
    order = found.entities["Order"]
    assert (order.items_per_user, order.mean_bytes, order.p50_bytes, order.p99_bytes) == (
        1.0,
        200.0,
        100,
        500,
    )
    assert (found.users, found.seed, found.samples, found.units) == (4, 4, 100, {})


def test_a_case_without_a_mapping_has_no_rows_to_measure(tmp_path):
    """The error names the file that is missing."""
    case = SimpleNamespace(mapping=None, directory=tmp_path)
    with pytest.raises(InputError, match=r"mapping\.yaml: the case has no mapping\. Write one"):
        measure_sizes(case, None)
