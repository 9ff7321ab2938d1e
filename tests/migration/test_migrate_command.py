"""`workbench migrate` on real engines."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from workbench.cli.migrate import migrate
from workbench.engines import attach_dynamodb
from workbench.migrate import Ledger, Rehearsal
from workbench.spec import load_case

TABLES = tuple(load_case("algoitny").design.tables)


@pytest.fixture
def places(dynamodb_local, source, tmp_path):
    """The options that name both engines and a ledger; the tables are dropped afterwards."""
    yield (
        "--endpoint-url",
        dynamodb_local.endpoint_url,
        "--postgres-url",
        source.url,
        "--ledger",
        str(tmp_path / "ledger"),
    )
    client = attach_dynamodb(dynamodb_local.endpoint_url).client
    for table in TABLES:
        client.delete_table(TableName=table)
    client.close()


def invoked(*arguments):
    """Returns the result of a command whose exceptions are not hidden."""
    return CliRunner().invoke(migrate, arguments, catch_exceptions=False)


def test_a_move_is_loaded_copied_resumed_and_verified(places, tmp_path):
    """Each step ends with 0 and tells its counts; a second run finds everything done."""
    drawn = ("--users", "3", "--seed", "5")
    assert invoked("load", "algoitny", *drawn, *places).output == "algoitny: loaded, users 3, seed 5\n"
    first = invoked("copy", "algoitny", *drawn, *places)
    again = invoked("copy", "algoitny", *drawn, *places)
    found = invoked("verify", "algoitny", *places)

    assert (first.exit_code, again.exit_code, found.exit_code) == (0, 0, 0)
    assert first.output.splitlines()[-1] == "equal: every row that an item can hold has its item"
    assert found.output.splitlines() == first.output.splitlines()[2:]
    assert again.output.splitlines()[2:] == first.output.splitlines()[2:]
    with Ledger(tmp_path / "ledger", writable=False) as ledger:
        assert all(chunk.done for chunk in ledger.chunks())


def test_a_difference_ends_the_verification_with_1(places, dynamodb_local):
    """An item that was removed is named."""
    invoked("copy", "algoitny", "--users", "3", *places)
    client = attach_dynamodb(dynamodb_local.endpoint_url).client
    item = client.scan(TableName="AlgoItny-Users", Limit=1)["Items"][0]
    client.delete_item(TableName="AlgoItny-Users", Key={name: item[name] for name in ("PK", "SK")})
    client.close()

    found = invoked("verify", "algoitny", *places)

    assert found.exit_code == 1
    assert found.output.splitlines()[-2:] == [
        f"  missing item of User row {item['id']['N']} in AlgoItny-Users, PK={item['PK']['S']}, SK=METADATA",
        "not equal",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--state", "FOLDER"],
            "Stopped. FOLDER/ledger.sqlite remembers what is done: run the same command again to go on.\n",
        ),
        ([], "Stopped. Nothing was kept; name a --state folder to be able to go on.\n"),
    ],
)
def test_ctrl_c_tells_how_to_go_on(monkeypatch, tmp_path, options, message):
    """The exit code is that of an interrupted command; no traceback is shown."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Rehearsal, "run", interrupted)
    monkeypatch.setattr("workbench.migrate.places.open_postgres", NothingOpened)
    monkeypatch.setattr("workbench.migrate.places.open_dynamodb", NothingOpened)
    folder = str(tmp_path)

    result = invoked("copy", "algoitny", *(option.replace("FOLDER", folder) for option in options))

    assert (result.exit_code, result.stderr) == (130, message.replace("FOLDER", folder))


class NothingOpened:
    """Stands for an engine that is not used."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None
