"""The flags of a migration: versions, values, and calls that they never change under."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from workbench.errors import InputError, MigrationError
from workbench.migrate.live.flags import Flags, FlagStore


def test_each_change_has_a_version():
    """A change adds a version, one that changes nothing does not, and all can be read again."""
    flags = FlagStore()
    assert flags.read() == Flags()
    flags.change(write_mode="dual", capture=True)
    flags.change(write_mode="dual")
    flags.change(read_percent=10)
    assert flags.history() == (
        Flags(),
        Flags(1, "dual", 0, 0, capture=True),
        Flags(2, "dual", 10, 0, capture=True),
    )


def test_another_store_on_the_same_file_sees_the_change(tmp_path):
    """Flags belong to the file."""
    FlagStore(tmp_path / "flags").change(shadow_read_percent=10)
    assert FlagStore(tmp_path / "flags").read().shadow_read_percent == 10


def test_values_that_are_not_allowed_are_all_named(tmp_path):
    """Every wrong value is told at once, and nothing is changed."""
    flags = FlagStore(tmp_path / "f")
    with pytest.raises(InputError) as caught:
        flags.change(write_mode="both", read_percent=101)
    assert str(caught.value) == (
        f"{tmp_path}/f: read_percent: not a share; got 101, allowed 0 to 100. Nothing was changed.\n"
        f"{tmp_path}/f: write_mode: not a mode; got both, allowed postgres, dual, dynamodb. "
        "Nothing was changed."
    )
    assert flags.read() == Flags()


def test_a_file_that_holds_something_else_is_refused(tmp_path):
    """A file that is no database is named."""
    (tmp_path / "flags").write_text("no database, but some text that is long enough")
    with pytest.raises(
        MigrationError, match=r"flags: cannot hold flags: file is not a database. Name another"
    ):
        FlagStore(tmp_path / "flags")


def test_a_change_waits_for_the_calls_in_flight():
    """A call keeps the flags that it began with; the next call has the new ones."""
    flags, changed, seen = FlagStore(), threading.Event(), []

    def change():
        flags.change(write_mode="dual")
        changed.set()

    with flags.using() as now:
        thread = threading.Thread(target=change)
        thread.start()
        assert not changed.wait(0.05)
        seen.append((now.write_mode, flags.read().write_mode))
    thread.join()
    with flags.using() as now:
        seen.append((now.write_mode, flags.read().write_mode))
    assert seen == [("postgres", "postgres"), ("dual", "dual")]


def test_no_call_begins_while_flags_change():
    """What is done together with a change is done before any call sees the flags."""
    flags, order = FlagStore(), []

    def call():
        with flags.using() as now:
            order.append(now.write_mode)

    with flags.changing() as change:
        thread = threading.Thread(target=call)
        thread.start()
        order.append("step")
        change(write_mode="dynamodb")
    thread.join()
    assert order == ["step", "dynamodb"]


HOLDER = """
import sys
from pathlib import Path
from workbench.migrate.live.flags import FlagStore
with FlagStore(Path(sys.argv[1])).using():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_process_holds_no_flags(tmp_path):
    """The flags can be changed at once when the process whose call was in flight was killed."""
    flags = FlagStore(tmp_path / "flags")
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "flags")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    assert flags.change(read_percent=1).version == 1
