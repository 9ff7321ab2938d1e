"""What the command line says of errors that no command expects."""

from __future__ import annotations

import psycopg
import pytest
from botocore.exceptions import EndpointConnectionError

from workbench import cli


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            psycopg.OperationalError("the connection is closed"),
            "PostgreSQL stopped answering: the connection ",
        ),
        (psycopg.InterfaceError(), "PostgreSQL stopped answering: InterfaceError. See"),
        (
            EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
            "DynamoDB stopped answering: Could not connect to the endpoint URL",
        ),
    ],
)
def test_a_database_that_is_lost_is_told_in_words(monkeypatch, capsys, error, told):
    """Whichever command runs, it ends with one line that names the database and a next step."""

    def lost(**_):
        raise error

    monkeypatch.setattr(cli.workbench, "main", lost)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(told)
    assert line.endswith("See that it runs, and repeat the command.")


def test_an_unexpected_error_keeps_its_traceback(monkeypatch):
    """A defect of the workbench is not dressed up as a lost database."""

    def failed(**_):
        raise ZeroDivisionError

    monkeypatch.setattr(cli.workbench, "main", failed)
    with pytest.raises(ZeroDivisionError):
        cli.main()
