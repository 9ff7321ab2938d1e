"""A migration that is killed with SIGKILL anywhere and gone on with ends in the state of one that never was.

`make soak` kills at 50 points.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from workbench.engines.faults import Fault, FaultKind, FaultSchedule
from workbench.engines.faults.schedule import ANY
from workbench.engines.postgres_copies import new_database
from workbench.migrate import load_source
from workbench.spec import load_case

KILLS = int(os.environ.get("WORKBENCH_SOAK_KILLS", "5"))
SOAK = "WORKBENCH_SOAK_KILLS" in os.environ
CASES = ("order-processor", "flights", "dealership", "algoitny") if SOAK else ("inavor-shuttle",)
USERS, SEED = 3, 5
NOTHING = {"lost": 0, "phantom": 0, "stale": 0, "duplicated": 0}
KINDS = (FaultKind.PROCESS_KILLED, FaultKind.PROCESS_KILLED_AFTER)


@pytest.fixture(scope="module")
def fleet():
    """A process that runs voyages in forks of its own."""
    command = [sys.executable, str(Path(__file__).with_name("voyage.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture(scope="module")
def harbour(postgres):
    """Returns the name of a database that holds the rows of a case; each is loaded once."""

    @cache
    def loaded(case):
        name = f"loaded_for_kills_{case.replace('-', '_')}"
        with postgres.connect(autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        there = replace(postgres, url=postgres.url.replace("/postgres?", f"/{name}?"))
        load_source(load_case(case), there, USERS, 1)
        return name

    return loaded


def sent(fleet, job, schedule):
    """Runs a voyage in a process of its own and returns the exit status of that process."""
    fleet.stdin.write(json.dumps({**job, "schedule": schedule.record()}) + "\n")
    fleet.stdin.flush()
    return int(fleet.stdout.readline())


@pytest.fixture(scope="module")
def voyage(fleet, harbour, postgres, dynamodb_local, tmp_path_factory):
    """Runs a voyage, killed by some schedules and gone on with; returns exit statuses and outcome."""

    def run(case, name, *schedules):
        folder = tmp_path_factory.mktemp(name)
        with new_database(postgres, name, harbour(case)) as source:
            job = {
                "case": case,
                "seed": SEED,
                "folder": str(folder),
                "endpoint_url": dynamodb_local.endpoint_url,
                "database": name,
                "postgres_url": source.url,
                "back_from": "writes",
            }
            statuses = [sent(fleet, job, schedule) for schedule in (*schedules, FaultSchedule())]
        outcome = folder / "outcome.json"
        return statuses, json.loads(outcome.read_text()) if outcome.exists() else None

    return run


@pytest.fixture(scope="module")
def calm(voyage):
    """Returns the outcome of a case's voyage that nothing disturbed; each is made once."""

    @cache
    def undisturbed(case):
        statuses, outcome = voyage(case, f"calm{case.replace('-', '')}")
        assert statuses == [0]
        return outcome

    return undisturbed


def point(requests, number):
    """Returns a fault that kills at a random request of a run, another for each number."""
    draws = random.Random(number)  # noqa: S311 - moments of a test, not a secret
    every = [
        (target, ordinal) for target, count in sorted(requests.items()) for ordinal in range(1, count + 1)
    ]
    target, ordinal = draws.choice(every)
    return Fault(target, ANY, ordinal, draws.choice(KINDS))


@pytest.mark.parametrize("case", CASES)
def test_the_voyage_that_nothing_disturbs_ends_whole(calm, case):
    """All phases are run, one of them is gone back from and done again, and the witness misses nothing."""
    assert (calm(case)["state"], calm(case)["witness"]) == ("done", NOTHING)


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_anywhere_the_migration_ends_in_the_same_state(voyage, calm, number):
    """After SIGKILL at any request, the next process goes on; the final items are the same, hash for hash."""
    case = CASES[number % len(CASES)]
    where = point(calm(case)["requests"], number)

    statuses, outcome = voyage(case, f"killed{number}", FaultSchedule((where,)))

    assert statuses == [signal.SIGKILL, 0], where
    assert (outcome["state"], outcome["witness"]) == ("done", NOTHING), where
    assert outcome["digest"] == calm(case)["digest"], where
