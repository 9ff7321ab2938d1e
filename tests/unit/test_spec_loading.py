"""What can be read of wrong files is still checked, and nothing is said twice or left unsaid."""

import shutil
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.spec import load_case, loader
from workbench.spec.checking import check_input, check_inputs
from workbench.spec.design import Design
from workbench.spec.document import Document
from workbench.spec.translate import translate

BROKEN = Path(__file__).parent / "broken"


@pytest.fixture
def tiny(tmp_path):
    """A copy of the small valid case."""
    shutil.copytree(BROKEN, tmp_path / "tiny")
    return tmp_path / "tiny"


def replace(path, old, new):
    """Replaces text in a file, which must hold it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def paths_of(call, *arguments):
    """Returns file and dotted path of each problem of a call that fails."""
    with pytest.raises(InputError) as error:
        call(*arguments)
    return [(Path(problem.file).name, problem.path) for problem in error.value.problems]


def test_rest_of_a_design_is_checked_without_its_wrong_part(tiny):
    """A wrong table is one problem; what refers to it is not reported, what does not is still checked."""
    replace(tiny / "design.yaml", "billing_mode: PROVISIONED", "billing_mode: FIXED")
    replace(
        tiny / "design.yaml", 'keys: {PK: "VISIT#{id}"}\n    index', 'keys: {PK: "VISIT#{di}"}\n    index'
    )
    assert paths_of(load_case, str(tiny)) == [
        ("design.yaml", "tables.Orders.billing_mode"),
        ("design.yaml", "entities.Visit.keys.PK"),
    ]


def test_wrong_pattern_keeps_its_rate(tiny):
    """The rate of a pattern that could not be read is not called superfluous."""
    replace(tiny / "design.yaml", "operation: GetItem", "operation: FetchItem")
    assert paths_of(load_case, str(tiny)) == [("design.yaml", "patterns.get_order.operation")]


def test_wrong_rate_is_not_missing(tiny):
    """A rate that could not be read is wrong, and not missing as well."""
    replace(tiny / "workload.yaml", "get_order: {assumption: views}", "get_order: {assumption: 3}")
    assert paths_of(load_case, str(tiny)) == [("workload.yaml", "rates.get_order.assumption")]


def test_wrong_assumption_is_still_known(tiny):
    """Rates of an assumption that could not be read are not called rates of nothing."""
    replace(tiny / "workload.yaml", "high: 20", "high: much")
    assert paths_of(load_case, str(tiny)) == [("workload.yaml", "assumptions.views.high")]


def test_unreadable_files_are_all_named(tiny):
    """Files of which nothing can be read are named beside each other."""
    for kind in ("design", "workload", "mapping"):
        (tiny / f"{kind}.yaml").write_text("[", encoding="utf-8")
    assert paths_of(load_case, str(tiny)) == [
        ("design.yaml", ""),
        ("mapping.yaml", ""),
        ("workload.yaml", ""),
    ]


def test_case_without_a_relational_source(tiny):
    """A case needs a design and a workload; the other files are about a relational source."""
    for name in ("mapping.yaml", "population.yaml"):
        (tiny / name).unlink()
    case = load_case(str(tiny))
    assert (case.mapping, case.population, case.source_sql) == (None, None, None)
    assert case.name == "tiny"


def test_case_without_a_workload_names_the_file(tiny):
    """A file that a case needs is named when it is not there."""
    (tiny / "workload.yaml").unlink()
    assert paths_of(load_case, str(tiny)) == [("workload.yaml", "")]


def test_files_are_shown_relative_to_the_working_directory(tiny, monkeypatch):
    """A message names a file below the working directory as briefly as the user can."""
    replace(tiny / "design.yaml", "case: tiny", "case: small")
    monkeypatch.chdir(tiny.parent)
    with pytest.raises(InputError) as error:
        load_case(str(tiny))
    assert {problem.file for problem in error.value.problems} == {"tiny/design.yaml"}


def test_single_files_are_checked(tiny):
    """A file is checked alone, by the kind that its name says."""
    for kind in ("design", "workload", "mapping", "population"):
        path = tiny / f"{kind}.yaml"
        assert check_input(str(path)) == f"{path}: no problem found"


def test_file_of_another_name_is_a_design(tiny):
    """A file whose name says no kind is read as a design."""
    other = tiny / "next.yml"
    shutil.copy(tiny / "design.yaml", other)
    assert check_input(str(other)) == f"{other}: no problem found"


def test_problems_of_all_inputs_come_at_once(tiny):
    """Several inputs give all their problems in one error."""
    replace(tiny / "design.yaml", "title:", "titel:")
    inputs = ["nowhere", str(tiny / "design.yaml"), str(tiny / "mapping.yaml")]
    assert paths_of(check_inputs, inputs) == [
        ("design.yaml", "title"),
        ("design.yaml", "titel"),
        ("case", ""),
    ]


def test_refusal_without_words_is_still_told(tiny, monkeypatch):
    """A model that refuses a file is reported even if no error of it can be put into words."""
    monkeypatch.setattr(loader, "translate", lambda *_: iter(()))
    replace(tiny / "design.yaml", "title:", "titel:")
    assert paths_of(check_input, str(tiny / "design.yaml")) == [("design.yaml", "")]


def test_error_without_a_translation_keeps_its_own_words():
    """An error that has no words of ours is told in the validator's."""
    error = {"type": "recursion_loop", "loc": ("title",), "msg": "Recursion error", "input": 0}
    (finding,) = translate([error], Design, Document("x", {"title": 1}))
    assert finding.message == "is refused (Recursion error); got 1"


def test_hostile_row_is_located():
    """A sentence about a hostile row is placed at that row."""
    message = "hostile.1 sets orders.total, which is not written"
    error = {"type": "value_error", "loc": (), "msg": "", "input": 0, "ctx": {"error": message}}
    (finding,) = translate([error], Design, Document("x", {"hostile": [{}, {"table": "orders"}]}))
    assert finding.path == ("hostile", 1)
    assert finding.message == "sets orders.total, which is not written; got a mapping of table"
