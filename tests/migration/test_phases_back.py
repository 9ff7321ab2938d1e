"""Going back from every phase, as documented and as the plan undoes it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from workbench.migrate.plan.conductor import PlanState
from workbench.migrate.plan.copies import copies_of
from workbench.migrate.plan.rehearse import RehearsalResult, rehearsed_plan
from workbench.migrate.plan.stage import Setting
from workbench.migrate.plan.ways_back import DOCUMENTED, OURS, WayBack, rehearse_ways_back
from workbench.spec import load_case

CASE = load_case("dealership")
WIDE = {"p50_limit_ms": 60_000, "p99_limit_ms": 60_000, "p999_limit_ms": 60_000}


@pytest.fixture(scope="module")
def found(postgres, dynamodb_local, tmp_path_factory):
    """What each way back costs, by phase and way."""
    setting = Setting(CASE, rehearsed_plan(CASE, WIDE), tmp_path_factory.mktemp("unused"), scale=0.15)
    with copies_of(CASE, postgres, dynamodb_local, 1, 1) as copies:
        return {(way.phase, way.way): way for way in rehearse_ways_back(setting, copies)}


def test_every_phase_is_gone_back_from_in_both_ways(found):
    """Five phases, two ways, and in each the application had written before."""
    phases = ["dual_write", "backfill", "reads", "writes", "decommission"]
    assert set(found) == {(phase, way) for phase in phases for way in (DOCUMENTED, OURS)}
    assert all(way.acknowledged > 0 for way in found.values())


def test_our_way_back_loses_nothing(found):
    """PostgreSQL shows exactly what was acknowledged, from each phase, the restored archive included."""
    assert [way for way in found.values() if way.way == OURS and not way.clean] == []


def test_the_documented_way_back_loses_nothing_while_postgresql_is_written_first(found):
    """Until the cutover PostgreSQL has every write, whatever becomes of DynamoDB."""
    for phase in ("dual_write", "backfill", "reads"):
        assert found[phase, DOCUMENTED].clean


def test_the_documented_way_back_loses_what_was_written_after_the_cutover(found):
    """What PostgreSQL is restored from ends at the cutover; the document promises that nothing is lost."""
    for phase in ("writes", "decommission"):
        assert 0 < found[phase, DOCUMENTED].writes_lost <= found[phase, DOCUMENTED].acknowledged


@pytest.mark.parametrize(("way", "clean"), [(OURS, False), (DOCUMENTED, True)])
def test_a_rehearsal_is_clean_only_if_our_ways_back_lose_nothing(way, clean):
    """What the document's way loses is told; what ours loses ends the command with 1."""
    back = WayBack("writes", way, "", 9, 1, 1, 0, 0, 0, 1.0)
    unused = dict.fromkeys(field.name for field in fields(RehearsalResult))
    outcome = {"state": PlanState("", "", "done"), "faults": {"lost": 0}, "ways_back": (back,)}
    assert RehearsalResult(**{**unused, **outcome}).clean is clean
