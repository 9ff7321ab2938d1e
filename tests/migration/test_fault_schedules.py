"""The whole migration under drawn faults: nothing lost, doubled or stale, and every failed gate stepped back.

`make soak` runs 200 schedules, each twice, and ten in which the engines are killed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
from dataclasses import replace

import pytest

from workbench.engines import open_postgres
from workbench.engines.faults import Fault, FaultKind, FaultSchedule
from workbench.engines.faults.outages import crash_postgres, durable_dynamodb
from workbench.engines.faults.schedule import ANY, DYNAMODB, POSTGRES
from workbench.engines.postgres_copies import new_database
from workbench.migrate import load_source
from workbench.spec import load_case

SCHEDULES = int(os.environ.get("WORKBENCH_SOAK_SCHEDULES", "3"))
SOAK = "WORKBENCH_SOAK_SCHEDULES" in os.environ
CASES = ("query-processor", "inavor-shuttle", "order-processor", "algoitny", "dealership", "flights")
SHORT = CASES[:2]
"""Cases of a short run."""
DRAWN = 4
"""Of so many rounds over the cases, one has an application that draws as it goes, and no one final state."""
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
    cases = CASES if SOAK else SHORT
    case, round_ = load_case(cases[seed % len(cases)]), seed // len(cases)
    options = {"scripted": round_ % DRAWN > 0 or not SOAK, "back_from": PHASES[seed % len(PHASES)]}
    script = 1 + round_ % SCRIPTS
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


def killing(seed):
    """Returns a schedule that kills each engine twice, anywhere, among other faults."""
    draws = random.Random(seed)  # noqa: S311 - moments of a test, not a secret
    kills = [
        Fault(target, ANY, draws.randint(1, most), FaultKind.ENGINE_KILLED)
        for target, most in ((DYNAMODB, 150), (POSTGRES, 400))
        for _ in range(2)
    ]
    return FaultSchedule((*kills, *FaultSchedule.drawn(seed, 20, WITHIN).faults), seed)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(1, 11) if SOAK else (1,))
def test_engines_that_are_killed_on_the_way_lose_nothing(voyages, sailed, open_folder, seed):
    """Both come back with their data, the migration goes on, and the final state is that without faults."""
    case = load_case(SHORT[seed % len(SHORT)])
    with (
        durable_dynamodb(open_folder / "items") as durable,
        open_postgres(data_directory=open_folder / "rows") as rows,
    ):
        load_source(case, rows, USERS, 1)
        restarts = {DYNAMODB: durable.restart, POSTGRES: lambda: crash_postgres(rows)}
        outcome = voyages.Voyage(case, open_folder, 1, killing(seed)).run(rows, durable.engine, restarts)

    kinds = [kind for *_, kind in outcome["events"]]
    assert (outcome["state"], outcome["witness"]) == ("done", NOTHING)
    assert kinds.count(FaultKind.ENGINE_KILLED) >= 3
    assert outcome["digest"] == sailed(case, 1, FaultSchedule())["digest"]
