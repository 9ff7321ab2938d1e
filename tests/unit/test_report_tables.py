"""What tables, statements and figures show, and that nothing from a design is taken as markup."""

import base64
from decimal import Decimal

import pytest

from workbench.report.figures import Line, Mark, dot_ranges, histograms, line_chart, plain, stacked_bars
from workbench.report.tables import Column, Heading, Statement, Table

HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        (Column("x", "X", digits=2), Decimal("1234.567"), "1,234.57"),
        (Column("x", "X", digits=0), 1234.4, "1,234"),
        (Column("x", "X", digits=1), None, "-"),
        (Column("x", "X", digits=1), float("nan"), "-"),
        (Column("x", "X"), True, "yes"),
        (Column("x", "X", digits=1), "n/a", "n/a"),
        (Column("x", "X"), 5, "5"),
    ],
)
def test_values_are_rounded_only_when_shown(column, value, shown) -> None:
    """A number gets its digits and thousands separators, an absent value a dash."""
    assert column.text(value) == shown


def test_table_names_units_and_sets_numbers_apart() -> None:
    """The unit stands in the heading; cells of numbers carry the class that aligns them right."""
    table = Table("T", [Column("a", "A"), Column("b", "B", "ms", digits=1)], [{"a": "x", "b": 2}], "Note.")
    html = table._repr_html_()
    assert '<th scope="col" class="number">B <span class="unit">[ms]</span></th>' in html
    assert '<td class="number">2.0</td>' in html
    assert '<p class="footnote">Note.</p>' in html
    assert repr(table) == "T\nA B [ms]\nx    2.0\nNote."


def test_total_is_the_last_row() -> None:
    """A total stands below the rows, set apart."""
    html = Table("T", [Column("a", "A", digits=0)], [{"a": 1}, {"a": 2}], total={"a": 3})._repr_html_()
    rows = html.split("<tr")
    assert rows[-1].startswith(' class="total">')
    assert ">3<" in rows[-1]


def test_cell_can_lead_somewhere() -> None:
    """A column with a link makes its text an anchor to the row's address."""
    html = Table("T", [Column("a", "A", link="to")], [{"a": "x", "to": "y.html"}])._repr_html_()
    assert '<a href="y.html">x</a>' in html


@pytest.mark.parametrize(
    "shown",
    [
        Table(HOSTILE, [Column("a", HOSTILE, HOSTILE)], [{"a": HOSTILE}], HOSTILE),
        Statement(HOSTILE),
        Heading(HOSTILE, HOSTILE, HOSTILE),
        stacked_bars(HOSTILE, HOSTILE, {HOSTILE: {HOSTILE: 1.0}}, HOSTILE),
    ],
)
def test_markup_in_a_design_is_text(shown) -> None:
    """A title that is a script element is shown, never run."""
    html = shown._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_markup_is_text_inside_a_drawing() -> None:
    """A name with markup is escaped in the SVG; a dollar sign starts no formula."""
    svg = stacked_bars("T", "C.", {f"{HOSTILE} $x_1$": {"p": 1.0}}, "USD").svg
    assert "<script" not in svg
    assert "$x_1$" in svg


def drawings():
    """One figure of every kind."""
    return [
        line_chart("L", "C.", [Line("a", [100, 1000], [1, 2])], [Mark(100, 1, "here")], ("users", "USD")),
        stacked_bars("B", "C.", {"row": {"part": 1.0, "rest": 2.0}, "other": {"part": 3.0}}, "USD"),
        dot_ranges("D", "C.", {"one": {"row": (1.0, 2.0)}, "two": {"row": (2.0, 9.0)}}, "ms"),
        histograms("H", "C.", {"row": {10: 3, 2000: 1}}, "bytes", {"1 KB": 1024}),
    ]


def test_equal_data_draw_equal_bytes() -> None:
    """Drawn twice, every kind of figure is the same file, without a date."""
    first, second = drawings(), drawings()
    assert [figure.svg for figure in first] == [figure.svg for figure in second]
    assert not any("<dc:date>" in figure.svg for figure in first)


def test_logarithmic_axes_say_plain_numbers() -> None:
    """A decade reads 1,000, not 10 to the third."""
    assert ">1,000<" in drawings()[0].svg
    assert [plain(value) for value in (0.01, 1.0, 100_000.0, 2.5)] == ["0.01", "1", "100,000", "2.5"]


def test_figure_carries_its_sentence() -> None:
    """The caption stands under the drawing and in its description; the drawing is inside the page."""
    figure = drawings()[0]
    html = figure._repr_html_()
    assert '<p class="caption">C.</p>' in html
    assert 'alt="L. C."' in html
    assert base64.b64decode(figure.data_uri.partition(",")[2]).decode() == figure.svg
    assert repr(figure) == "L. C."
