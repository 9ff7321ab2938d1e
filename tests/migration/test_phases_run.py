"""All five phases on real engines, with an application that reads and writes throughout."""

from __future__ import annotations

import pytest

from workbench.migrate.plan.rehearse import rehearse_plan
from workbench.spec import load_case
from workbench.spec.plans import load_plan

WIDE = {"p50_limit_ms": 60_000, "p99_limit_ms": 60_000, "p999_limit_ms": 60_000}
"""Limits that no machine misses: what is tested is the move, not its speed."""


@pytest.mark.parametrize("name", ["algoitny", "dealership", "flights"])
def test_all_phases_run_and_nothing_is_lost(name, source, target):
    """Every step passes, every pattern answers alike, and the witness counts no lost and no phantom write."""
    found = rehearse_plan(load_case(name), source, target, 1, 1, scale=0.6, thresholds=WIDE, ways_back=False)

    assert found.state.reason == "done", found.state
    assert found.faults == {"lost": 0, "phantom": 0, "stale": 0, "duplicated": 0}
    assert found.acknowledged > 0
    done = {attempt.step: attempt for attempt in found.attempts if attempt.state == "passed"}
    assert list(done) == [step for _, step, _ in load_plan("five-phases").steps()]
    answers = done["answers"].measures
    assert answers["patterns_equal"] == answers["patterns"] > 5
    assert done["cutover"].measures["source_writable"] == 0
    assert done["reads_100"].measures["dynamodb_reads"] == done["reads_100"].measures["reads"] > 0
    kept = done["restore"].measures
    assert kept["restored_rows"] == kept["archived_rows"] > 0
    assert kept["restored_items"] == kept["archived_items"] == done["carried_back"].measures["items"]
    assert done["clean_up"].measures["left_over"] == 0
    assert set(target.client.list_tables()["TableNames"]) == set(load_case(name).design.tables)
