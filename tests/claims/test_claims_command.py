"""`workbench claims`."""

import json

from click.testing import CliRunner

from workbench.claims import Verdict
from workbench.cli import workbench
from workbench.cli.claims import VERDICTS
from workbench.errors import InputError


def run(*arguments):
    """Returns the result of the command."""
    return CliRunner().invoke(workbench, ["claims", *arguments])


def test_text_begins_with_the_counts() -> None:
    """File, number of claims and of each verdict, then a paragraph a claim."""
    result = run("dealership")
    assert result.exit_code == 0
    assert result.output.startswith("000_b18708a3d8933ea5.txt: 22 claims: ")
    assert result.output.count("\n  documented: ") == 22


def test_json_holds_every_claim() -> None:
    """Counts and claims agree, and every claim says what was documented, what we have and why."""
    content = json.loads(run("inavor-shuttle", "--format", "json").output)
    assert sum(content["counts"].values()) == len(content["claims"])
    assert all(
        {"place", "quote", "documented", "ours", "verdict", "why"} <= row.keys() for row in content["claims"]
    )


def test_one_verdict_can_be_shown_alone() -> None:
    """The counts stay those of the whole document."""
    content = json.loads(run("algoitny", "--format", "json", "--verdict", "contradicted").output)
    assert {row["verdict"] for row in content["claims"]} == {"contradicted"}
    assert len(content["claims"]) == content["counts"]["contradicted"] < sum(content["counts"].values())


def test_verdicts_of_the_option_are_all_verdicts() -> None:
    """The command names them itself, so that its help loads nothing."""
    assert tuple(Verdict) == VERDICTS


def test_another_document_is_refused(tmp_path) -> None:
    """A file with other numbers is not the audited document."""
    other = tmp_path / "other.txt"
    other.write_text("7 dwarfs\n")
    result = run("dealership", "--document", str(other))
    assert isinstance(result.exception, InputError)
    assert "differs from the index" in str(result.exception)
