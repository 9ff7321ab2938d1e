"""A case of one's own: the template is right, and `workbench new` copies it under another name."""

import pytest
from click.testing import CliRunner

from workbench.cli import workbench
from workbench.errors import InputError
from workbench.lint.command import lint_case
from workbench.spec import load_case
from workbench.spec.case import case_names
from workbench.spec.template import TEMPLATE, start_case


def run(*options):
    """What a command prints."""
    result = CliRunner().invoke(workbench, options, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_template_is_a_case_but_none_of_the_list():
    """Its files agree with each other, and no command takes it where all cases are meant."""
    assert load_case(str(TEMPLATE)).name == "tasks"
    assert "tasks" not in case_names()


def test_a_new_case_has_the_name_of_its_folder_and_no_problem(tmp_path):
    """All files are copied and load under the new name; the linter has no error to report."""
    folder = start_case(tmp_path / "mine" / "to-do")
    case = load_case(str(folder))
    assert case.name == "to-do"
    assert (case.mapping, case.population, case.source_sql) != (None, None, None)
    assert not lint_case(str(folder)).result.failed
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in TEMPLATE.iterdir())
    assert [path.name for path in folder.parent.iterdir()] == ["to-do"]


@pytest.mark.parametrize("name", ["on", "yes", "no", "null", "n1"])
def test_a_name_that_yaml_would_read_as_something_else_stays_a_name(tmp_path, name):
    """The case's name is text whatever its letters are."""
    assert load_case(str(start_case(tmp_path / name))).name == name


def test_editors_find_the_schemas_from_where_the_case_lies(tmp_path):
    """The first line of each YAML file leads to its schema, which exists."""
    folder = start_case(tmp_path / "elsewhere")
    for path in folder.glob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert (folder / first.partition("$schema=")[2]).is_file(), first


def test_the_command_says_what_to_do_next(tmp_path):
    """Each step names the folder, so that it can be copied."""
    folder = tmp_path / "mine"
    lines = run("new", str(folder)).splitlines()
    assert lines[0] == f"{folder} written. Change design.yaml, workload.yaml and the others, then:"
    assert [line.split()[1] for line in lines[1:]] == ["check", "lint", "measure", "cost", "report"]
    assert all(str(folder) in line for line in lines[1:])
    assert run("check", str(folder)).endswith("no problem found\n")


def test_a_folder_that_is_there_is_never_written_to(tmp_path):
    """Both mistakes, a bad name and a folder that exists, are told at once; nothing is written."""
    folder = tmp_path / "Not A Name"
    folder.mkdir()
    with pytest.raises(InputError) as raised:
        start_case(folder)
    assert str(raised.value) == (
        f"{folder}: names no case; got 'Not A Name', allowed small letters, digits and hyphens, a letter "
        "first. Choose another name for the folder.\n"
        f"{folder}: there is such a file or folder already. Choose another one, or remove it first."
    )
    assert list(folder.iterdir()) == []
