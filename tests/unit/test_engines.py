"""Engines without starting one: names, consent, secrets, files and stale folders."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

import workbench.engines
from workbench.cli.engines import engines
from workbench.engines import (
    attach_dynamodb,
    capabilities,
    open_dynamodb,
    open_postgres,
    postgres_files,
    scratch,
)
from workbench.engines.aws import NAME as AWS_NAME
from workbench.engines.postgres import _shown
from workbench.engines.processes import Identity
from workbench.errors import EngineError, InputError


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "dynamo",
            {},
            "--engine: unknown engine; got dynamo, allowed dynamodb-local, moto, aws. Name one of these.",
        ),
        (
            "aws",
            {"database": "", "data_directory": "d"},
            (
                "--data-directory: only dynamodb-local keeps its data in a folder; got d for aws. "
                "Leave it out.\n--database: a database is named by ASCII letters and digits; got ''. "
                "Leave other characters out."
            ),
        ),
        (
            "moto",
            {"data_directory": "d"},
            "--data-directory: only dynamodb-local keeps its data in a folder; got d for moto. Leave it out.",
        ),
    ],
)
def test_unfit_options_are_told(name, options, message):
    """Each option that does not fit is one line with what is allowed, and code 2."""
    with pytest.raises(InputError) as caught:
        open_dynamodb(name, **options)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_all_unfit_options_are_told_at_once():
    """Several options that do not fit are told together."""
    with pytest.raises(InputError) as caught:
        open_dynamodb("dynamo", database="é")
    assert len(caught.value.problems) == 2


def test_aws_needs_consent(monkeypatch):
    """AWS is not opened without consent, and nothing is sent."""
    monkeypatch.setattr("workbench.engines.aws.aws_client", lambda _: pytest.fail("a client was made"))
    with pytest.raises(InputError) as caught, open_dynamodb("aws", region="eu-west-1"):
        pass
    assert str(caught.value) == (
        "--engine: aws sends billed requests to the real DynamoDB in eu-west-1; "
        "got aws without --yes-real-aws. Add --yes-real-aws (in Python: yes_real_aws=True) "
        "if that is meant, or use dynamodb-local or moto."
    )


def test_aws_opens_with_consent(monkeypatch):
    """With consent the client is that of the user's own credentials; no request is sent by opening."""
    monkeypatch.setattr("workbench.engines.aws.aws_client", lambda region: f"client of {region}")
    with open_dynamodb("aws", region="eu-west-1", yes_real_aws=True) as engine:
        assert (engine.name, engine.client, engine.endpoint_url) == (AWS_NAME, "client of eu-west-1", None)


def test_aws_cannot_be_attached_to():
    """Attaching is for embedded engines."""
    with pytest.raises(InputError, match="only an embedded engine can be attached to; got aws"):
        attach_dynamodb("http://127.0.0.1:9", "aws")


def test_capabilities_of_aws_lack_only_databases():
    """AWS is the reference: it lacks nothing but what only DynamoDB Local has."""
    assert [name for name, value in capabilities.AWS.items() if not value.supported] == ["separate-databases"]


def test_unknown_name_of_the_package_is_refused():
    """The package's lazy names are those that it declares."""
    with pytest.raises(AttributeError, match=r"module 'workbench\.engines' has no attribute 'nothing'"):
        _ = workbench.engines.nothing
    assert all(hasattr(workbench.engines, name) for name in workbench.engines.__all__)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:s3cret@127.0.0.1:9/base?connect_timeout=1",
        "host=127.0.0.1 port=9 user=user password=s3cret",
    ],
)
def test_password_is_never_told(url):
    """Neither the error nor the shown address holds the password."""
    with pytest.raises(EngineError) as caught, open_postgres(url):
        pass
    assert "s3cret" not in str(caught.value)
    assert "user=user" in str(caught.value)
    assert "Connection refused" in str(caught.value)
    assert "s3cret" not in _shown(url)


def test_malformed_url_is_told_without_its_text():
    """A malformed URL may hold a password anywhere, so it is not repeated."""
    with pytest.raises(EngineError) as caught, open_postgres("postgresql://user:s3cret@[/base"):
        pass
    assert str(caught.value) == (
        "PostgreSQL at an address that is not a PostgreSQL URL cannot be used: it is malformed. "
        "Check the URL (postgresql://user:password@host:port/database), or leave it out "
        "for the embedded server."
    )


def test_programs_of_a_private_installation_are_copied(tmp_path):
    """When other users cannot reach the installed programs, a copy that they can run is made."""
    target = postgres_files.copy_installation(postgres_files.installed_programs(), tmp_path)
    assert scratch.reachable_by_others(Path("/bin/sh").resolve())
    assert all(path.stat().st_mode & stat.S_IROTH for path in tmp_path.rglob("*"))
    assert not (target.parent / "include").exists()
    version = subprocess.run([target / "initdb", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("initdb (PostgreSQL) 18.")


def test_folder_below_a_private_one_is_not_reachable(tmp_path):
    """A program below a folder that is closed to others cannot be run by them."""
    program = tmp_path / "private" / "program"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    program.parent.chmod(0o700)
    assert not scratch.reachable_by_others(program)


def test_missing_wheel_is_told(monkeypatch):
    """Without the wheel the error says how to get it."""
    monkeypatch.setattr(postgres_files, "WHEEL", "no_such_wheel")
    with pytest.raises(EngineError, match="Run `pip install no_such_wheel`"):
        postgres_files.installed_programs()


@pytest.mark.parametrize(
    ("folder", "open_to_others", "expected"),
    [
        ("/var/short", True, Path("/var/short")),
        ("/var/" + "x" * 90, True, Path("/", "tmp")),
        ("/var/closed", False, Path("/", "tmp")),
    ],
)
def test_temporary_folder_fits_postgres(monkeypatch, folder, open_to_others, expected):
    """A folder with too long a path for a socket, or that PostgreSQL's user cannot reach, is not used."""
    monkeypatch.setattr(scratch.tempfile, "gettempdir", lambda: folder)
    monkeypatch.setattr(scratch, "reachable_by_others", lambda _: open_to_others)
    monkeypatch.setattr(scratch.os, "geteuid", lambda: 0)
    assert scratch.short_temporary_folder() == expected


def made(parent, name, record):
    """A scratch folder with a record of its owner."""
    folder = parent / f"wb-engine-{name}"
    folder.mkdir()
    if record is not None:
        (folder / "owner.json").write_text(record)
    return folder


def test_only_folders_of_dead_owners_are_removed(tmp_path):
    """A folder is removed when its record names a process that is gone; every other one stays."""
    me = Identity.of_this_process()
    live = made(tmp_path, "live", json.dumps(me._asdict()))
    reused = made(tmp_path, "reused", json.dumps({"pid": me.pid, "started": me.started - 100}))
    dead = made(tmp_path, "dead", json.dumps({"pid": 2**22 + 1, "started": 1.0}))
    unmarked = made(tmp_path, "unmarked", None)
    broken = made(tmp_path, "broken", "{")
    outside = tmp_path / "outside"
    shutil.copytree(dead, outside)
    (tmp_path / "wb-engine-link").symlink_to(outside)
    scratch.remove_stale(tmp_path)
    kept = {path.name for path in tmp_path.iterdir()}
    assert not reused.exists()
    assert not dead.exists()
    assert kept == {live.name, unmarked.name, broken.name, "outside", "wb-engine-link"}


def test_a_folder_that_is_still_written_to_keeps_its_record(tmp_path, monkeypatch):
    """What could not be removed stays a folder of a known owner, which the next start removes."""
    folder = made(tmp_path, "busy", json.dumps({"pid": 2**22 + 1, "started": 1.0}))
    (folder / "c").mkdir()
    (folder / "server.log").touch()
    with monkeypatch.context() as while_written:
        while_written.setattr(scratch.shutil, "rmtree", lambda *_, **__: None)
        scratch.remove_scratch(folder)
    assert {path.name for path in folder.iterdir()} == {"c", "owner.json"}
    scratch.remove_stale(tmp_path)
    assert not folder.exists()


def test_identity_tells_a_later_process_apart():
    """A process id that was given again is not the same process."""
    me = Identity.of_this_process()
    assert me.process() == psutil.Process()
    assert Identity(me.pid, me.started - 100).process() is None
    Identity(me.pid, me.started - 100).end()


def test_end_stops_a_process_that_nobody_collects():
    """A process that ended but was not collected counts as ended."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        identity = Identity(process.pid, psutil.Process(process.pid).create_time())
        identity.end()
        assert identity.process() is None
        identity.end()
    assert process.returncode != 0


@pytest.mark.parametrize(
    "arguments", [["start", "oracle"], ["start", "--port", "0"], ["start", "--port", "x"]]
)
def test_command_refuses_unknown_words(arguments):
    """An unknown engine or an impossible port ends with code 2 and names what is allowed."""
    result = CliRunner().invoke(engines, arguments)
    assert result.exit_code == 2
    assert "Invalid value" in result.output


def test_status_without_engines(tmp_path, monkeypatch):
    """Without engines status and stop say how to start one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "dynamodb-workbench" / "engines").mkdir(parents=True)
    broken = tmp_path / "dynamodb-workbench" / "engines" / "1.json"
    broken.write_text("{")
    for command in ("status", "stop"):
        result = CliRunner().invoke(engines, [command])
        assert result.output == "No engine runs. Start one with `workbench engines start`.\n"
    assert not broken.exists()


def test_help_imports_no_engine():
    """The command's help is told without importing boto3, moto, psycopg or the JVM bridge."""
    code = (
        "import sys; from workbench.cli.engines import engines; engines(['--help'], standalone_mode=False);"
        "sys.exit(any(m in sys.modules for m in ('boto3', 'moto', 'psycopg', 'jpype', 'psutil')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=dict(os.environ))
