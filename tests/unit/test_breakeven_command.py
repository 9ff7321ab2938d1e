"""`workbench breakeven` and `workbench profile` as they are typed."""

import json
import sys

import pytest

from workbench.cli import main


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command line and returns exit code, output and errors."""

    def run_arguments(*arguments):
        monkeypatch.setattr(sys, "argv", ["workbench", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    return run_arguments


def test_tables_answer_the_questions(run):
    """Crossings, chances, their spread and what decides are printed, the same for the same seed."""
    arguments = ("breakeven", "algoitny", "--draws", "200", "--high", "100000")
    code, output, _ = run(*arguments)
    assert code == 0
    assert "Crossings at the assumed values" in output
    assert "Chance that DynamoDB is cheaper, 200 draws" in output
    assert "What decides at 10,000 DAU against RDS sized from the workload, one zone" in output
    assert run(*arguments)[1] == output


def test_json_holds_every_table(run):
    """The same tables as JSON, for other programs."""
    code, output, _ = run("breakeven", "algoitny", "--draws", "200", "--high", "1000", "--format", "json")
    tables = json.loads(output)
    assert code == 0
    assert len(tables) == 6
    chances = tables["Chance that DynamoDB is cheaper, 200 draws"]
    assert all(0 <= row[dau] <= 1 for row in chances for dau in ("100", "1000"))


def test_a_region_without_prices_ends_with_2_and_names_them(run):
    """Nothing is printed but the prices that are missing."""
    code, output, errors = run("breakeven", "algoitny", "--region", "eu-west-1")
    assert (code, output) == (2, "")
    assert "rds-postgresql.eu-west-1.gp3_storage_single_az" in errors


def test_ends_in_the_wrong_order_are_refused(run):
    """The least number of users must be below the largest."""
    code, _, errors = run("breakeven", "algoitny", "--low", "1000", "--high", "1000")
    assert code == 2
    assert "--low must be below --high; got 1000 and 1000" in errors


def test_an_unknown_rival_is_refused_with_the_known_ones(run):
    """The alternative of the tornado must be one of those that were priced."""
    code, _, errors = run("breakeven", "algoitny", "--draws", "10", "--against", "Oracle")
    assert code == 2
    assert "got 'Oracle', allowed RDS sized from the workload, one zone" in " ".join(errors.split())
