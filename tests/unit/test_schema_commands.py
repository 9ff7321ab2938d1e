"""`workbench schema` as it is typed, against an engine on this machine."""

import json
import sys

import pytest

from workbench.cli import main
from workbench.engines import open_dynamodb


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command line and returns exit code, output and errors."""

    def run_arguments(*arguments):
        monkeypatch.setattr(sys, "argv", ["workbench", "schema", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    return run_arguments


@pytest.fixture(autouse=True)
def _no_running_engine(monkeypatch, tmp_path):
    """Keeps the tests from engines that the user runs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_printed_operations_are_json(run):
    """`schema print` gives JSON that other programs can read."""
    code, output, _ = run("print", "algoitny")
    tables = [each["table"] for each in json.loads(output) if each["api"] == "CreateTable"]
    assert (code, tables) == (0, ["AlgoItny-Main", "AlgoItny-Users", "AlgoItny-Plans"])


def test_applied_then_compared(run):
    """`schema apply` makes the tables on a running engine, and `schema diff` then ends with 0."""
    with open_dynamodb("moto") as engine:
        where = ("--engine", "moto", "--endpoint-url", engine.endpoint_url)
        code, output, _ = run("apply", "algoitny", *where)
        assert code == 0
        assert "AlgoItny-Main: CreateTable: applied" in output.splitlines()
        code, output, _ = run("diff", "algoitny", *where)
        assert (code, output.splitlines()[-1]) == (
            0,
            "moto: the tables are as documented in all that it can tell.",
        )
        engine.client.delete_table(TableName="AlgoItny-Plans")
        code, output, _ = run("diff", "algoitny", *where)
        assert code == 1
        assert output.startswith("AlgoItny-Plans: table: documented present -> actual absent\n")


def test_apply_without_a_running_engine_says_that_it_ends(run):
    """Without a running engine the tables are made in one that ends, which the last line says."""
    _, output, _ = run("apply", "algoitny", "--engine", "moto")
    expected = "moto ran for this command only; keep one with `workbench engines start`."
    assert output.splitlines()[-1] == expected


def test_diff_without_a_running_engine(run):
    """Comparing with an engine that does not run is refused with the command that starts it."""
    code, output, errors = run("diff", "algoitny", "--engine", "moto")
    assert (code, output) == (2, "")
    step = "Start it with `workbench engines start moto`, or give --endpoint-url."
    assert errors == f"--engine: none runs; got moto. {step}\n"


def test_aws_needs_consent(run):
    """Nothing is sent to AWS without consent."""
    code, _, errors = run("diff", "algoitny", "--engine", "aws")
    assert code == 2
    assert "--yes-real-aws" in errors
