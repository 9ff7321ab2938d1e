"""Servers that answer as they are told, and what is needed to ask them."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from workbench.engines.prepared import Endpoint
from workbench.replay.load.crew import Target
from workbench.replay.load.tape import Pattern, Tape

DELAY_SERVER = Path(__file__).with_name("delay_server.py")


@pytest.fixture(scope="session")
def tape_of():
    """Makes a tape of one pattern an operation, with numbered bodies."""

    def make(*operations, bodies=1):
        numbered = [f'{{"n":{n}}}'.encode() for n in range(bodies)]
        return Tape(tuple(Pattern(o, None, tuple(((o, body),) for body in numbered)) for o in operations))

    return make


def target_at(port, pid=None):
    """Returns a server on this machine as a target."""
    endpoint = Endpoint(f"http://127.0.0.1:{port}", "us-east-1", "test", "test")
    return Target("http", "delay server", {"endpoint": asdict(endpoint)}, pid)


@pytest.fixture(scope="session")
def delay_server_in():
    """Starts servers with known latency: gives the target and the path of a log, complete after the block."""

    @contextmanager
    def run(folder):
        log = folder / f"served{len(list(folder.iterdir()))}"
        command = [sys.executable, str(DELAY_SERVER), str(log)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            yield target_at(int(process.stdout.readline()), process.pid), log
            process.stdin.close()

    return run
