"""Draws, chances, crossings, tornado and Sobol indices, on costs whose answers are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from workbench.compare.draws import Shape, draw, one_at_a_time, quantiles, shape_of
from workbench.compare.sensitivity import sobol_indices, tornado
from workbench.compare.uncertainty import bands, chance_cheaper, crossing_summary, crossings_of_draws
from workbench.spec.workload import Assumption

REASON = "chosen for the example"
DRAWS = 10_000


def assumption(value, low, high):
    """An assumption of the examples."""
    return Assumption(value=value, low=low, high=high, unit="each", reason=REASON)


class Line:
    """Ours costs `price` a user, theirs 100 USD whatever the users; `still` does nothing."""

    names = ("ours", "theirs")

    def __init__(self, price, end=np.inf):
        self.end = end
        self.model = SimpleNamespace(
            assumptions={"price": price, "still": assumption(1, 1, 1)},
            requests=np.array([0.0, 0.5]),
            peak=lambda values: np.full(len(values), 4.0),
        )

    def usd(self, name, values, dau):
        """Costs of one side."""
        users = np.broadcast_to(dau, (len(values), dau.shape[-1]))
        if name == "ours":
            return values[:, [0]] * users
        return np.where(users > self.end, np.nan, 100.0)


def test_narrow_ranges_are_triangular_and_wide_ones_log_uniform():
    """A range over more than an order of magnitude is log-uniform; one that includes 0 cannot be."""
    assert shape_of(assumption(5, 1, 10)) is Shape.TRIANGULAR
    assert shape_of(assumption(5, 1, 11)) is Shape.LOG_UNIFORM
    assert shape_of(assumption(5, 0, 100)) is Shape.TRIANGULAR
    assert shape_of(assumption(5, 5, 5)) is Shape.FIXED


def test_quantiles_of_a_triangle():
    """For 0, 2, 8: a quarter lies below 2, the area (x - 0)^2 / 16; and (8 - x)^2 / 48 lies above x."""
    shares = np.array([0.0, 0.0625, 0.25, 1 - 3 / 4, 1 - 9 / 48, 1.0])
    assert quantiles(assumption(2, 0, 8), shares) == pytest.approx([0, 1, 2, 2, 5, 8])


def test_quantiles_of_a_log_uniform_range():
    """From 1 to 10,000 each quarter adds an order of magnitude."""
    shares = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    assert quantiles(assumption(3, 1, 10_000), shares) == pytest.approx([1, 10, 100, 1000, 10_000])


def test_a_triangle_may_peak_at_an_end():
    """A value at the end of its range is drawn without a division by zero."""
    shares = np.array([0.0, 0.75, 1.0])
    assert quantiles(assumption(0, 0, 4), shares) == pytest.approx([0, 2, 4])
    assert quantiles(assumption(4, 0, 4), 1 - shares) == pytest.approx([4, 2, 0])


def test_draws_repeat_with_their_seed():
    """The same seed gives the same draws, another one others; all within the ranges."""
    ranges = {"a": assumption(2, 1, 4), "b": assumption(5, 1, 100)}
    first, again, other = (draw(ranges, DRAWS, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert (first.min(axis=0) >= 1).all()
    assert (first.max(axis=0) <= [4, 100]).all()
    assert first[:, 0].mean() == pytest.approx((2 + 1 + 4) / 3, rel=0.01)


def test_one_at_a_time_moves_one_assumption_a_row():
    """Rows are low and high of the first, then low and high of the second."""
    ranges = {"a": assumption(2, 1, 4), "b": assumption(5, 3, 6)}
    assert one_at_a_time(ranges).tolist() == [[1, 5], [4, 5], [2, 3], [2, 6]]


def test_chance_of_a_line_against_a_constant():
    """A price from 0.01 to 1, log-uniform, is below 0.1 in half of all draws."""
    costs = Line(assumption(0.1, 0.01, 1))
    values = draw(costs.model.assumptions, DRAWS, 1)
    found = chance_cheaper(costs, ["ours"], "theirs", values, np.array([10.0, 1000.0, 100_000.0]))
    assert found["chance"].to_list() == pytest.approx([1, 0.5, 0], abs=0.02)
    assert found["error"].to_list() == pytest.approx([0, 0.005, 0], abs=1e-5)


def test_no_chance_beyond_the_end_of_an_alternative():
    """Where theirs is not defined there is no chance and no crossing."""
    costs = Line(assumption(0.1, 0.01, 1), end=500)
    values = draw(costs.model.assumptions, 100, 1)
    grid = np.array([10.0, 500.0, 501.0, 1000.0])
    assert chance_cheaper(costs, ["ours"], "theirs", values, grid)["chance"].isna().to_list() == [
        False,
        False,
        True,
        True,
    ]
    assert crossings_of_draws(costs, ["ours"], "theirs", values, grid)["dau"].max() <= 500


def test_crossings_of_draws_are_exact_to_the_user():
    """A price p meets 100 USD at 100 / p users; the first dearer number of users is the next whole one."""
    costs = Line(assumption(0.1, 0.01, 1))
    values = draw(costs.model.assumptions, 500, 3)
    grid = np.array([1.0, 50.0, 5000.0, 100_000.0])
    found = crossings_of_draws(costs, ["ours"], "theirs", values, grid)
    assert found["draw"].to_list() == list(range(500))
    assert found["dau"].to_list() == [int(100 // price) + 1 for price in values[:, 0]]
    assert not found["ours_cheaper_above"].any()
    assert (found["requests_per_second"] == found["dau"] / 2).all()
    assert (found["peak_requests_per_second"] == found["dau"] * 2).all()


def test_a_summary_tells_how_many_draws_cross():
    """Half of the draws cross below 1,000 users: their share, one each, and the median in the range."""
    costs = Line(assumption(0.1, 0.01, 1))
    values = draw(costs.model.assumptions, DRAWS, 1)
    found = crossings_of_draws(costs, ["ours"], "theirs", values, np.array([1.0, 1000.0]))
    (row,) = crossing_summary(found, DRAWS).to_dict("records")
    assert row["share_of_draws"] == pytest.approx(0.5, abs=0.02)
    assert row["per_draw"] == 1
    assert row["dau_p50"] == pytest.approx(10**2.5, rel=0.05)


def test_bands_are_quantiles_of_the_costs():
    """The median of a log-uniform price from 0.01 to 1 is 0.1; a constant has no band."""
    costs = Line(assumption(0.1, 0.01, 1))
    values = draw(costs.model.assumptions, DRAWS, 1)
    found = bands(costs, values, np.array([1000.0])).set_index("alternative")
    assert found.loc["ours", "p50"] == pytest.approx(100, rel=0.05)
    assert found.loc["ours", "p95"] == pytest.approx(1000 * 0.01 * 100**0.95, rel=0.05)
    assert found.loc["theirs", ["p5", "p95"]].to_list() == [100, 100]


def test_a_tornado_moves_the_saving():
    """At 100 users a price of 0.5, 1 and 2 saves 50, 0 and -100 USD; what does nothing has no swing."""
    found = tornado(Line(assumption(1, 0.5, 2)), ["ours"], "theirs", 100)
    assert found["assumption"].to_list() == ["price", "still"]
    first, second = found.to_dict("records")
    assert (first["saving_at_low"], first["saving"], first["saving_at_high"]) == (50, 0, -100)
    assert (first["swing"], first["changes"]) == (150, True)
    assert (second["swing"], second["changes"]) == (0, False)


def test_sobol_indices_of_a_product():
    """The logarithm of a x b^2 has a fifth of its variance from a and four fifths from b."""
    wide = assumption(5, 1, 100)
    costs = SimpleNamespace(
        model=SimpleNamespace(assumptions={"a": wide, "fixed": assumption(1, 1, 1), "b": wide}),
        usd=lambda name, values, dau: (
            values[:, [0]] * values[:, [2]] ** 2 * dau if name == "ours" else np.ones((len(values), 1))
        ),
    )
    found = sobol_indices(costs, ["ours"], "theirs", 10, base=512)
    assert found["assumption"].to_list() == ["b", "a"]
    assert found["first"].to_list() == pytest.approx([0.8, 0.2], abs=0.01)
    assert found["total"].to_list() == pytest.approx([0.8, 0.2], abs=0.01)


def test_nothing_decides_where_nothing_varies():
    """An outcome that no assumption moves has indices of zero, not a division by its variance."""
    costs = SimpleNamespace(
        model=SimpleNamespace(assumptions={"a": assumption(5, 1, 100)}),
        usd=lambda name, values, dau: np.full((len(values), dau.size), len(name) * 1.0),
    )
    found = sobol_indices(costs, ["ours"], "theirs", 10, base=16)
    assert found.to_dict("records") == [
        {"assumption": "a", "first": 0, "first_error": 0, "total": 0, "total_error": 0}
    ]
