"""Engines listen on the loopback interface only and end with whoever started them, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import psycopg
import pytest

from workbench.engines import attach_dynamodb, open_dynamodb, open_postgres
from workbench.errors import EngineError

COMMAND = [sys.executable, "-m", "workbench", "engines"]
END_SECONDS = 5


@pytest.fixture
def environment(tmp_path):
    """An environment with records and temporary files of its own."""
    with tempfile.TemporaryDirectory(prefix="wbt-") as folder:
        Path(folder).chmod(0o755)
        yield {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "TMPDIR": folder}


def start(environment, *arguments):
    """Starts engines; returns the command and the lines that it printed when they were ready."""
    names = [argument for argument in arguments if not argument.startswith("-") and not argument.isdigit()]
    process = subprocess.Popen(
        [*COMMAND, "start", *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )
    return process, [process.stdout.readline().strip() for _ in names]


def command(environment, *arguments):
    """Runs a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def finish(process):
    """Collects a command that ends."""
    with process:
        process.wait(END_SECONDS * 2)


def address(line):
    """The address in a line of output."""
    return line.split(": ", 1)[1]


def listeners(process):
    """Addresses on which a process and its children listen."""
    return {
        connection.laddr.ip
        for each in [process, *process.children(recursive=True)]
        for connection in each.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def test_nothing_outlives_a_killed_command(environment):
    """After SIGKILL every engine is gone within 5 s, with its files, and the next start works."""
    process, _ = start(environment, "dynamodb-local", "postgres", "moto")
    family = psutil.Process(process.pid)
    children = family.children(recursive=True)
    assert listeners(family) == {"127.0.0.1"}
    assert any(child.name() == "postgres" for child in children)
    process.kill()
    finish(process)
    _, alive = psutil.wait_procs(children, timeout=END_SECONDS)
    assert alive == []
    assert list(Path(environment["TMPDIR"]).iterdir()) == []
    again, lines = start(environment, "dynamodb-local", "postgres")
    assert attach_dynamodb(address(lines[0])).client.list_tables()["TableNames"] == []
    assert f"(runs in process {again.pid})" in command(environment, "status").stdout
    again.terminate()
    finish(again)


def test_server_dies_with_its_supervisor(environment):
    """When PostgreSQL's supervisor is killed the server ends too, and the next start cleans up."""
    process, _ = start(environment, "postgres")
    (supervisor,) = psutil.Process(process.pid).children()
    servers = supervisor.children(recursive=True)
    supervisor.kill()
    _, alive = psutil.wait_procs(servers, timeout=END_SECONDS)
    assert alive == []
    process.kill()
    finish(process)
    stale = list(Path(environment["TMPDIR"]).iterdir())
    again, _ = start(environment, "postgres")
    assert len(stale) == 1
    assert not stale[0].exists()
    again.terminate()
    finish(again)


def test_start_status_stop(environment):
    """Engines that one terminal started are listed and ended from another."""
    process, lines = start(environment, "moto")
    listed = command(environment, "status")
    stopped = command(environment, "stop")
    finish(process)
    assert listed.stdout == f"{lines[0]} (runs in process {process.pid})\n"
    assert stopped.stdout == f"{lines[0]} (stopped in process {process.pid})\n"
    assert process.returncode == 0
    assert command(environment, "status").stdout == (
        "No engine runs. Start one with `workbench engines start`.\n"
    )


def test_redis_is_listed_like_the_other_engines(environment):
    """It runs from the command line on a socket of its own, and ends with the command."""
    process, lines = start(environment, "redis")
    assert lines[0].startswith("redis ")
    assert ": unix:///" in lines[0]
    assert command(environment, "status").stdout == f"{lines[0]} (runs in process {process.pid})\n"
    process.terminate()
    finish(process)
    assert not Path(lines[0].partition("unix://")[2]).exists()


def test_interrupt_ends_a_start(environment):
    """Ctrl-C ends the command with its engines and code 0."""
    process, _ = start(environment, "moto")
    process.send_signal(signal.SIGINT)
    finish(process)
    assert process.returncode == 0


def test_record_of_a_killed_command_is_dropped(environment):
    """The record that a killed command left is not listed."""
    process, _ = start(environment, "moto")
    process.kill()
    finish(process)
    assert command(environment, "status").stdout.startswith("No engine runs.")


def test_busy_port_is_one_error(environment, moto):
    """A port that is taken is one error without a traceback."""
    port = moto.endpoint_url.rpartition(":")[2]
    result = command(environment, "start", "dynamodb-local", "--port", port)
    assert result.returncode == 1
    assert result.stderr == (
        f"Port {port} of 127.0.0.1 cannot be used: Address already in use. "
        "Name another with --port, or leave it out to let the system choose.\n"
    )


def test_port_needs_one_dynamodb_engine(environment):
    """A port for two engines is refused with code 2."""
    result = command(environment, "start", "dynamodb-local", "moto", "--port", "8123")
    assert result.returncode == 2
    assert "a port belongs to one DynamoDB engine; got port 8123 for dynamodb-local, moto" in result.stderr


def test_unwritable_state_is_one_error(environment, tmp_path):
    """A state folder that cannot be made is one error, and the engine ends."""
    (tmp_path / "state").write_text("in the way")
    result = command(environment, "start", "moto")
    assert result.returncode == 1
    assert result.stderr.endswith("Make its folder writable, or set XDG_STATE_HOME.\n")
    assert "Traceback" not in result.stderr


def test_engine_outlives_the_thread_that_opened_it():
    """An engine that a thread opened, as in a notebook, serves until it is closed."""
    opener = open_dynamodb("dynamodb-local")
    opened = []
    thread = threading.Thread(target=lambda: opened.append(opener.__enter__()))
    thread.start()
    thread.join()
    assert opened[0].client.list_tables()["TableNames"] == []
    opener.__exit__(None, None, None)
    assert not psutil.pid_exists(opened[0].pid)


def test_local_engine_ignores_the_environment(dynamodb_local, monkeypatch):
    """A client of a local engine takes no profile, endpoint or proxy from the environment."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    client = dynamodb_local.connect("isolated")
    assert client.list_tables()["TableNames"] == []
    client.close()


def test_data_in_a_folder_is_kept(tmp_path):
    """DynamoDB Local keeps data in a folder from one start to the next."""
    table = {
        "TableName": "Kept",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    with open_dynamodb("dynamodb-local", data_directory=tmp_path / "data") as engine:
        engine.client.create_table(**table)
        engine.client.put_item(TableName="Kept", Item={"pk": {"S": "x"}})
    with open_dynamodb("dynamodb-local", data_directory=tmp_path / "data") as engine:
        assert engine.client.scan(TableName="Kept")["Items"] == [{"pk": {"S": "x"}}]


def test_cluster_in_a_folder_is_kept():
    """PostgreSQL keeps a cluster in a folder, durably; a second start on it meanwhile is refused."""
    with tempfile.TemporaryDirectory(prefix="wbk-") as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent) / "cluster"
        with open_postgres(data_directory=folder) as server, server.connect() as connection:
            connection.execute("CREATE TABLE kept (id int)")
            connection.commit()
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            with (
                pytest.raises(EngineError, match="PostgreSQL did not start"),
                open_postgres(data_directory=folder),
            ):
                pass
        with open_postgres(data_directory=folder) as server, server.connect() as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_connection_by_url_needs_no_embedded_server(postgres):
    """A server that is named by URL is used as it is."""
    with open_postgres(postgres.url) as named, named.connect() as connection:
        assert isinstance(connection, psycopg.Connection)
        assert (named.version, named.pid) == (postgres.version, None)
