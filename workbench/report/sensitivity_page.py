"""What the notebook of sensitivity shows: how sure the comparison is, and what decides it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from workbench.compare.case_comparison import CaseComparison, compare_case, dau_points
from workbench.compare.case_costs import RELATIONAL
from workbench.compare.draws import shape_of
from workbench.compare.sensitivity import sobol_indices, tornado
from workbench.compare.uncertainty import crossing_summary
from workbench.errors import InputError, Problem
from workbench.pricing import book_for
from workbench.report.figures import Figure, Line, histograms
from workbench.report.sensitivity_figures import (
    Band,
    Swing,
    band_chart,
    share_bars,
    share_chart,
    tornado_chart,
)
from workbench.report.tables import Column, Heading, Statement, Table
from workbench.report.trial import measurement_of
from workbench.spec.sql_profile import load_sql_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbench.pricing import PriceBook
    from workbench.pricing.quantity import Floats
    from workbench.spec import Case
    from workbench.spec.measured import Measurement

LEAST_DAU, MOST_DAU, POINTS = 100, 10**8, 61
"""The range over which alternatives are compared [users], and the points on it."""
DECADES = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
RESOLUTION = 0.01
"""Share of the users to which a crossing of a draw is found."""
SHOWN = 10
"""Assumptions that a figure shows."""
BAND_RIVALS = 2
"""Relational alternatives whose bands are drawn; more would hide each other."""
ONE_SIDED = "Left out: this region has the prices of one side only."
DAU_LABEL = "daily active users"

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True)
class Study:
    """A comparison under uncertainty.

    Args:
        case: The case.
        measurement: Units and sizes of real items.
        found: The alternatives; None where the region cannot price two sides.
        missing: Prices that the region lacks.
        dau: Users for which assumptions are told apart.
        draws: Number of draws.
        seed: Chooses the draws.
        region: AWS region code.
        book: The prices.
    """

    case: Case
    measurement: Measurement
    found: CaseComparison | None
    missing: tuple[Problem, ...]
    dau: int
    draws: int
    seed: int
    region: str
    book: PriceBook

    @property
    def both(self) -> CaseComparison:
        """The alternatives of both sides.

        Raises:
            InputError: The region lacks the prices of one side.
        """
        if self.found is None:
            raise InputError(self.missing)
        return self.found

    @property
    def rival(self) -> str:
        """The relational alternative that assumptions are told apart by: the cheapest that is sized."""
        return self.both.theirs[0]

    @cached_property
    def values(self) -> Floats:
        """The draws, one row each."""
        return self.both.draws(self.draws, self.seed)

    @cached_property
    def grid(self) -> Floats:
        """Numbers of users over the whole range."""
        return dau_points(LEAST_DAU, MOST_DAU, POINTS)

    @cached_property
    def tornado(self) -> pd.DataFrame:
        """What each assumption alone does to the saving."""
        return tornado(self.both.costs, self.both.ours, self.rival, self.dau)

    @cached_property
    def crossed(self) -> pd.DataFrame:
        """Every crossing of every draw."""
        return self.both.drawn_crossings(self.values, self.grid, resolution=RESOLUTION)

    @property
    def note(self) -> str:
        """What the numbers rest on."""
        return (
            f"{self.draws:,} draws, seed {self.seed}; prices: snapshot {self.book.snapshot}, {self.region}. "
            "Ours is the cheaper of on-demand and capacity for the peak, chosen anew for each number of "
            "users. Auto scaling, which may cost less still, and reserved instances on the other side are "
            "left out; reserved capacity counts only where a column says so."
        )


def explore(case: Case, region: str, dau: int, draws: int, seed: int) -> Study:
    """Returns the comparison of a case; in a region without relational prices it has one side only.

    Args:
        case: The case.
        region: AWS region code.
        dau: Users for which assumptions are told apart.
        draws: Number of draws.
        seed: Chooses the draws.

    Raises:
        InputError: The case has not been measured.
    """
    measurement, profile, book = measurement_of(case), load_sql_profile(case.directory), book_for(region)
    found: CaseComparison | None = None
    missing: tuple[Problem, ...] = ()
    try:
        found = compare_case(case, measurement, profile, book, region)
    except InputError as error:
        missing = tuple(error.problems)
    return Study(case, measurement, found, missing, dau, draws, seed, region, book)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Returns the rows of a table by column."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def with_both(make: Callable[Concatenate[Study, _P], _R]) -> Callable[Concatenate[Study, _P], _R | Statement]:
    """Returns a function that says so where a region has only one side."""

    @wraps(make)
    def shown(study: Study, /, *args: _P.args, **kwargs: _P.kwargs) -> _R | Statement:
        return make(study, *args, **kwargs) if study.found is not None else Statement(ONE_SIDED)

    return shown


def _one_sided(study: Study) -> Statement:
    lacking = sorted({problem.path for problem in study.missing})
    more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    return Statement(
        f"There is nothing to compare in {study.region}: no price for {lacking[0]}{more}.", "bad"
    )


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Sensitivity", case.design.title)


def verdict(study: Study) -> Statement:
    """Returns how sure the answer is, and what moves it, in a sentence; else which prices are missing."""
    if study.found is None:
        return _one_sided(study)
    chances = study.both.chances(study.values, np.array([float(study.dau)]))
    known = rows_of(chances.dropna())
    least = min(known, key=lambda row: row["chance"])
    others = f"; against the other {len(known) - 1} it is as sure or surer" if len(known) > 1 else ""
    first = study.tornado.iloc[0]
    ends = sorted((first["saving_at_low"], first["saving_at_high"]))
    return Statement(
        f"At {study.dau:,} daily active users DynamoDB is cheaper than {least['theirs']} in "
        f"{least['chance']:.1%} of {study.draws:,} draws{others}. "
        f"Against {study.rival} {first['assumption']} moves the saving most: from {ends[0]:,.2f} to "
        f"{ends[1]:,.2f} USD a month, {first['saving']:,.2f} as assumed.",
        "verdict",
    )


@with_both
def input_table(study: Study) -> Table:
    """Returns the assumptions with their ranges, their spread and the reason of each."""
    columns = [
        Column("name", "Assumption", code=True),
        Column("value", "Value"),
        Column("low", "Low"),
        Column("high", "High"),
        Column("unit", "Unit"),
        Column("shape", "Spread"),
        Column("reason", "Why", wide=True),
    ]
    rows = [
        {
            **{field: f"{getattr(one, field):,g}" for field in ("value", "low", "high")},
            "name": name,
            "unit": one.unit,
            "shape": shape_of(one),
            "reason": one.reason,
        }
        for name, one in study.both.costs.model.assumptions.items()
    ]
    note = (
        "Those of the workload, then those of sizing a relational server. Triangular: peak at the value; "
        "log-uniform: where the ends differ by more than ten times."
    )
    return Table("What is drawn", columns, rows, note)


@with_both
def band_figure(study: Study) -> Figure:
    """Returns the cost of both sides over users, with the middle nine tenths of the draws."""
    found = study.both.bands(study.values, study.grid)
    shown = [*study.both.ours, *study.both.theirs[:BAND_RIVALS]]
    bands = [_band(name, found[found["alternative"] == name]) for name in shown]
    at = found[(found["dau"] == study.grid[np.abs(study.grid - study.dau).argmin()])]
    widest = max(rows_of(at[at["alternative"].isin(shown)]), key=lambda row: row["p95"] / row["p5"])
    caption = (
        f"Lines are medians, bands hold 90 % of {study.draws:,} draws. At {widest['dau']:,.0f} users the "
        f"widest is {widest['alternative']}, from {widest['p5']:,.2f} to {widest['p95']:,.2f} USD a month."
    )
    return band_chart("Cost over users, with bands", caption, bands, (DAU_LABEL, "cost [USD a month]"))


def _band(name: str, part: pd.DataFrame) -> Band:
    columns = (part[column].tolist() for column in ("dau", "p5", "p50", "p95"))
    return Band(name, *columns)


@with_both
def chance_figure(study: Study) -> Figure:
    """Returns the share of draws in which DynamoDB is the cheaper side, over users."""
    found = study.both.chances(study.values, study.grid).dropna()
    lines = [
        Line(f"than {name}", part["dau"].tolist(), part["chance"].tolist())
        for name, part in found.groupby("theirs", sort=False)
    ]
    least = min(rows_of(found), key=lambda row: row["chance"])
    caption = (
        f"It is least sure against {least['theirs']} at {least['dau']:,.0f} users: cheaper in "
        f"{least['chance']:.0%} of the draws."
    )
    title = "How often DynamoDB is cheaper"
    return share_chart(title, caption, lines, (DAU_LABEL, "share of the draws"))


@with_both
def chance_table(study: Study) -> Table:
    """Returns the chance that DynamoDB is cheaper, by users and alternative."""
    found = study.both.chances(study.values, np.array(DECADES, dtype=np.float64))
    columns = [Column("dau", "Users", "DAU", digits=0)]
    columns += [Column(name, name, "% of draws", digits=1) for name in study.both.theirs]
    columns += [
        Column(name, f"Least, capacity reserved for {term} yr", "% of draws", digits=1)
        for term, name in study.both.committed.items()
    ]
    rows = [
        {"dau": dau, **{row["theirs"]: 100 * row["chance"] for row in rows_of(part)}, **least}
        for (dau, part), least in zip(found.groupby("dau"), _committed(study), strict=True)
    ]
    worst = 100 * found["error"].max()
    note = f"{study.note} Standard error of a share: at most {worst:.1f} percentage points."
    return Table("Chance that DynamoDB is cheaper", columns, rows, note)


def _committed(study: Study) -> list[dict[str, float]]:
    """Returns, for each decade of users, the least chance against any rival by reserving mode."""
    users = np.array(DECADES, dtype=np.float64)
    parts = {
        name: study.both.chances(study.values, users, term=term).groupby("dau")["chance"].min()
        for term, name in study.both.committed.items()
    }
    return [{name: 100 * part[dau] for name, part in parts.items()} for dau in users]


@with_both
def crossing_figure(study: Study) -> Figure | Statement:
    """Returns where the crossings of the draws fall."""
    found = study.crossed
    if found.empty:
        return Statement(f"No draw of {study.draws:,} crosses between {LEAST_DAU:,} and {MOST_DAU:,} users.")
    samples: dict[str, dict[int, int]] = {}
    for row in rows_of(
        found.groupby(["theirs", "ours_cheaper_above", "dau"], sort=False).size().reset_index(name="count")
    ):
        samples.setdefault(_direction(row), {})[row["dau"]] = row["count"]
    share = found.groupby("theirs")["draw"].nunique().max() / study.draws
    caption = (
        f"At most {share:.0%} of the draws cross any one alternative; a draw may cross several times, "
        "because instances come in steps. The others have one side cheaper throughout."
    )
    return histograms("Where the cheaper side changes", caption, samples, DAU_LABEL, {})


def _direction(row: dict[str, Any]) -> str:
    name = row["theirs"].replace(" sized from the workload", "").replace(", a writer and a reader", "")
    return f"{name}\n{'DynamoDB' if row['ours_cheaper_above'] else 'SQL'} cheaper above"


@with_both
def crossing_table(study: Study) -> Table | Statement:
    """Returns the spread of the crossings, in users and in requests a second."""
    if study.crossed.empty:
        return Statement("There is no crossing to tell the spread of.")
    columns = [
        Column("theirs", "Against"),
        Column("direction", "Cheaper above"),
        Column("share", "Draws with one", "%", digits=1),
        *(Column(f"dau_p{level}", f"p{level}", "DAU", digits=0) for level in (5, 50, 95)),
        *(
            Column(f"requests_per_second_p{level}", f"p{level}", "requests/s", digits=1)
            for level in (5, 50, 95)
        ),
    ]
    rows = [
        {**row, "theirs": name, "share": 100 * row["share_of_draws"], "direction": _side(row)}
        for name, part in study.crossed.groupby("theirs", sort=False)
        for row in rows_of(crossing_summary(part.drop(columns="theirs"), study.draws))
    ]
    note = f"{study.note} A crossing is found to {RESOLUTION:.0%} of its users."
    return Table("Crossings of the draws", columns, rows, note)


def _side(row: dict[str, Any]) -> str:
    return "DynamoDB" if row["ours_cheaper_above"] else "the other"


@with_both
def tornado_figure(study: Study) -> Figure:
    """Returns what each assumption alone does to the saving."""
    found = study.tornado
    bars = [
        Swing(row["assumption"], row["saving_at_low"], row["saving_at_high"])
        for row in rows_of(found.head(SHOWN))
    ]
    turning = found[found["changes"]]["assumption"].tolist()
    told = (
        f"Within its range {', '.join(turning)} alone turns the answer" if turning else "None alone turns it"
    )
    caption = (
        f"Saving of DynamoDB against {study.rival} at {study.dau:,} users, one assumption moved at a time. "
        f"{told} (dashed: no saving)."
    )
    middle = float(found["saving"].iloc[0])
    return tornado_chart("What moves the saving", caption, bars, middle, "saving [USD a month]")


@with_both
def sobol_figure(study: Study) -> Figure | Statement:
    """Returns which assumptions cause the variance of the cost ratio."""
    both = study.both
    found = sobol_indices(both.costs, both.ours, study.rival, study.dau, seed=study.seed).head(SHOWN)
    if not found["total"].any():
        return Statement("No assumption changes the ratio of the costs at this number of users.")
    shares = {
        words: {row["assumption"]: (row[name], row[f"{name}_error"]) for row in rows_of(found)}
        for words, name in (("alone", "first"), ("with all interactions", "total"))
    }
    top = found.iloc[0]
    caption = (
        f"Sobol indices of the logarithm of {study.rival} over ours at {study.dau:,} users: "
        f"{top['assumption']} causes {top['total']:.0%} of the variance. Lines are 95 % intervals."
    )
    return share_bars("What the uncertainty comes from", caption, shares, "share of the variance")


def against(study: Study) -> str:
    """Returns the relational alternative that growth is told against: the document's, where it has one."""
    return RELATIONAL if RELATIONAL in study.both.theirs else study.rival
