"""Processor time of SQL: the clock of another process, and a profile of a case on a real server."""

import os
import time
from types import SimpleNamespace

import pytest

from workbench.engines.cpu_clock import cpu_seconds
from workbench.engines.postgres import PostgresEngine
from workbench.errors import EngineError
from workbench.migrate.source import load_source
from workbench.replay.cpu import _cost, keep_profile, measure_sql
from workbench.spec import load_case
from workbench.spec.sql_profile import PROFILE, UNMEASURED_CPU_SECONDS, SqlCost, SqlProfile, load_sql_profile

CASE = load_case("algoitny")
DESIGNS = CASE.directory.parent


def profile_of(costs):
    """A profile with these costs of patterns."""
    return SqlProfile(case="small", server="none", machine="none", method="none", users=1, patterns=costs)


def test_the_clock_of_this_process_agrees_with_its_own():
    """A fifth of a second of processor time is seen from outside, up to the ticks that settle it."""
    before, own = cpu_seconds(os.getpid()), time.process_time()
    while time.process_time() - own < 0.2:
        sum(range(1000))
    assert cpu_seconds(os.getpid()) - before == pytest.approx(time.process_time() - own, abs=0.1)


def test_a_process_that_does_not_run_has_no_clock():
    """A process id that no process can have is named."""
    with pytest.raises(EngineError, match=r"The processor time of process 99999999 cannot be read"):
        cpu_seconds(99_999_999)


def test_every_question_has_its_processor_time(postgres):
    """Each pattern that found parameters costs processor time and touches blocks."""
    name = "cpu_profile"
    with postgres.connect(autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    own = PostgresEngine(
        postgres.url.replace("/postgres?", f"/{name}?"), postgres.version, postgres.shown_url, postgres.pid
    )
    load_source(CASE, own, 10, 1)
    found = measure_sql(CASE, own, users=10, samples=5)
    assert set(found.patterns) <= set(CASE.design.patterns)
    assert len(found.patterns) > len(CASE.design.patterns) / 2
    assert all(0 < cost.cpu_seconds < 1 for cost in found.patterns.values())
    assert all(cost.buffers > 0 and cost.requests > 0 for cost in found.patterns.values())
    assert found.patterns["list_usage_of_user"].buffers > found.patterns["get_plan"].buffers


def test_a_server_named_by_url_is_not_measured():
    """A process of another machine may have the number of one here, so the profile is refused."""
    with pytest.raises(EngineError, match="embedded PostgreSQL only"):
        measure_sql(CASE, PostgresEngine("postgresql://somewhere", "18", "somewhere"), users=1)


def test_a_question_without_parameters_is_not_measured():
    """Where no row gives parameters there is no cost, rather than a cost of zero."""
    question = SimpleNamespace(draw=lambda *_: ())
    assert _cost(None, question, 5, 1) is None


def test_a_profile_is_kept_and_read_back(tmp_path):
    """What is written is what is read; the dearest question is told."""
    case = type("Place", (), {"directory": tmp_path})
    costs = {"cheap": SqlCost(cpu_seconds=0.001), "dear": SqlCost(cpu_seconds=0.25, buffers=3, requests=7)}
    told = keep_profile(case, profile_of(costs))
    assert told == f"{tmp_path / PROFILE} written: 2 patterns, the dearest dear with 250.000 ms."
    assert load_sql_profile(tmp_path) == profile_of(costs)
    assert [path.name for path in tmp_path.iterdir()] == [PROFILE]


def test_what_was_not_measured_takes_a_stand_in(tmp_path):
    """A pattern that the profile lacks takes 0.3 ms, and a case without a profile says so."""
    assert profile_of({"get": SqlCost(cpu_seconds=0.1)}).cpu_seconds("get") == 0.1
    assert profile_of({}).cpu_seconds("put") == UNMEASURED_CPU_SECONDS == 0.0003
    assert load_sql_profile(tmp_path).method == "not measured: 0.3 ms a request are assumed"


@pytest.mark.parametrize("path", sorted(DESIGNS.glob(f"*/{PROFILE}")), ids=lambda path: path.parent.name)
def test_kept_profiles_name_patterns_that_exist(path):
    """A kept profile is of its case, and no pattern in it has left the design since."""
    kept, case = load_sql_profile(path.parent), load_case(path.parent.name)
    assert kept.case == case.name
    assert set(kept.patterns) <= set(case.design.patterns)
    assert all(cost.cpu_seconds > 0 for cost in kept.patterns.values())
