"""The runbooks that are kept are those of the plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.migrate.plan.runbook import runbook
from workbench.spec import load_case
from workbench.spec.plans import plan_of

FOLDER = Path(__file__).parents[2] / "docs" / "runbooks"
KEPT = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README")


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_runbook_is_current(name):
    """The file is what `workbench migrate plan` prints for a move that was not begun."""
    assert (FOLDER / f"{name}.md").read_text(encoding="utf-8") == runbook(load_case(name))


@pytest.mark.parametrize("name", ["algoitny", "dealership", "flights"])
def test_a_runbook_names_every_step_gate_and_way_back(name):
    """Nothing of the plan is left out, nor what the case's own document adds."""
    case = load_case(name)
    text, plan = runbook(case), plan_of(case.name, case.migration)
    assert all(f"**{step}**: {stated.title}" in text for _, step, stated in plan.steps())
    assert all(gate.holds in text for gate in plan.gates.values())
    assert all(phase.way_back in text and phase.rollback.says in text for phase in plan.phases.values())
    own = [task for tasks in (case.migration.tasks if case.migration else {}).values() for task in tasks]
    assert all(task.says in text for task in own)


def test_a_runbook_says_what_to_type_and_what_callers_must_end():
    """Each phase has its command and the one back; patterns that end have their reason."""
    case = load_case("dealership")
    text, phases = runbook(case), list(plan_of(case.name, case.migration).phases)
    for before, phase in zip(["", *phases], phases, strict=False):
        back = f"workbench migrate rollback dealership{f' --to {before}' if before else ''}`"
        assert f"`workbench migrate run dealership --to {phase}`" in text
        assert back in text
    assert f"- `dual_write_dealership`: {case.migration.while_source_leads['dual_write_dealership']}" in text
