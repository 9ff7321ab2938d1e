"""Every broken file has its own exact message, exit code 2 and no traceback."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from workbench.cli import main
from workbench.errors import InputError
from workbench.spec import checks, load_case, translate
from workbench.spec.checks_case import case_is_named_alike

FOLDER = Path(__file__).parent / "broken"
CASES = yaml.safe_load((FOLDER / "cases.yaml").read_text(encoding="utf-8"))
READING = {
    "character",
    "documents",
    "duplicate",
    "empty",
    "escape",
    "key",
    "leading_zero",
    "long_number",
    "not_finite",
    "old_boolean",
    "reuse",
    "syntax",
    "tag",
    "top",
}
"""Faults that are found while a file is read; the larger ones have tests of their own."""


def write_case(case, folder):
    """Writes the valid files with the one change of a case."""
    folder.mkdir()
    for kind in ("design", "workload", "mapping", "population"):
        text = (FOLDER / f"{kind}.yaml").read_text(encoding="utf-8")
        if kind == case["file"]:
            assert case.get("old", "") in text
            text = case["content"] if "content" in case else text.replace(case["old"], case["new"], 1)
        (folder / f"{kind}.yaml").write_text(text, encoding="utf-8")


def run_main(monkeypatch, capsys, *arguments):
    """Returns exit code, output and errors of the command line."""
    monkeypatch.setattr(sys, "argv", ["workbench", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0, *capsys.readouterr()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_broken_file_gives_its_own_message(case, tmp_path, monkeypatch, capsys):
    """A broken file ends the command with 2, prints exactly the expected lines, and no traceback."""
    write_case(case, tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    code, output, errors = run_main(monkeypatch, capsys, "check", "tiny")
    assert errors.splitlines() == case["expected"]
    assert (code, output) == (2, "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_message_has_the_one_form(case):
    """Every line names the file, says what is wrong, what was found, and what to do."""
    for line in case["expected"]:
        assert line.startswith(f"tiny/{case['file']}.yaml:")
        assert "; got " in line
        assert line.endswith(".")


def test_valid_case_passes(tmp_path, monkeypatch, capsys):
    """The files that the cases break are valid before they are broken."""
    shutil.copytree(FOLDER, tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    code, output, errors = run_main(monkeypatch, capsys, "check", "tiny")
    assert (code, errors) == (0, "")
    assert output == "tiny: 2 tables, 2 entities, 5 access patterns: no problem found\n"


def test_every_check_and_every_error_has_a_case():
    """A check, a translated error or a reading fault without a broken file fails here by its name."""
    lists = (checks.DESIGN_CHECKS, checks.WORKLOAD_CHECKS, checks.TRAFFIC_CHECKS, checks.MAPPING_CHECKS)
    rules = {check.__name__ for several in lists for check in several} | {case_is_named_alike.__name__}
    rules |= {*translate.WRONG_TYPES, *translate.TELLINGS, *translate.CHOICES, "missing", "extra_forbidden"}
    rules |= READING | {"union", "several", translate.SENTENCES}
    assert {case["rule"] for case in CASES} == rules


def test_messages_are_distinct():
    """No two broken files give the same lines."""
    texts = ["\n".join(case["expected"]) for case in CASES]
    assert len(set(texts)) == len(texts)


def test_problems_of_all_files_come_at_once(tmp_path):
    """One error tells the problems of the design, the workload and the mapping."""
    shutil.copytree(FOLDER, tmp_path / "tiny")
    for kind in ("design", "workload", "mapping"):
        path = tmp_path / "tiny" / f"{kind}.yaml"
        path.write_text(path.read_text(encoding="utf-8") + "surplus: 1\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_case(str(tmp_path / "tiny"))
    assert [Path(problem.file).stem for problem in error.value.problems] == ["design", "mapping", "workload"]


def test_broken_file_ends_a_real_process_without_traceback(tmp_path):
    """The installed command behaves as the tests above say, started as a user starts it."""
    write_case(CASES[0], tmp_path / "tiny")
    ended = subprocess.run(
        [sys.executable, "-m", "workbench", "check", "tiny"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == CASES[0]["expected"]


def test_unknown_case_lists_the_known_ones():
    """A case that does not exist is answered with those that do."""
    with pytest.raises(InputError) as error:
        load_case("algoitni")
    assert str(error.value) == (
        'case: there is no such case; got "algoitni", allowed algoitny, dealership, flights, inavor-shuttle, '
        "order-processor, query-processor. Write `algoitny`."
    )
