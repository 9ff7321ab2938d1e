"""The folder of reports: when it cannot be written, and what stays in place when a run ends early."""

import json
import os

import pytest

from workbench.errors import ReportError
from workbench.report.site import ABOUT, prepare, replacing, write_about, write_index

DEAD_PID = 2**22 + 1
"""Above the largest process id of Linux."""


def about(name, title):
    """What a case says of itself."""
    page = {"text": "Summary", "href": "00_summary.html"}
    return {
        "name": name,
        "title": title,
        "verdict": "Good.",
        "provenance": {"Prices": "2026"},
        "pages": [page],
    }


@pytest.fixture
def published(tmp_path):
    """A folder of reports with one case."""
    with replacing(tmp_path, "shop") as directory:
        (directory / "page.html").write_text("old")
        write_about(directory, about("shop", "Shop"))
    return tmp_path


def write_half(reports, failure):
    """Begins the pages of the case and fails."""
    with replacing(reports, "shop") as directory:
        (directory / "page.html").write_text("half")
        raise failure


def test_new_pages_replace_the_old_ones_together(published) -> None:
    """After a run the case's folder holds the new pages only, and nothing is left beside it."""
    with replacing(published, "shop") as directory:
        (directory / "other.html").write_text("new")
        assert (published / "shop" / "page.html").read_text() == "old"
    assert sorted(path.name for path in (published / "shop").iterdir()) == ["other.html"]
    assert [path.name for path in published.iterdir()] == ["shop"]


@pytest.mark.parametrize("failure", [ReportError("x"), KeyboardInterrupt()])
def test_failed_or_interrupted_run_leaves_the_old_pages(published, failure) -> None:
    """The former pages stay, and the unfinished ones go."""
    with pytest.raises(type(failure)):
        write_half(published, failure)
    assert (published / "shop" / "page.html").read_text() == "old"
    assert [path.name for path in published.iterdir()] == ["shop"]


def test_full_disk_is_one_error_and_leaves_the_old_pages(published) -> None:
    """What the system says when nothing fits becomes one sentence with a next step."""
    with pytest.raises(ReportError) as caught, replacing(published, "shop"):
        raise OSError(28, os.strerror(28))
    assert str(caught.value) == (
        f"{published}: reports cannot be written here; got No space left on device. "
        "Free the folder or name another one with --output."
    )
    assert (published / "shop" / "page.html").read_text() == "old"


def test_folder_that_cannot_be_written_is_named_before_anything_runs(tmp_path) -> None:
    """A file where the folder should be is an error of one line."""
    place = tmp_path / "reports"
    place.write_text("in the way")
    with pytest.raises(ReportError) as caught:
        prepare(place)
    assert str(caught.value) == (
        f"{place}: reports cannot be written here; got File exists. "
        "Free the folder or name another one with --output."
    )


def test_what_a_killed_run_left_is_cleared(published) -> None:
    """A run killed between its two renames has its former pages put back; unfinished ones are removed."""
    (published / "shop").rename(published / f".replaced-shop-{DEAD_PID}")
    (published / f".unfinished-shop-{DEAD_PID}").mkdir()
    prepare(published)
    assert [path.name for path in published.iterdir()] == ["shop"]
    assert (published / "shop" / "page.html").read_text() == "old"


def test_what_another_run_is_writing_is_left_alone(published) -> None:
    """The folder of a living process stays."""
    (published / f".unfinished-shop-{os.getpid()}").mkdir()
    prepare(published)
    assert (published / f".unfinished-shop-{os.getpid()}").exists()


def test_index_lists_every_case_as_text(published) -> None:
    """Each case has its verdict, provenance and pages; a title with markup is shown as it is."""
    with replacing(published, "evil") as directory:
        write_about(directory, about("evil", "<script>alert(1)</script>"))
    html = write_index(published).read_text()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert 'href="shop/00_summary.html"' in html
    assert "<dt>Prices</dt><dd>2026</dd>" in html
    assert json.loads((published / "shop" / ABOUT).read_text())["title"] == "Shop"
