"""Expected units are the mean over every outcome, each priced by the model of single requests."""

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.model import AWS, Action, IndexShape, TableShape, predict
from workbench.model.expected import expected_units
from workbench.model.expected_sizes import (
    LognormalSizes,
    MeasuredSizes,
    ShiftedSizes,
    UniformSizes,
    begun_units,
)
from workbench.model.expected_writes import Images, Touch, expected_index_units, expected_table_units
from workbench.model.item_size import begun, item_bytes

TABLE = TableShape(
    "t",
    ("k",),
    {"k": "S", "g": "S"},
    {"all": IndexShape("all", "global", {"g": "S"}, "ALL", frozenset())},
)

sizes = st.one_of(
    st.sampled_from([64, 1023, 1024, 1025, 2048, 2049, 4096, 4097, 8193]), st.integers(64, 12_000)
)
histograms = st.dictionaries(sizes, st.integers(1, 5), min_size=1, max_size=4)
shares = st.fractions(0, 1, max_denominator=8)
touches = st.lists(st.integers(0, 3), min_size=5, max_size=5).filter(any)


def item(size_bytes, group, version):
    """Returns an item of a size, in the group of an index or in none; versions differ."""
    one = {"k": {"S": "1"}, "v": {"S": version}} | ({"g": {"S": group}} if group else {})
    one |= {"p": {"S": "x" * (size_bytes - item_bytes(one) - 1)}}
    assert item_bytes(one) == size_bytes
    return one


def units(action):
    """Returns the units of one write in the table and in the index."""
    consumed = predict(TABLE, "UpdateItem", [action], AWS)
    return Fraction(consumed.table), Fraction(consumed.global_secondary_indexes.get("all", 0))


def mean(outcomes):
    """Returns the mean units of weighted outcomes in the table and in the index."""
    outcomes = list(outcomes)
    total = sum(weight for weight, _ in outcomes)
    return tuple(
        sum(weight * found[place] for weight, found in outcomes) / Fraction(total) for place in (0, 1)
    )


GROUPS = {"inserted": ("", "a"), "removed": ("a", ""), "moved": ("a", "b"), "changed": ("a", "a")}


@given(histograms, st.sampled_from([1024, 4096]))
def test_mean_of_a_histogram_is_the_mean_of_its_items(counts, unit):
    """The sum over edges is the mean of the begun units of every item."""
    every = [begun(size, unit) for size, count in counts.items() for _ in range(count)]
    assert begun_units(MeasuredSizes(counts), unit) == Fraction(sum(every), len(every))
    assert begun_units(MeasuredSizes(counts), unit) == expected_units(counts, unit)


@settings(deadline=None, max_examples=60)
@given(histograms, histograms, shares, touches)
def test_mean_of_writes_is_the_mean_of_every_outcome(before, after, failure_rate, weights):
    """Old image, new image, failure and what happens to an index, all enumerated and priced one by one."""
    total = sum(weights)
    touch = Touch(*(Fraction(weight, total) for weight in weights[:4]))
    images = Images(MeasuredSizes(before), MeasuredSizes(after), "independent")
    outcomes = []
    for (old, n), (new, m) in product(before.items(), after.items()):
        for groups, weight in zip([*GROUPS.values(), ("", "")], weights, strict=True):
            there, then = item(old, groups[0], "old"), item(new, groups[1], "new")
            wanted = n * m * Fraction(weight, total)
            written = units(Action("UpdateItem", before=there, after=then))
            failed = units(Action("UpdateItem", before=there, after=there, condition_failed=True))
            outcomes += [(wanted * (1 - failure_rate), written), (wanted * failure_rate, failed)]
    table, index = mean(outcomes)
    assert expected_table_units(images, failure_rate) == table
    assert expected_index_units(images, touch, failure_rate) == index


@given(st.lists(st.tuples(sizes, sizes), min_size=1, max_size=6))
def test_images_that_grow_together_are_paired_by_rank(pairs):
    """With the bond `together` the smallest old image becomes the smallest new one, and so on."""
    old, new = (sorted(side) for side in zip(*pairs, strict=True))
    images = Images(*(MeasuredSizes({size: side.count(size) for size in side}) for side in (old, new)))
    each = [max(begun(a, 1024), begun(b, 1024)) for a, b in zip(old, new, strict=True)]
    assert images.larger_units() == Fraction(sum(each), len(each))


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 2000))
def test_uniform_sizes_are_every_size_once(least, width, added):
    """A uniform distribution, shifted or not, is the histogram with each of its sizes once."""
    every = MeasuredSizes(dict.fromkeys(range(least + added, least + width + added + 1), 1))
    stated = ShiftedSizes(UniformSizes(least, least + width), added)
    assert begun_units(stated, 1024) == begun_units(every, 1024)


@pytest.mark.parametrize(
    ("median", "sigma", "maximum"), [(900, 0.7, 50_000), (150, 1.2, 8000), (1024, 0.3, 3000)]
)
@pytest.mark.parametrize("unit", [1024, 4096])
def test_lognormal_sizes_are_summed_over_every_byte(median, sigma, maximum, unit):
    """The mean over edges is the mean over the probability of each whole size, from 10 bytes up."""

    def below(size):
        return math.erfc(-math.log(size / median) / (sigma * math.sqrt(2))) / 2

    inside = {size: below(size + 0.5) - below(size - 0.5) for size in range(11, maximum)}
    ends = {10: below(10.5), maximum: 1 - below(maximum - 0.5)}
    expected = sum(share * begun(size, unit) for size, share in (inside | ends).items())
    stated = LognormalSizes(median, sigma, maximum_bytes=maximum, minimum_bytes=10)
    assert begun_units(stated, unit) == pytest.approx(expected, rel=1e-9)


def test_the_mean_size_is_not_the_mean_of_units():
    """Three items of 100 bytes and one of 4,000 cost 7/4 units; their mean of 1,075 bytes would cost 2."""
    assert begun_units(MeasuredSizes({100: 3, 4000: 1}), 1024) == Fraction(7, 4)


def test_an_insert_and_a_delete_have_one_image():
    """A put on nothing costs its new image, a delete its old one, and a failed put on nothing one unit."""
    some = MeasuredSizes({2000: 1})
    assert expected_table_units(Images(None, some)) == 2
    assert expected_table_units(Images(some, None)) == 2
    assert expected_table_units(Images(None, some), Fraction(1)) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MeasuredSizes({}), "the histogram is empty"),
        (lambda: Images(None, None), "a write has an old or a new image"),
        (lambda: Touch(inserted=-1), r"at most 1 together; got \[-1, 0, 0, 0\]"),
        (lambda: Touch(inserted=0.6, removed=0.6), r"at most 1 together; got \[0.6, 0.6, 0, 0\]"),
        (
            lambda: expected_table_units(Images(None, UniformSizes(1, 2)), 2),
            "a failure rate is 0 to 1; got 2",
        ),
    ],
)
def test_what_is_no_distribution_is_refused(make, message):
    """Empty histograms, writes without images and shares that are none are named."""
    with pytest.raises(ValueError, match=message):
        make()
