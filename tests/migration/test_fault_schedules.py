"""The whole migration under drawn faults: nothing lost, doubled or stale, and every failed gate stepped back.

`make soak` runs 200 schedules, each twice.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from dataclasses import replace

import pytest

from workbench.engines.faults import FaultSchedule
from workbench.engines.postgres_copies import new_database
from workbench.migrate import load_source
from workbench.spec import load_case

SCHEDULES = int(os.environ.get("WORKBENCH_SOAK_SCHEDULES", "3"))
SOAK = "WORKBENCH_SOAK_SCHEDULES" in os.environ
CASES = ("query-processor", "inavor-shuttle", "order-processor", "algoitny", "dealership")
SHORT = CASES[:2]
"""Cases of a short run."""
DRAWING = {"dealership"}
"""Cases whose writes repeat what was read just before, so that no script can be drawn for them at once."""
PHASES = ("", "dual_write", "backfill", "reads", "writes")
USERS = 3
FAULTS, WITHIN = 40, 80
NOTHING = {"lost": 0, "phantom": 0, "stale": 0, "duplicated": 0}
SCRIPTS = 3
"""Scripts of a case; each has one final state."""


_numbers = itertools.count()


@pytest.fixture(scope="module")
def loaded(postgres):
    """Returns the name of a database that holds the rows of a case; each is loaded once."""
    names = {}

    def database(case):
        if case.name not in names:
            names[case.name] = name = f"loaded_{case.name.replace('-', '_')}"
            with postgres.connect(autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            load_source(
                case, replace(postgres, url=postgres.url.replace("/postgres?", f"/{name}?")), USERS, 1
            )
        return names[case.name]

    return database


@pytest.fixture
def opened(postgres, dynamodb_local, loaded):
    """Opens a source that holds the rows of a case, and an empty target, for a block of code."""

    @contextlib.contextmanager
    def engines(case):
        name = f"voyage{next(_numbers)}"
        engine = replace(dynamodb_local, client=dynamodb_local.connect(name), database=name)
        with new_database(postgres, name, loaded(case)) as source:
            yield source, engine
        for table in engine.client.list_tables()["TableNames"]:
            engine.client.update_table(TableName=table, DeletionProtectionEnabled=False)
            engine.client.delete_table(TableName=table)
        engine.client.close()

    return engines


@pytest.fixture
def sailed(voyages, opened, tmp_path):
    """Runs a voyage on databases of its own and returns its outcome."""

    def run(case, seed, schedule, **options):
        folder = tmp_path / str(next(_numbers))
        folder.mkdir()
        with opened(case) as engines:
            return voyages.Voyage(case, folder, seed, schedule, **options).run(*engines)

    return run


@pytest.fixture(scope="module")
def calm():
    """Final state of each script without any fault, by case and seed."""
    return {}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(1, SCHEDULES + 1))
def test_a_migration_under_faults_loses_nothing_and_can_be_replayed(sailed, calm, seed):
    """The witness misses nothing, the final state is that without faults, the seed gives the same events."""
    case = load_case((CASES if SOAK else SHORT)[seed % len(CASES if SOAK else SHORT)])
    options = {"scripted": case.name not in DRAWING, "back_from": PHASES[seed % len(PHASES)]}
    script = 1 + seed % SCRIPTS
    schedule = FaultSchedule.drawn(seed, FAULTS, WITHIN)

    outcome = sailed(case, script, schedule, **options)

    assert outcome["state"] == "done"
    assert outcome["witness"] == NOTHING
    assert outcome["stepped_back"]
    assert len(outcome["events"]) > 5
    if options["scripted"]:
        if (case.name, script) not in calm:
            calm[case.name, script] = sailed(case, script, FaultSchedule())["digest"]
        assert outcome["digest"] == calm[case.name, script]
    if SOAK or seed == 1:
        assert sailed(case, script, schedule, **options)["events"] == outcome["events"]
