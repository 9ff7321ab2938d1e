"""When a measurement beside a case still holds."""

import shutil
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.spec.case import DESIGNS, case_names
from workbench.spec.measured import fingerprint, load_measurement


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A copy of algoitny with its measurement."""
    return Path(shutil.copytree(DESIGNS / "algoitny", tmp_path / "algoitny"))


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_measurement_outlives_words(case: Path) -> None:
    """A comment, a title, a decision, a goal of latency or a price assumption changes no unit and no size."""
    before = fingerprint(case)
    _replace(case / "design.yaml", "schema_version: 1", "# a remark\nschema_version: 1")
    _replace(case / "design.yaml", 'title: "', 'title: "New ')
    _replace(
        case / "design.yaml",
        "\nlatency_goals:",
        '\nlatency_goals:\n  - {says: "More", reason: "Of nothing here."}',
    )
    _replace(case / "workload.yaml", "value: 50", "value: 60")
    assert fingerprint(case) == before
    assert load_measurement(case).case == "algoitny"


@pytest.mark.parametrize("name", case_names())
def test_every_case_is_measured_as_it_is(name: str) -> None:
    """No file of a case has changed since its units and sizes were measured; without them it has no price."""
    assert load_measurement(DESIGNS / name).case == name


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("design.yaml", "type: INCLUDE", "type: KEYS_ONLY"),
        ("mapping.yaml", "SELECT", "SELECT DISTINCT"),
        ("population.yaml", "fixed: 6", "fixed: 5"),
        ("source.sql", "CREATE TABLE", "CREATE UNLOGGED TABLE"),
    ],
)
def test_measurement_ends_with_what_it_rests_on(case: Path, file: str, old: str, new: str) -> None:
    """Another projection, query, population or schema asks for a new measurement."""
    _replace(case / file, old, new)
    with pytest.raises(InputError) as caught:
        load_measurement(case)
    assert str(caught.value) == (
        f"{case / 'measured.json'}: the case's files have changed since it was measured. "
        f"Run `workbench measure {case}`"
    )


def test_case_that_was_never_measured_says_so(case: Path) -> None:
    """Without the file the next step is named."""
    (case / "measured.json").unlink()
    with pytest.raises(InputError, match="the case has not been measured"):
        load_measurement(case)
